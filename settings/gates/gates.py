"""The gates of a ramp: which are on, and what each judges by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeVar

from settings.declaration.key import ConfigMap, Key, Member
from settings.declaration.section import Section
from settings.gates.alarms import AlarmsLimits
from settings.gates.approval import ApprovalLimits
from settings.gates.command import CommandLimits
from settings.gates.limits import GateLimits
from settings.gates.metrics import MetricsLimits
from settings.gates.probe import ProbeLimits
from settings.gates.smoke import SmokeLimits
from settings.gates.targets import TargetsLimits

L = TypeVar("L", bound=GateLimits)

KINDS: tuple[type[GateLimits], ...] = (
    TargetsLimits,
    ProbeLimits,
    SmokeLimits,
    MetricsLimits,
    AlarmsLimits,
    CommandLimits,
    ApprovalLimits,
)
"""Every kind of gate, in the order in which they are shown."""


@dataclass(frozen=True)
class Gates(ConfigMap):
    """Every gate that is on."""

    limits: tuple[GateLimits, ...]
    """Of each its own, in the order of `KINDS`."""

    @classmethod
    def on(cls, *limits: GateLimits) -> Self:
        """The gates that judge by `limits`."""
        return cls(tuple(sorted(limits, key=lambda each: KINDS.index(type(each)))))

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        """A member for each kind."""
        return tuple(kind.member() for kind in KINDS)

    @classmethod
    def read(cls, section: Section, **known: Any) -> Self:
        """The gates that are on; where none is named that is on, the default ones."""
        switches = [member for member in cls.members() if isinstance(member, Key)]
        off = {switch.name for switch in switches if section.read(switch) is False}
        default = {kind.name for kind in KINDS if kind.is_default}
        named = (set(section.names()) - off) or (default - off)
        return cls.on(*(_limits(kind, section) for kind in KINDS if kind.name in named), **known)

    @property
    def names(self) -> tuple[str, ...]:
        """Of those that are on, as the config spells them."""
        return tuple(each.name for each in self.limits)

    @property
    def slowest(self) -> GateLimits | None:
        """The gate that needs the longest bake; `None` where none needs any."""
        needing = [each for each in self.limits if each.least_bake_seconds]
        return max(needing, key=lambda each: each.least_bake_seconds, default=None)

    def of(self, kind: type[L]) -> L | None:
        """The limits of one gate; `None` where it is off."""
        return next((each for each in self.limits if isinstance(each, kind)), None)

    def with_gate(self, limits: GateLimits) -> Self:
        """These gates and one more, or one with other limits."""
        return self.on(*(each for each in self.limits if each.name != limits.name), limits)


def _limits(kind: type[GateLimits], section: Section) -> GateLimits:
    member = kind.member()
    return kind() if isinstance(member, Key) else section.read(member)
