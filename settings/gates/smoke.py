"""The gate `smoke` in the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from settings.declaration.key import Key, key
from settings.declaration.kind import (
    Flag,
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
)
from settings.gates.limits import HEADER, GateLimits, slot_header
from settings.image import Image


@dataclass(frozen=True, slots=True)
class BuildMap:
    """The kind of what each image answers as its build."""

    name: str = "map of strings"
    expected: str = "a map from AMI ids to the builds that their instances report, such as v2"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of strings."""
        return {
            "type": "object",
            "propertyNames": Image().json_schema,
            "additionalProperties": {"type": "string", "minLength": 1},
        }

    def read(self, value: Json) -> Mapping[str, str]:
        """The builds by image."""
        if not isinstance(value, dict):
            raise RefusedValueError(ValueProblem(value, self.expected))
        for image, build in value.items():
            Image().read(image)
            if not isinstance(build, str) or not build:
                raise RefusedValueError(ValueProblem({image: build}, self.expected))
        return MappingProxyType({image: str(build) for image, build in value.items()})


@dataclass(frozen=True, kw_only=True)
class SmokeLimits(GateLimits):
    """Requests to the candidate by its preview rule."""

    name: ClassVar[str] = "smoke"
    what: ClassVar[str] = "Requests to the candidate by its preview rule, before it has any weight."
    is_default: ClassVar[bool] = True

    requests: Key[int] = key(10, WholeNumber(1, 1000), "Number of requests per round.")
    path: Key[str] = key(
        "/",
        Text(r"/[!-~]{0,1023}", "a path that starts with /, such as /healthz"),
        "The path of the requests, below the service's own address.",
    )
    status: Key[int] = key(200, WholeNumber(100, 599), "The expected status.")
    body: Key[str] = key(
        "",
        Text(r"[^\n]*", "text of one line"),
        "Text that the body must contain. Empty: any body.",
        example="Welcome",
    )
    slot_header: Key[str] = slot_header()
    build_header: Key[str] = key("x-build", HEADER, "The response header that names the build.")
    builds: Key[Mapping[str, str]] = key(
        {},
        BuildMap(),
        "The build that the instances of each image report. An image without an entry "
        "is not compared.",
        example={"ami-0a1b2c3d4e5f60718": "v2"},
    )
    assets: Key[bool] = key(
        True,
        Flag(),
        "Whether each slot must also have the scripts, styles and images that the "
        "other slot's page references.",
    )
