"""The start of a ramp: refuse what may not start, resume what did not end, else plan and ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ops.journal.journal import FileJournal
from ops.ramp.driver.driver import Ending
from ops.ramp.driver.ports import Limits, RampObserver
from ops.ramp.driver.processes import Processes
from ops.ramp.launch import Launcher, ramp_id_of
from ops.ramp.plan.planner import limits_of
from ops.ramp.plan.refusals import refuse_frozen, refuse_other, refuse_step_back
from ops.ramp.resume.find import Takeover, UnfinishedRamp, foreign, newest, unfinished
from ops.ramp.resume.lease import await_engine, refuse_held
from ops.ramp.stack.commands import Choice
from ops.ramp.stack.config_file import StackFile
from ops.ramp.stack.opened import OpenedStack
from rollout.build_age import PlannedBuild, planned_builds
from rollout.command import Command, config_remove
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.recovery import HistoryEntry
from settings.gates.smoke import SmokeLimits

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What a person asked for, and by which process."""

    choice: Choice
    holder: LeaseHolder
    bake_seconds: float | None = None
    """In place of the config's."""
    takes_over: bool = False
    """Whether a person confirms that the holder of the lease is gone."""
    is_anew: bool = False
    """Whether an unfinished ramp is dropped."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def start(
    stack: OpenedStack,
    history: Sequence[HistoryEntry],
    request: StartRequest,
    observer: RampObserver,
    say: Say,
    confirm: Callable[[], None],
    launched: Callable[
        [OpenedStack, LeaseHolder, Limits, Choice, list[RampObserver]], Launcher
    ] = Launcher,
) -> Ending:
    """Resume the unfinished ramp, else begin a new one; drive it to its end.

    Args:
        stack: What the ramp moves.
        history: The stack's updates, the newest first.
        request: What is asked for.
        observer: Gets the events of the ramp.
        say: Prints a line for a person.
        confirm: Asks the person once the plan is printed; raises where the answer is no.
        launched: Makes what starts the driver.

    Raises:
        RefusedRampError: another driver holds the lease, the stack is frozen, or users would get an
            older build.
        BadInputError: the options or the config make no ramp.
        NotSureError: the stack file and AWS have different weights.
    """
    choice = request.choice
    here = newest(stack.ramps)
    refuse_held(
        history,
        here.progress if here else None,
        request.holder,
        request.now,
        Processes(),
        take_over=request.takes_over,
        choice=choice,
    )
    _say_foreign(stack, say)
    limits = limits_of(stack.ramp, request.bake_seconds, choice)
    ramp_id = ramp_id_of(request.holder, request.now)
    found = unfinished(stack.ramps, history, ramp_id)
    if found is not None and not request.is_anew:
        refuse_other(found, choice, stack.next)
        if not found.is_going_back:
            _judged_builds(stack, found.plan, choice, say)
        say("resuming the unfinished ramp")
        entries = FileJournal(found.folder).entries()
        await_engine(entries, Processes(), say, is_going_back=False)
        return launched(stack, request.holder, limits, choice, [observer]).resume(found, ramp_id)
    _refuse_frozen(stack, request.now, say)
    takeover = _replaced_ramp(stack, history, found)
    if takeover is not None:
        stack = replace(stack, candidate=takeover.persons(stack.candidate))
    launcher = launched(stack, request.holder, limits, choice, [observer])
    plan = launcher.plan()
    builds = _judged_builds(stack, plan, choice, say)
    for line in described_plan(stack, plan, builds, limits, approves_each=choice.approve_each):
        say(line)
    confirm()
    return launcher.start(plan, ramp_id, stack.ramps.new(ramp_id), takeover)


def _replaced_ramp(
    stack: OpenedStack, history: Sequence[HistoryEntry], found: UnfinishedRamp | None
) -> Takeover | None:
    """The ramp that the new one takes the place of; None where there is none."""
    if found is not None:
        return Takeover.of(found.progress, found.recovered)
    return Takeover.left_in(StackFile.read(stack.engine.stack_file), history)


def _judged_builds(
    stack: OpenedStack, plan: RampPlan, choice: Choice, say: Say
) -> tuple[PlannedBuild, ...]:
    """The builds that the plan gives users more of.

    Raises:
        RefusedRampError: one is older than what all users have, and the config has no override.
    """
    smoke = stack.ramp.gates.of(SmokeLimits)
    names: Mapping[str, str] = smoke.builds if smoke is not None else {}
    builds = planned_builds(plan, stack.live().observed(), names)
    if stack.override is not None and any(each.is_step_back for each in builds):
        say(f"an older build, and overridden: {stack.override}")
        return builds
    file = StackFile.read(stack.engine.stack_file)
    refuse_step_back(plan, builds, file, choice, choice.stack_option)
    return builds


def _say_foreign(stack: OpenedStack, say: Say) -> None:
    """Name an unfinished ramp that no command will resume: a person may look for it."""
    folder = foreign(stack.ramps)
    if folder is not None:
        say(
            f"not resumed: the unfinished ramp in {folder} does not record the rules that "
            f"{stack.name} has now\n"
            f"  look at it: {Command.of('failover', 'report', str(folder))}"
        )


def _refuse_frozen(stack: OpenedStack, now: datetime, say: Say) -> None:
    freeze = stack.freeze
    if freeze is None or freeze.until <= now:
        return
    if stack.override is None:
        refuse_frozen(freeze, now, stack.next.option)
    say(f"frozen ({freeze.reason}), and overridden: {stack.override}")


def described_plan(
    stack: OpenedStack,
    plan: RampPlan,
    builds: Sequence[PlannedBuild],
    limits: Limits,
    *,
    approves_each: bool,
) -> Iterator[str]:
    """The plan as a person reads it before the ramp starts."""
    yield f"{stack.name}: {plan.group}, slot {plan.candidate} up from {plan.start}"
    yield "  stages:  " + " -> ".join(str(stage.split) for stage in plan.stages())
    asked: tuple[str, ...] = ("approval",) if approves_each else ()
    gates: dict[str, None] = dict.fromkeys((*stack.ramp.gates.names, *asked))
    yield f"  gates:   {', '.join(gates)}"
    yield f"  bake {limits.bake:g} s each, then hold {limits.hold:g} s, watch {limits.watch:g} s"
    for note in _unsized(StackFile.read(stack.engine.stack_file), plan):
        yield f"  note:    {note}"
    for build in builds:
        if build.note:
            yield f"  note:    {build.note}"
    if stack.candidate is not None:
        remove = config_remove("candidate").with_options(*stack.next.option)
        yield (
            f"  note:    `candidate` of the config is {stack.candidate}, and stays so after the "
            f"ramp: the guards then take a shift by hand to slot {stack.candidate.other} for a "
            "rollback, and do not check it\n"
            f"           where it is not needed: {remove}"
        )


def _unsized(file: StackFile, plan: RampPlan) -> Iterator[str]:
    """What the ramp does with the slots whose fleet the stack only names."""
    for service in plan.services:
        held = file.held_slots(service)
        for slot, kind in file.unsized_slots(service).items():
            filled = f"{service}-{slot} is filled by {kind.theirs}"
            if slot in held:
                yield f"{filled}: the ramp raises its min in AWS, and gives it back at its end"
                continue
            hold = kind.holding(service, slot)
            yield (
                f"{filled}: the ramp waits until it has enough instances, and holds none"
                + (f"\n           to let it raise the min: {hold}" if hold else "")
            )
