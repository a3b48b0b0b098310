"""The image of a slot: an AMI by id, or one version of an SSM parameter that holds the id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rollout.split import Slot
from settings.declaration.key import BySlot, ConfigMap, Key, required
from settings.declaration.kind import Json, JsonSchema, RefusedValueError, ValueProblem, matching
from settings.declaration.landing import LAUNCH_TEMPLATE, Landing
from settings.declaration.section import Section
from settings.lookup import LookupFailedError, Lookups

_AMI = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")
_NAME = r"ssm:(/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)"
_VERSION = r":([1-9]\d*)"
_NUMBERED = _NAME + _VERSION
_PARAMETER = re.compile(f"{_NAME}(?:{_VERSION})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Image:
    """The kind of an image: `ami-...`, or `ssm:NAME:VERSION`.

    Every `up` would read a parameter without a version again, so that a weight change could bring
    a new build with it.
    """

    name: str = "image"
    expected: str = (
        "an AMI id (ami- and 8 or 17 hexadecimal digits), or ssm:NAME:VERSION of a parameter"
    )

    @property
    def json_schema(self) -> JsonSchema:
        """Either form."""
        return matching(f"{_AMI.pattern}|{_NUMBERED}", self.expected)

    def read(self, value: Json) -> str:
        """The value unchanged."""
        text = value if isinstance(value, str) else ""
        if _AMI.fullmatch(text):
            return text
        match = _PARAMETER.fullmatch(text)
        if match is None:
            raise RefusedValueError(ValueProblem(value, self.expected))
        if match[2] is None:
            raise RefusedValueError(
                ValueProblem(
                    value,
                    f"a numbered version, such as {text}:1; without one the next `up` would take "
                    "whatever the parameter holds by then",
                    instead=f"{text}:1",
                )
            )
        return text


class Images(ConfigMap):
    """The image of each slot of a service."""

    of_slot: ClassVar[BySlot[Key[str]]] = BySlot(
        lambda slot: required(
            "ami-0a1b2c3d4e5f60718",
            Image(),
            f"The image of slot {slot}. Not with an existing Auto Scaling group.",
            offer="AMI_ID",
            lands=Landing(LAUNCH_TEMPLATE, "imageId"),
        )
    )


def reject_idle_image(section: Section, slot: Slot, beside: str) -> None:
    """Record the image of a slot whose instances the stack does not make."""
    section.reject_idle(beside, Images.of_slot[slot])


def found_image(section: Section, slot: Slot, lookups: Lookups | None) -> str:
    """The AMI id of a slot; a parameter is read once, here, and its value pinned.

    Without `lookups` nothing is asked of AWS, and a parameter stays as it is written.
    """
    key = Images.of_slot[slot]
    image = section.read(key)
    match = _PARAMETER.fullmatch(image)
    if match is None or lookups is None or not section.is_sound(key):
        return image
    try:
        value = lookups.parameter(f"{match[1]}:{match[2]}").value
    except LookupFailedError as error:
        section.reject(key, f"a parameter version that can be read; {error}")
        return image
    if _AMI.fullmatch(value) is None:
        section.reject(key, f"a parameter that holds an AMI id; this one holds {value!r}")
    return value
