"""What the guards judge: a service in AWS, in the config, and in the stack's records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollout.command import Command, config_set
from rollout.fleet import WantedFleet
from rollout.observation import LiveService
from rollout.split import Slot, Split


@dataclass(frozen=True, slots=True)
class WantedSlot:
    """A slot as the config has it."""

    target_group: str
    """The ARN if it is known, else the name."""
    fleet: WantedFleet
    is_target_group_ours: bool = True
    """Whether the stack creates its target group, and deletes it."""


@dataclass(frozen=True, slots=True)
class WantedService:
    """A service as the config has it."""

    name: str
    split: Split
    has_own_weights: bool
    """Whether it has weights of its own, in place of the common ones."""
    slots: Mapping[Slot, WantedSlot]

    @property
    def kinds(self) -> dict[Slot, str]:
        """The kind of fleet of each slot, by its key; none for a slot without a known fleet."""
        known = {slot: each.fleet.kind for slot, each in self.slots.items()}
        return {slot: kind.key for slot, kind in known.items() if kind is not None}

    def command_for(self, split: Split) -> Command:
        """The command that sets its weights, which other services may share."""
        if self.has_own_weights:
            return self.own_command_for(split)
        return config_set("weights", str(split))

    def own_command_for(self, split: Split) -> Command:
        """The command that sets the weights of this service alone."""
        return config_set(f"failover:services.{self.name}.weights", str(split))


@dataclass(frozen=True, slots=True)
class Memory:
    """What the stack has recorded of a service's rule; `None` for what it has not."""

    recorded: Split | None = None
    """The weights in the stack's state, as it was before this run."""
    last_applied: Split | None = None
    """The weights in the outputs of the last completed `pulumi up`."""
    last_intended: Split | None = None
    """The weights that the last `pulumi up` was to set, whether or not it completed."""
    slots: Mapping[Slot, WantedSlot] = field(default_factory=dict[Slot, WantedSlot])
    """The slots as they were last declared."""
    last_raised: Slot | None = None
    """The slot that was raised last, in the outputs of the last completed `pulumi up`."""


@dataclass(frozen=True, slots=True)
class GuardCase:
    """One service before an update."""

    live: LiveService
    wanted: WantedService
    memory: Memory = Memory()
    is_removed: bool = False
    """Whether the service is no longer in the config; `wanted` is then what the stack recorded."""


@dataclass(frozen=True, slots=True)
class GuardRules:
    """The settings of the guards."""

    stages: tuple[int, ...]
    """Weights of the candidate, rising, the last one 100."""
    healthy_polls: int
    """How many consecutive polls must find a slot ready before it gains weight."""
    candidate: Slot | None = None
    override: str | None = None
    """The reason for which one refusal is let through."""
    build_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Image -> name of its build, for the builds that the config names."""
