"""The config keys of the gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import (
    Decimal,
    Flag,
    Json,
    ListOf,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
)
from settings.image import Image

_PERCENT = Decimal(0, 100)
_PATH = Text(r"/[!-~]{0,1023}", "a path that starts with /, such as /healthz")
_HEADER = Text(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}", "the name of a header")


@dataclass(frozen=True, slots=True)
class Switch:
    """The kind of a gate that has no settings: to be named is to be on."""

    name: str = "boolean"
    expected: str = "true or false"

    def read(self, value: Json) -> bool:
        """`true`, `false`, or an empty map, which stands for `true`."""
        if value == {}:
            return True
        if not isinstance(value, bool):
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value


@dataclass(frozen=True, slots=True)
class BuildMap:
    """The kind of what each image answers as its build."""

    name: str = "map of strings"
    expected: str = "a map from AMI ids to the builds that their instances tell, such as v2"

    def read(self, value: Json) -> Mapping[str, str]:
        """The builds by image."""
        if not isinstance(value, dict):
            raise RefusedValueError(ValueProblem(value, self.expected))
        for image, build in value.items():
            Image().read(image)
            if not isinstance(build, str) or not build:
                raise RefusedValueError(ValueProblem({image: build}, self.expected))
        return MappingProxyType({image: str(build) for image, build in value.items()})


TARGETS = Key(
    "targets",
    Switch(),
    "Health of the targets of both slots.",
    True,
)
RATE_PER_SECOND = Key(
    "ratePerSecond",
    WholeNumber(1, 10_000),
    "Requests a second to each service, and as many straight to each of its slots.",
    20,
    default=20,
)
MAX_FAILED_PERCENT = Key(
    "maxFailedPercent",
    _PERCENT,
    "The share of failed requests that is nobody's business; more of them, and more than the "
    "stable slot's, fail the stage.",
    0.1,
    default=0.1,
)
MAX_LATENCY_RATIO = Key(
    "maxLatencyRatio",
    Decimal(1, 1000),
    "How many times the stable slot's 95th percentile of latency the candidate's may be.",
    3.0,
    default=3.0,
)
LATENCY_FLOOR_MS = Key(
    "latencyFloorMs",
    WholeNumber(0, 60_000),
    "Milliseconds by which the candidate may be slower in any case.",
    20,
    default=20,
)
REQUEST_TIMEOUT_SECONDS = Key(
    "timeoutSeconds",
    WholeNumber(1, 60),
    "How long one request may take before it counts as failed.",
    5,
    default=5,
)
SLOT_HEADER = Key(
    "slotHeader",
    Text(rf"({_HEADER.pattern})?", "the name of a header, or nothing where no slot tells its name"),
    "The header of an answer that tells which slot gave it, 01 or 02; empty where there is none.",
    "x-slot",
    default="x-slot",
)
PROBE = KeyGroup(
    "probe",
    "Requests through the load balancer, the whole time.",
    (
        RATE_PER_SECOND,
        MAX_FAILED_PERCENT,
        MAX_LATENCY_RATIO,
        LATENCY_FLOOR_MS,
        REQUEST_TIMEOUT_SECONDS,
        SLOT_HEADER,
    ),
)
REQUESTS = Key("requests", WholeNumber(1, 1000), "How many requests it sends.", 10, default=10)
SMOKE_PATH = Key(
    "path", _PATH, "Where it sends them, beneath the service's own address.", "/", default="/"
)
STATUS = Key("status", WholeNumber(100, 599), "The status of a right answer.", 200, default=200)
BODY = Key(
    "body",
    Text(r"[^\n]*", "text of one line"),
    "What a right answer's body contains; anything where it is empty.",
    "Welcome",
    default="",
)
BUILD_HEADER = Key(
    "buildHeader", _HEADER, "The header that tells the build.", "x-build", default="x-build"
)
BUILDS: Key[Mapping[str, str]] = Key(
    "builds",
    BuildMap(),
    "What the instances of each image tell as their build; not compared where it has no entry.",
    {"ami-0a1b2c3d4e5f60718": "v2"},
    default={},
)
ASSETS = Key(
    "assets",
    Flag(),
    "Whether each slot must also have the scripts, styles and images that the other's page names.",
    True,
    default=True,
)
SMOKE = KeyGroup(
    "smoke",
    "Requests to the candidate by its preview rule, before it has any weight.",
    (REQUESTS, SMOKE_PATH, STATUS, BODY, SLOT_HEADER, BUILD_HEADER, BUILDS, ASSETS),
)
MAX_5XX_PERCENT = Key(
    "max5xxPercent", _PERCENT, "The most responses of 500 to 599.", 1.0, default=1.0
)
MAX_4XX_PERCENT = Key(
    "max4xxPercent", _PERCENT, "The most responses of 400 to 499; not judged if absent.", 10.0
)
MAX_LATENCY_MS = Key(
    "maxLatencyMs",
    WholeNumber(1, 3_600_000),
    "The most that the latency percentile may be; not judged if absent.",
    500,
)
LATENCY_PERCENTILE = Key(
    "latencyPercentile", WholeNumber(1, 99), "Which percentile of latency.", 95, default=95
)
MAX_RATIO_TO_STABLE = Key(
    "maxRatioToStable",
    Decimal(1, 1000),
    "How many times the stable slot's value the candidate's may be, over the same minutes.",
    2.0,
    default=2.0,
)
MAX_CONNECTION_ERRORS = Key(
    "maxConnectionErrors",
    WholeNumber(0, 1_000_000),
    "The most connections to targets that failed.",
    0,
    default=0,
)
METRICS = KeyGroup(
    "metrics",
    "CloudWatch's numbers of the load balancer and its target groups. Reading them costs.",
    (
        MAX_5XX_PERCENT,
        MAX_4XX_PERCENT,
        MAX_LATENCY_MS,
        LATENCY_PERCENTILE,
        MAX_RATIO_TO_STABLE,
        MAX_CONNECTION_ERRORS,
    ),
)
ALARMS = Key("alarms", Switch(), "The alarms of the stack: none may fire.", True)
RUN = Key(
    "run",
    ListOf(Text(r"[^\n]+", "a word of one line"), 1, 100),
    "The command and its arguments; it reads the stage as JSON from standard input.",
    ("./check.sh",),
)
TIMEOUT_SECONDS = Key(
    "timeoutSeconds", WholeNumber(1, 3600), "How long it may take.", 60, default=60
)
COMMAND = KeyGroup("command", "A command of yours: exit code 0 passes.", (RUN, TIMEOUT_SECONDS))
APPROVAL = Key("approval", Switch(), "A person's yes before each stage.", True)
GATES = KeyGroup(
    "gates",
    "What judges a stage. To name a gate is to turn it on, `{}` or `true` with its defaults; "
    "`false` is off; where none is named that is on they are targets, probe and smoke, less those.",
    (TARGETS, PROBE, SMOKE, METRICS, ALARMS, COMMAND, APPROVAL),
)
