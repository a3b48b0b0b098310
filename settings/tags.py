"""The tags of every resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from settings.declaration.kind import Json, JsonSchema, RefusedValueError, Text, ValueProblem

OWN_TAGS = ("Name", "Environment", "Service", "Slot")
"""Tags that the program gives; a config may not change them."""

_MOST = 40
_NAME = Text(
    rf"(?!aws:)(?!({'|'.join(OWN_TAGS)})$)[A-Za-z0-9 _.:/=+@-]{{1,128}}",
    "a tag name of at most 128 letters, digits, spaces and _ . : / = + - @ that does not begin "
    f"with aws: and is none of {', '.join(OWN_TAGS)}",
)
_VALUE = Text(
    r"[A-Za-z0-9 _.:/=+@-]{0,256}",
    "a string of at most 256 letters, digits, spaces and _ . : / = + - @",
)


@dataclass(frozen=True, slots=True)
class TagMap:
    """Names and values of tags.

    Source: Tagging AWS Resources user guide, "Tag naming limits and requirements" (50 of them per
    resource; ten are left for ours and for other tools).
    """

    name: str = "map of strings"
    expected: str = f"a map of at most {_MOST} strings"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of strings."""
        return {
            "type": "object",
            "propertyNames": _NAME.json_schema,
            "additionalProperties": _VALUE.json_schema,
            "maxProperties": _MOST,
        }

    def read(self, value: Json) -> Mapping[str, str]:
        """The tags; every name and value that is refused is a problem of its own."""
        if not isinstance(value, dict) or len(value) > _MOST:
            raise RefusedValueError(ValueProblem(value, self.expected))
        problems: list[ValueProblem] = []
        for name, text in value.items():
            for kind, part in ((_NAME, name), (_VALUE, text)):
                try:
                    kind.read(part)
                except RefusedValueError as refusal:
                    problems.append(ValueProblem({name: text}, refusal.problems[0].expected))
        if problems:
            raise RefusedValueError(*problems)
        return MappingProxyType({name: str(text) for name, text in value.items()})
