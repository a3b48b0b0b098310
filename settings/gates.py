"""The gates of a ramp: what judges a stage, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from settings import gate_keys as keys
from settings.declaration.section import Section

_WITHOUT_NAMES = frozenset({"targets", "probe", "smoke"})
"""What is on where the config names no gate that is on."""


@dataclass(frozen=True, slots=True)
class TargetsLimits:
    """Health of the targets of both slots."""


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """Requests through the load balancer, the whole time."""

    rate_per_second: int
    """To each service by the weights, and as many straight to each slot."""
    max_failed_percent: float
    max_latency_ratio: float
    latency_floor_ms: int
    timeout_seconds: int
    slot_header: str


@dataclass(frozen=True, slots=True)
class SmokeLimits:
    """Requests to the candidate by its preview rule."""

    requests: int
    path: str
    status: int
    body: str
    """What the body contains; empty: anything."""
    slot_header: str
    build_header: str
    builds: Mapping[str, str]
    """Image -> build."""
    assets: bool
    """Whether each slot must have what the other's page names."""


@dataclass(frozen=True, slots=True)
class MetricsLimits:
    """CloudWatch's numbers; `None` is not judged."""

    max_5xx_percent: float
    max_4xx_percent: float | None
    max_latency_ms: int | None
    latency_percentile: int
    max_ratio_to_stable: float
    max_connection_errors: int


@dataclass(frozen=True, slots=True)
class AlarmsLimits:
    """The alarms of the stack."""


@dataclass(frozen=True, slots=True)
class CommandLimits:
    """A command of the team's own."""

    run: tuple[str, ...]
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class ApprovalLimits:
    """A person's yes."""


@dataclass(frozen=True, slots=True)
class Gates:
    """Every gate that is on; `None` is off."""

    targets: TargetsLimits | None
    probe: ProbeLimits | None
    smoke: SmokeLimits | None
    metrics: MetricsLimits | None
    alarms: AlarmsLimits | None
    command: CommandLimits | None
    approval: ApprovalLimits | None

    @property
    def names(self) -> tuple[str, ...]:
        """Of those that are on, as the config spells them."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)


def read_gates(section: Section) -> Gates:
    """The gates that are on."""
    switches = (keys.TARGETS, keys.ALARMS, keys.APPROVAL)
    off = {key.name for key in switches if section.read(key) is False}
    named = (set(section.names()) - off) or (_WITHOUT_NAMES - off)
    probe, smoke = section.section(keys.PROBE), section.section(keys.SMOKE)
    metrics, command = section.section(keys.METRICS), section.section(keys.COMMAND)
    return Gates(
        targets=TargetsLimits() if keys.TARGETS.name in named else None,
        probe=_probe(probe) if keys.PROBE.name in named else None,
        smoke=_smoke(smoke) if keys.SMOKE.name in named else None,
        metrics=_metrics(metrics) if keys.METRICS.name in named else None,
        alarms=AlarmsLimits() if keys.ALARMS.name in named else None,
        command=_command(command) if keys.COMMAND.name in named else None,
        approval=ApprovalLimits() if keys.APPROVAL.name in named else None,
    )


def _probe(section: Section) -> ProbeLimits:
    return ProbeLimits(
        rate_per_second=section.require(keys.RATE_PER_SECOND),
        max_failed_percent=section.require(keys.MAX_FAILED_PERCENT),
        max_latency_ratio=section.require(keys.MAX_LATENCY_RATIO),
        latency_floor_ms=section.require(keys.LATENCY_FLOOR_MS),
        timeout_seconds=section.require(keys.REQUEST_TIMEOUT_SECONDS),
        slot_header=section.require(keys.SLOT_HEADER),
    )


def _smoke(section: Section) -> SmokeLimits:
    return SmokeLimits(
        requests=section.require(keys.REQUESTS),
        path=section.require(keys.SMOKE_PATH),
        status=section.require(keys.STATUS),
        body=section.require(keys.BODY),
        slot_header=section.require(keys.SLOT_HEADER),
        build_header=section.require(keys.BUILD_HEADER),
        builds=section.require(keys.BUILDS),
        assets=section.require(keys.ASSETS),
    )


def _metrics(section: Section) -> MetricsLimits:
    return MetricsLimits(
        max_5xx_percent=section.require(keys.MAX_5XX_PERCENT),
        max_4xx_percent=section.read(keys.MAX_4XX_PERCENT),
        max_latency_ms=section.read(keys.MAX_LATENCY_MS),
        latency_percentile=section.require(keys.LATENCY_PERCENTILE),
        max_ratio_to_stable=section.require(keys.MAX_RATIO_TO_STABLE),
        max_connection_errors=section.require(keys.MAX_CONNECTION_ERRORS),
    )


def _command(section: Section) -> CommandLimits:
    section.reject_absent(keys.RUN)
    return CommandLimits(section.require(keys.RUN), section.require(keys.TIMEOUT_SECONDS))
