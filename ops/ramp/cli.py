"""`failover ramp` and `failover even`: the options, the plan that is shown, and the exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ops.journal.journal import FileJournal
from ops.ramp.command import HELP, RAMP_ID, Duration, limits_of, observer, reported
from ops.ramp.driver import Ending
from ops.ramp.errors import BadInputError, RefusedRampError
from ops.ramp.launching import Launcher
from ops.ramp.lease_holder import refuse_held
from ops.ramp.older_build import refuse_step_back
from ops.ramp.planning import Choice
from ops.ramp.ports import Limits
from ops.ramp.processes import Processes
from ops.ramp.resume import Found, foreign, newest, unfinished
from ops.ramp.stack import OpenedStack, opened_stack, own_hand
from ops.ramp.stack_file import StackFile
from ops.ramp.stopping import await_engine
from ops.ramp.takeover import Abandoned
from rollout.build_age import PlannedBuild, planned_builds
from rollout.command import Command, config_remove, config_set
from rollout.plan import EVEN, RampPlan
from rollout.split import Slot
from settings.gates.smoke import SmokeLimits


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """The options that `ramp` and `even` share."""
    options = [
        click.option("--stack", metavar="NAME", help="The stack. Default: the selected one."),
        click.option(
            "--service",
            "services",
            multiple=True,
            metavar="NAME",
            help="Ramp only this service; can be repeated.",
        ),
        click.option("--bake", type=Duration(), help="Length of each bake, such as 5m."),
        click.option(
            "--approve-each", is_flag=True, help="Wait for `failover approve` before each stage."
        ),
        click.option("--yes", "-y", is_flag=True, help="Start without a prompt."),
        click.option(
            "--commit", "commits", is_flag=True, help="Commit the stack file after each stage."
        ),
        click.option("--push", "pushes", is_flag=True, help="Push each commit; implies --commit."),
        click.option("--json", "as_json", is_flag=True, help="Print the events as JSON lines."),
        click.option("--take-over", is_flag=True, help="Take the lease of a holder that is gone."),
        click.option("--anew", is_flag=True, help="Drop an unfinished ramp; start from live."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command("ramp", context_settings=HELP)
@click.option("--to", type=click.Choice([slot.value for slot in Slot]), help="The slot to raise.")
@_common
@reported
def ramp(to: str | None, **given: Any) -> Ending:
    """Shift traffic in stages, with gates that check each stage; roll back if a gate fails.

    Each stage is one config change and one `pulumi up`. Both slots keep their capacity until the
    old slot gets no more requests. If a ramp was killed or stopped, this command resumes it.

    The ramp continues even if the reader of its output exits, as in
    `failover ramp --json | head -1`.

    \b
    Exit codes:
      0   done
      1   a gate or a guard refused, and the ramp rolled back
      2   invalid input; nothing started
      3   undecided or stopped; nothing further changed; prints the next command
      70  a bug in the driver

    \b
    Examples:
      failover ramp
      failover ramp --to 02 --bake 5m --commit --push
      failover ramp --service web --approve-each
      failover ramp --yes --json
    """
    return _ramped(given, Slot(to) if to else None, is_even=False)


@click.command("even", context_settings=HELP)
@_common
@reported
def even(**given: Any) -> Ending:
    """Bring both slots back to 50/50, through the same stages and gates as a ramp.

    Release the build to the other slot first: the command refuses to move users to an older build
    than all of them have.

    \b
    Exit codes, as of `failover ramp`:
      0 done   1 rolled back   2 invalid input   3 undecided or stopped   70 a bug

    \b
    Examples:
      failover even
      failover even --yes --bake 1m
    """
    return _ramped(given, None, is_even=True)


def _ramped(given: dict[str, Any], to: Slot | None, *, is_even: bool) -> Ending:
    stack = opened_stack(Path.cwd(), given["stack"])
    stack.keep_known()
    history = stack.history()
    choice = Choice(
        services=tuple(given["services"]),
        to=to,
        is_even=is_even,
        approve_each=given["approve_each"],
        commits=given["commits"] or given["pushes"],
        pushes=given["pushes"],
        known_messages=tuple(told.message for told in history),
        options=_options(given),
    )
    hand = own_hand()
    here = newest(stack.ramps)
    refuse_held(
        history,
        here.progress if here else None,
        hand,
        datetime.now(UTC),
        Processes(),
        take_over=given["take_over"],
        choice=choice,
    )
    _say_foreign(stack)
    limits = limits_of(stack, given["bake"], choice)
    observers = [observer(as_json=given["as_json"])]
    ramp_id = f"{datetime.now(UTC):{RAMP_ID}}-{hand.pid}"
    found = unfinished(stack.ramps, history, ramp_id)
    if found is not None and not given["anew"]:
        _refuse_other(stack, found, choice)
        if not found.is_going_back:
            _judged_builds(stack, found.plan, choice, given["stack"])
        say = functools.partial(click.echo, err=True)
        say("a ramp that did not end is gone on with")
        entries = FileJournal(found.folder).entries()
        await_engine(entries, Processes(), say, is_going_back=False)
        return Launcher(stack, hand, limits, choice, observers).resume(found, ramp_id)
    _refuse_frozen(stack)
    if found is not None:
        abandoned = Abandoned.of(found.progress, found.recalled)
    else:
        abandoned = Abandoned.left_in(StackFile.read(stack.engine.stack_file), history)
    if abandoned is not None:
        stack = replace(stack, candidate=abandoned.persons(stack.candidate))
    launcher = Launcher(stack, hand, limits, choice, observers)
    plan = launcher.plan()
    builds = _judged_builds(stack, plan, choice, given["stack"])
    _show(stack, plan, builds, limits, approves_each=choice.approve_each)
    _ask(choice, yes=given["yes"])
    return launcher.start(plan, ramp_id, stack.ramps.new(ramp_id), abandoned)


def _options(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The options as they were typed, without those that name services or a slot, or answer."""
    words: list[str] = []
    for option in ("stack", "bake"):
        if given[option] is not None:
            value = given[option]
            words += [f"--{option}", f"{value:g}s" if isinstance(value, float) else value]
    flags = {
        "approve_each": "--approve-each",
        "commits": "--commit",
        "pushes": "--push",
        "as_json": "--json",
        "take_over": "--take-over",
        "anew": "--anew",
    }
    return (*words, *(flag for name, flag in flags.items() if given[name]))


def _judged_builds(
    stack: OpenedStack, plan: RampPlan, choice: Choice, stack_name: str | None
) -> tuple[PlannedBuild, ...]:
    """The builds that the plan gives users more of.

    Raises:
        RefusedError: one is older than what all have, and the config has no override.
    """
    smoke = stack.ramp.gates.of(SmokeLimits)
    names = smoke.builds if smoke is not None else {}
    builds = planned_builds(plan, stack.live().observed(), names)
    if stack.override is not None and any(each.is_step_back for each in builds):
        click.echo(f"an older build, and overridden: {stack.override}", err=True)
        return builds
    file = StackFile.read(stack.engine.stack_file)
    words = () if stack_name is None else ("--stack", stack_name)
    refuse_step_back(plan, builds, file, choice, words)
    return builds


def _say_foreign(stack: OpenedStack) -> None:
    """Name an unfinished ramp that nobody will resume, since a person may look for it."""
    folder = foreign(stack.ramps)
    if folder is not None:
        click.echo(
            f"not resumed: the unfinished ramp in {folder} does not record the rules that "
            f"{stack.name} has now\n"
            f"  look at it: {Command.of('failover', 'report', str(folder))}",
            err=True,
        )


def _refuse_other(stack: OpenedStack, found: Found, choice: Choice) -> None:
    """Raises BadInputError where the ramp under way is not the one that is asked for."""
    plan = found.plan
    is_other_slot = choice.to is not None and choice.to is not plan.candidate
    is_other_group = choice.services and tuple(sorted(choice.services)) != plan.services
    is_even = choice.is_even and plan.target.weight_of(plan.candidate) != EVEN
    if is_other_slot or is_other_group or is_even:
        raise BadInputError(
            f"a ramp of {plan.group} that raises slot {plan.candidate} from {plan.start} to "
            f"{plan.target} did not end\n"
            "  expected: that one to end first\n"
            f"  fix:      {stack.next.go_on}, or {choice.command('--anew')} to plan from the live "
            "weights"
        )


def _refuse_frozen(stack: OpenedStack) -> None:
    freeze = stack.freeze
    if freeze is None or freeze.until <= datetime.now(UTC):
        return
    if stack.override is not None:
        click.echo(f"frozen ({freeze.reason}), and overridden: {stack.override}", err=True)
        return
    override = config_set("override", "REASON").with_options(*stack.next.option)
    raise RefusedRampError(
        f"failover:freeze until {freeze.until:%Y-%m-%dT%H:%M:%SZ}: {freeze.reason}\n"
        "  expected: no ramp starts before then; a rollback always may\n"
        f"  fix:      wait, or {override}"
    )


def _show(
    stack: OpenedStack,
    plan: RampPlan,
    builds: Sequence[PlannedBuild],
    limits: Limits,
    *,
    approves_each: bool,
) -> None:
    stages = " -> ".join(str(stage.split) for stage in plan.stages())
    click.echo(f"{stack.name}: {plan.group}, slot {plan.candidate} up from {plan.start}", err=True)
    click.echo(f"  stages:  {stages}", err=True)
    asked: tuple[str, ...] = ("approval",) if approves_each else ()
    gates: dict[str, None] = dict.fromkeys((*stack.ramp.gates.names, *asked))
    click.echo(f"  gates:   {', '.join(gates)}", err=True)
    click.echo(
        f"  bake {limits.bake:g} s each, then hold {limits.hold:g} s, watch {limits.watch:g} s",
        err=True,
    )
    for build in builds:
        if build.note:
            click.echo(f"  note:    {build.note}", err=True)
    if stack.candidate is not None:
        remove = config_remove("candidate").with_options(*stack.next.option)
        click.echo(
            f"  note:    `candidate` of the config is {stack.candidate}, and stays so after the "
            f"ramp: a shift by hand to slot {stack.candidate.other} then counts as the way back, "
            "which no guard holds up\n"
            f"           where it is not needed: {remove}",
            err=True,
        )


def _ask(choice: Choice, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInputError(
            "nobody is there to say yes; nothing was begun\n"
            "  expected: a terminal, or --yes\n"
            f"  fix:      {choice.command('--yes')}"
        )
    if not click.confirm("start?", err=True):
        raise RefusedRampError("not started; nothing was changed")
