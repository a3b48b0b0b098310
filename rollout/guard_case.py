"""What the guards judge: a service as it is, as it is to be, and as the stack remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollout.command import Command, config_set
from rollout.observation import AutoScalingGroupState, Build, LiveService
from rollout.split import Slot, Split


@dataclass(frozen=True, slots=True)
class WantedSlot:
    """A slot as the config has it."""

    target_group: str
    """The ARN where that is known, else the name."""
    group_name: str
    """The name of its Auto Scaling group."""
    build: Build | None
    """`None` where its Auto Scaling group is there already, with a build of its own."""
    min_size: int
    """What is declared, a ramp's floor included."""
    max_size: int
    floor_size: int
    """A ramp's floor; 0 where none is set."""
    is_target_group_ours: bool = True
    """Whether the stack makes its target group, and deletes it."""


@dataclass(frozen=True, slots=True)
class WantedService:
    """A service as the config has it."""

    name: str
    split: Split
    has_own_weights: bool
    """Whether its weights are its own, and not the common ones."""
    slots: Mapping[Slot, WantedSlot]

    def command_for(self, split: Split) -> Command:
        """The command that sets its weights, which others may share."""
        if self.has_own_weights:
            return self.own_command_for(split)
        return config_set("weights", str(split))

    def own_command_for(self, split: Split) -> Command:
        """The command that sets its weights, and nobody else's."""
        return config_set(f"failover:services.{self.name}.weights", str(split))


@dataclass(frozen=True, slots=True)
class Memory:
    """What the stack remembers of a service's rule; `None` where it remembers nothing."""

    state: Split | None = None
    """The weights in the stack's state, before this run."""
    left: Split | None = None
    """The weights that the last completed `pulumi up` left."""
    asked: Split | None = None
    """The weights that the last `pulumi up` set out for, whether or not it got there."""
    slots: Mapping[Slot, WantedSlot] = field(default_factory=dict[Slot, WantedSlot])
    """The slots as they were declared."""
    last_raised: Slot | None = None
    """The slot that was raised last, as the last completed `pulumi up` left it."""


@dataclass(frozen=True, slots=True)
class GuardCase:
    """One service before an update."""

    live: LiveService
    wanted: WantedService
    memory: Memory = Memory()
    is_removed: bool = False
    """Whether the config has it no more; what is wanted is then what the stack remembers."""


@dataclass(frozen=True, slots=True)
class GuardRules:
    """What a team has set for its guards."""

    stages: tuple[int, ...]
    """Weights of the candidate, rising, the last one 100."""
    healthy_polls: int
    """How many polls in a row must find a slot fit before it gains weight."""
    candidate: Slot | None = None
    override: str | None = None
    """A reason to let one thing through."""
    build_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Image -> build, as far as the config names builds."""


FLOOR_TAG = "failover:floor"
"""The tag of an Auto Scaling group that tells what part of its min a ramp holds it at."""


def floor_of(group: AutoScalingGroupState) -> int:
    """What a ramp holds this group at; 0 where none does."""
    floor = group.tags.get(FLOOR_TAG, "")
    return int(floor) if floor.isdigit() else 0
