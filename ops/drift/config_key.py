"""Which config key a property of a resource comes from, where it comes from one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.plan.resource_step import ResourceStep
from rollout.split import Slot
from settings.declaration.key import KeyGroup
from settings.declaration.landing import ANY_NAME, ANY_RESOURCE, OF_SERVICE, OF_SLOT, Landing
from settings.names import OWN_TAGS
from settings.settings import TOP

_STEP = re.compile(r'[A-Za-z_][\w-]*|\["[^"]+"\]')


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A key of the config."""

    path: str
    """Without the namespace, as `pulumi config set --path` takes it."""
    rules: str = ""
    """All that it rules, where that is more than the one property."""


@dataclass(frozen=True, slots=True)
class _LandedKey:
    landing: Landing
    way: tuple[str, ...]
    """To the key, from the top; `<service>` stands for any one."""

    def found(self, step: ResourceStep, path: str) -> ConfigKey | None:
        """The key, where it rules the property at `path` of that resource."""
        if self.landing.resource not in (ANY_RESOURCE, step.type_token):
            return None
        name = re.fullmatch(_name_pattern(self.landing.name), step.name)
        entry = re.fullmatch(_path_pattern(self.landing.property), path)
        if name is None or entry is None:
            return None
        known = {f"<{part}>": text for part, text in name.groupdict().items()}
        if set(self.way) & set(Slot) - {known.get("<slot>")}:
            return None
        own = next((text for text in reversed(entry.groups()) if text is not None), None)
        is_tag = self.landing.property.endswith(".*")
        if is_tag and own in OWN_TAGS:
            return None
        last = "" if own is None else f'["{own}"]' if is_tag else f"[{own}]"
        return ConfigKey(_joined(self.way, known) + last, self.landing.rules)


def config_key(
    step: ResourceStep, path: str, is_set: Callable[[str], bool] = lambda _path: False
) -> ConfigKey | None:
    """The key behind the property at `path`; `None` where the program sets it without a key.

    Where both a slot and its service can have the key, the slot's is returned. Of keys in each
    other's place, such as the metrics that a group can scale by, the one that is set, or else the
    one with the shortest way. The weights of a rule are not here: which key holds them is for the
    services together.

    Args:
        step: What a preview does with the resource.
        path: Of the property.
        is_set: Whether the config has a key, by its path without the namespace.
    """
    found = [key for landed in _LANDED if (key := landed.found(step, path)) is not None]
    if not found:
        return None
    chosen = [key for key in found if is_set(key.path)] or [min(found, key=_length)]
    return next(key for key in found if _name(key) == _name(chosen[0]))


def _length(key: ConfigKey) -> int:
    return len(_STEP.findall(key.path))


def _name(key: ConfigKey) -> str:
    """The key itself, without the way to it and the entry of a list or a map."""
    return re.sub(r"(\[[^\]]*\])+$", "", key.path).rpartition(".")[2]


def slot_of(step: ResourceStep) -> tuple[str, Slot | None]:
    """Service and slot by a logical name such as `web`, `web-01` or `web-01-target-5xx`."""
    match = re.fullmatch(r"(.+?)-(01|02)(-.+)?", step.name)
    return (match[1], Slot(match[2])) if match else (step.name, None)


def _landed(group: KeyGroup[Any], way: tuple[str, ...]) -> Iterator[_LandedKey]:
    for member in group.members:
        if isinstance(member, KeyGroup):
            beneath = (member.each,) if member.each else ()
            yield from _landed(member, (*way, member.name, *beneath))
        elif member.lands is not None:
            yield _LandedKey(member.lands, (*way, member.name))


def _name_pattern(name: str) -> str:
    """Of logical names; the name of a service does not end in a slot."""
    if name == OF_SERVICE:
        return r"(?P<service>(?!.*-0[12]$).+)"
    pattern = re.escape(name).replace(re.escape(ANY_NAME), ".*")
    return pattern.replace(re.escape(OF_SLOT), r"(?P<service>.+?)-(?P<slot>01|02)")


def _path_pattern(path: str) -> str:
    any_entry = re.escape(path).replace(r"\[\*\]", r"\[(\d+)\]")
    return any_entry.replace(r"\.\*", r"""(?:\.([^.\[\]]+)|\["([^"]+)"\])""")


def _joined(way: tuple[str, ...], known: Mapping[str, str]) -> str:
    first, *others = way
    steps = [
        f'["{known.get(step, step)}"]' if step in known or step in list(Slot) else f".{step}"
        for step in others
    ]
    return "".join([first, *steps])


_LANDED = tuple(sorted(_landed(TOP, ()), key=lambda each: not set(each.way) & set(Slot)))
"""Every key that lands; a slot's own first."""
