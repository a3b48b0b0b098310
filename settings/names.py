"""The names that we give, and the limits that AWS sets for them."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.split import Slot
from settings.key import Key
from settings.kind import Text
from settings.section import Section

LONGEST_NAME = 32
"""Characters of a target group's or load balancer's name. Source: ELBv2 API, CreateTargetGroup."""

_PART = Text("[a-z0-9]+(-[a-z0-9]+)*", "lower-case letters, digits and single hyphens between them")

ORG = Key("org", _PART, "First part of every name we give.", "hankooktire", is_required=True)
REGION_CODE = Key(
    "regionCode", _PART, "Second part of every name: the region, in short.", "us", is_required=True
)
ENVIRONMENT = Key("environment", _PART, "Third part of every name.", "prd", is_required=True)


@dataclass(frozen=True, slots=True)
class Names:
    """Names by the convention `{org}-{region}-{environment}-{what it is}`."""

    org: str
    region_code: str
    environment: str

    @property
    def prefix(self) -> str:
        """What every name of the stack begins with."""
        return f"{self.org}-{self.region_code}-{self.environment}"

    def of(self, *parts: str) -> str:
        """The name of one thing of the stack, such as `hankooktire-us-prd-alb`."""
        return "-".join((self.prefix, *parts))

    def of_slot(self, service: str, slot: Slot, *parts: str) -> str:
        """The name of one thing of a slot, such as `hankooktire-us-prd-web-01-tg`."""
        return self.of(service, slot.value, *parts)


def read_names(top: Section) -> Names:
    """The parts of every name."""
    return Names(top.require(ORG), top.require(REGION_CODE), top.require(ENVIRONMENT))


def are_sound(top: Section) -> bool:
    """Whether names can be judged: all their parts were good."""
    return top.is_sound(ORG, REGION_CODE, ENVIRONMENT)
