"""What a `failover ramp` or `even` comes to before its driver runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.journal.journal import FileJournal, Ramps
from ops.journal.lines import PlainLines
from ops.ramp.driver.driver import Ending
from ops.ramp.errors import BadInputError, RefusedRampError
from ops.ramp.resume.find import Takeover, UnfinishedRamp
from ops.ramp.stack.commands import Choice
from ops.ramp.start import StartRequest, start
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.ramp_event import SplitReadBack
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from settings.ramp import Freeze
from tests.ops.ramp.fakes import START, KilledError
from tests.ops.ramp.world import IDENTITY, NEXT, PLAN, SERVICES, World
from tests.rollout.history import held

HOLDER = LeaseHolder("anna", "laptop", 4711)
LATER = START + timedelta(hours=2)
"""When the lease of a ramp that a kill ended is over."""
FREEZE = Freeze(until=START + timedelta(days=1), reason="Black Friday")


@dataclass
class FakeLauncher:
    """Writes down what it is asked to start."""

    resumed: UnfinishedRamp | None = None
    started: RampPlan | None = None
    takeover: Takeover | None = None
    stack: Any = None

    def plan(self) -> RampPlan:
        return PLAN

    def start(
        self, plan: RampPlan, ramp: str, folder: Path, takeover: Takeover | None = None
    ) -> Ending:
        self.started, self.takeover = plan, takeover
        return Ending(0, f"started {ramp} in {folder.name}")

    def resume(self, found: UnfinishedRamp, ramp: str) -> Ending:
        self.resumed = found
        return Ending(0, f"resumed {ramp}")


@dataclass(frozen=True)
class FakeStack:
    """A stack as `failover` has opened it."""

    world: World
    ramps: Ramps
    candidate: Slot | None = None
    freeze: Freeze | None = None
    override: str | None = None
    name: str = "prod"
    next: Any = NEXT
    identity: StackIdentity = IDENTITY
    ramp: Any = field(
        default_factory=lambda: SimpleNamespace(
            gates=SimpleNamespace(slowest=None, names=("probe",), of=lambda _kind: None),
            bake_seconds=60,
            hold_seconds=60,
            watch_seconds=60,
            inconclusive_seconds=60,
            guard=SimpleNamespace(wait_seconds=60),
        )
    )

    @property
    def engine(self) -> World:
        return self.world

    def live(self) -> Any:
        return SimpleNamespace(observed=self.world.services)


@dataclass
class Command:
    """One command that is typed in a folder."""

    world: World
    folder: Path
    launcher: FakeLauncher = field(default_factory=FakeLauncher)
    printed: list[str] = field(default_factory=list[str])

    def run(
        self,
        choice: Choice | None = None,
        *,
        confirm: Callable[[], None] = lambda: None,
        now: datetime = START,
        is_anew: bool = False,
        **stack: Any,
    ) -> Ending:
        def launched(opened: Any, *_rest: object) -> Any:
            self.launcher.stack = opened
            return self.launcher

        opened: Any = FakeStack(self.world, Ramps(self.folder / "ramps", IDENTITY), **stack)
        request = StartRequest(choice or Choice(), HOLDER, is_anew=is_anew, now=now)
        observer = PlainLines(self.printed.append, lambda: 0.0)
        history = self.world.told[::-1]
        return start(opened, history, request, observer, self.printed.append, confirm, launched)

    def leave_unfinished(self) -> None:
        """A ramp that a kill ended in its second stage."""

        def kill(entry: Any) -> None:
            if entry.event == SplitReadBack(stage=2, splits=dict.fromkeys(SERVICES, Split(75, 25))):
                raise KilledError

        self.world.journal.before_append = kill
        with contextlib.suppress(KilledError):
            self.world.run(PLAN)
        self.world.journal.before_append = lambda _entry: None
        for entry in self.world.journal.kept:
            FileJournal(self.folder / "ramps" / "r").append(entry)


@pytest.fixture
def command(world: World, tmp_path: Path) -> Command:
    return Command(world, tmp_path)


def test_a_new_ramp_prints_its_plan_asks_and_starts(command: Command) -> None:
    asked: list[int] = []

    ending = command.run(confirm=lambda: asked.append(len(command.printed)))

    assert ending == Ending(0, "started 20261121T090000Z-4711 in 20261121T090000Z-4711")
    assert command.launcher.started == PLAN
    assert asked == [len(command.printed)]
    assert command.printed == [
        "prod: portal+web, slot 02 up from 100/0",
        "  stages:  90/10 -> 75/25 -> 50/50 -> 25/75 -> 0/100",
        "  gates:   probe",
        "  bake 60 s each, then hold 60 s, watch 60 s",
        "  note:    portal: 100 of 100 get the build of slot 02, whose age is not known",
        "  note:    web: 100 of 100 get the build of slot 02, whose age is not known",
    ]


def test_the_plan_names_the_slots_that_the_ramp_does_not_size(command: Command) -> None:
    slots = {"01": {"autoScalingGroup": {"existing": "web-blue"}}, "02": {"registered": True}}
    command.world.add_service_config("web", {"slots": slots})

    command.run()

    first, second = command.printed[4:6]
    words, _, hold = first.partition("\n")
    assert words == (
        "  note:    web-01 is filled by the existing autoScalingGroup: the ramp waits until it has "
        "enough instances, and holds none"
    )
    assert hold.strip().startswith("to let it raise the min: pulumi config set --path")
    assert second == (
        "  note:    web-02 is filled by the registered targets: the ramp waits until it has enough "
        "instances, and holds none"
    )


def test_a_no_starts_nothing(command: Command) -> None:
    def refuse() -> None:
        raise RefusedRampError("not started; nothing was changed")

    with pytest.raises(RefusedRampError, match="not started"):
        command.run(confirm=refuse)

    assert command.launcher == FakeLauncher(stack=command.launcher.stack)


def test_an_unfinished_ramp_is_resumed_without_a_question(command: Command) -> None:
    command.leave_unfinished()

    ending = command.run(confirm=lambda: pytest.fail("nobody is asked"), now=LATER)

    assert ending.words.startswith("resumed ")
    assert command.launcher.resumed is not None
    assert command.launcher.resumed.plan == PLAN
    assert command.printed == ["resuming the unfinished ramp"]


def test_an_unfinished_ramp_is_resumed_in_a_freeze_as_well(command: Command) -> None:
    command.leave_unfinished()

    command.run(freeze=FREEZE, now=LATER)

    assert command.launcher.resumed is not None


@pytest.mark.parametrize(
    "choice", [Choice(to=Slot.FIRST), Choice(services=("web",)), Choice(is_even=True)]
)
def test_another_ramp_than_the_unfinished_one_is_refused(command: Command, choice: Choice) -> None:
    command.leave_unfinished()

    with pytest.raises(BadInputError, match="expected: that ramp to end first"):
        command.run(choice, now=LATER)

    assert command.launcher.resumed is None


def test_a_ramp_that_is_begun_anew_takes_over_what_the_unfinished_one_has_set(
    command: Command,
) -> None:
    command.leave_unfinished()

    command.run(is_anew=True, candidate=Slot.SECOND, now=LATER)

    assert command.launcher.started == PLAN
    assert command.launcher.takeover is not None
    assert command.launcher.stack.candidate is None


def test_a_freeze_refuses_a_new_ramp_until_it_is_over_or_overridden(command: Command) -> None:
    with pytest.raises(RefusedRampError, match="Black Friday"):
        command.run(freeze=FREEZE)
    assert command.launcher.started is None

    command.run(freeze=FREEZE, override="the fix of INC-7")
    command.run(freeze=FREEZE, now=FREEZE.until)

    assert "frozen (Black Friday), and overridden: the fix of INC-7" in command.printed


def test_another_holder_of_the_lease_is_not_disturbed(command: Command) -> None:
    other = LeaseHolder("ben", "build-7", 99)
    message = held(PLAN, "stage 1/5, 02 at 10", other, START + timedelta(hours=1))
    command.world.told.append(HistoryEntry(message, True, {}))

    with pytest.raises(RefusedRampError, match="ben ramps portal\\+web from build-7"):
        command.run()

    assert command.launcher == FakeLauncher()
