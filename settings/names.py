"""The names and tags that resources get, and the limits that AWS sets for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rollout.split import Slot
from settings.declaration.key import ConfigMap, Key, required
from settings.declaration.kind import Json, JsonSchema, RefusedValueError, Text, ValueProblem
from settings.declaration.section import Section

LONGEST_NAME = 32
"""Characters of a target group's or load balancer's name. Source: ELBv2 API, CreateTargetGroup."""

LOAD_BALANCER_PART = "alb"
"""What the load balancer's name ends in."""

TARGET_GROUP_PART = "tg"
"""What a target group's name ends in."""

OWN_TAGS = ("Name", "Environment", "Service", "Slot")
"""Tags that the program gives; a config may not change them."""

_PART = Text("[a-z0-9]+(-[a-z0-9]+)*", "lower-case letters, digits and single hyphens between them")
_FIRST_PART = Text(
    f"(?!(internal|sg)(-|$)){_PART.pattern}",
    f"{_PART.expected}, not beginning with internal or sg, with which AWS takes no names",
)

_MOST_TAGS = 40
_TAG_NAME = Text(
    rf"(?!aws:)(?!({'|'.join(OWN_TAGS)})$)[A-Za-z0-9 _.:/=+@-]{{1,128}}",
    "a tag name of at most 128 letters, digits, spaces and _ . : / = + - @ that does not begin "
    f"with aws: and is none of {', '.join(OWN_TAGS)}",
)
_TAG_VALUE = Text(
    r"[A-Za-z0-9 _.:/=+@-]{0,256}",
    "a string of at most 256 letters, digits, spaces and _ . : / = + - @",
)


@dataclass(frozen=True, kw_only=True)
class Names(ConfigMap):
    """Names by the convention `{org}-{region}-{environment}-{what it is}`."""

    org: Key[str] = required(
        "hankooktire", _FIRST_PART, "First part of the name of every resource."
    )
    region_code: Key[str] = required(
        "us", _PART, "Second part of every name: a short form of the region."
    )
    environment: Key[str] = required("prd", _PART, "Third part of every name.")

    @property
    def prefix(self) -> str:
        """What every name of the stack begins with."""
        return f"{self.org}-{self.region_code}-{self.environment}"

    def of(self, *parts: str) -> str:
        """The name of one thing of the stack, such as `hankooktire-us-prd-alb`."""
        return "-".join((self.prefix, *parts))

    def leave_room(self) -> bool:
        """Whether the load balancer's name, the shortest of all, fits behind the prefix."""
        return len(self.of(LOAD_BALANCER_PART)) <= LONGEST_NAME

    def of_slot(self, service: str, slot: Slot, *parts: str) -> str:
        """The name of one thing of a slot, such as `hankooktire-us-prd-web-01-tg`."""
        return self.of(service, slot.value, *parts)


def read_names(top: Section, services: Iterable[str]) -> Names:
    """The parts of every name, which must leave room for the load balancer's and `services`'."""
    names = Names.read(top)
    if names.leave_room() or not top.is_sound(*Names.members()):
        return names
    all_names = [names.of(LOAD_BALANCER_PART)]
    all_names += [names.of_slot(service, Slot.FIRST, TARGET_GROUP_PART) for service in services]
    longest_name = max(all_names, key=len)
    excess = len(longest_name) - LONGEST_NAME
    parts = {
        Names.org: names.org,
        Names.region_code: names.region_code,
        Names.environment: names.environment,
    }
    longest = max(parts, key=lambda key: len(parts[key]))
    top.reject_value(
        longest,
        parts[longest],
        f"a shorter one: {longest_name} would be {excess} characters over the {LONGEST_NAME} that "
        "AWS takes",
        parts[longest][: max(1, len(parts[longest]) - excess)].strip("-"),
    )
    return names


@dataclass(frozen=True, slots=True)
class TagMap:
    """Names and values of tags.

    Source: Tagging AWS Resources user guide, "Tag naming limits and requirements" (50 of them per
    resource; ten are left for ours and for other tools).
    """

    name: str = "map of strings"
    expected: str = f"a map of at most {_MOST_TAGS} strings"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of strings."""
        return {
            "type": "object",
            "propertyNames": _TAG_NAME.json_schema,
            "additionalProperties": _TAG_VALUE.json_schema,
            "maxProperties": _MOST_TAGS,
        }

    def read(self, value: Json) -> Mapping[str, str]:
        """The tags; every name and value that is refused is a problem of its own."""
        if not isinstance(value, dict) or len(value) > _MOST_TAGS:
            raise RefusedValueError(ValueProblem(value, self.expected))
        problems: list[ValueProblem] = []
        for name, text in value.items():
            for kind, part in ((_TAG_NAME, name), (_TAG_VALUE, text)):
                try:
                    kind.read(part)
                except RefusedValueError as refusal:
                    problems.append(ValueProblem({name: text}, refusal.problems[0].expected))
        if problems:
            raise RefusedValueError(*problems)
        return MappingProxyType({name: str(text) for name, text in value.items()})
