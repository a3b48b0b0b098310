"""What refuses a ramp before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ops.ramp.errors import BadInputError, RefusedRampError
from ops.ramp.resume.find import UnfinishedRamp
from ops.ramp.stack.commands import Choice, NextCommands
from ops.ramp.stack.config_file import StackFile
from rollout.build_age import PlannedBuild
from rollout.command import Command, config_set
from rollout.hidden_rules import HiddenService
from rollout.plan import EVEN, RampPlan
from settings.ramp import Freeze


def refuse_hidden(
    plan: RampPlan, hidden: Sequence[HiddenService], choice: Choice, option: Sequence[str]
) -> None:
    """Raises RefusedRampError where a service of the plan gets no request.

    Args:
        plan: What a ramp would do.
        hidden: The services of the stack that get none.
        choice: What a person asked for.
        option: What each command ends with, so that it acts on the stack of the ramp.
    """
    found = [each for each in hidden if each.service in plan.services]
    if not found:
        return
    without = " and ".join(each.service for each in found)
    fixes = [fix for each in found for fix in _fixes(each, option)]
    others = [name for name in plan.services if name not in {each.service for each in found}]
    if others:
        fixes.append(f"{choice.command(services=others)}   # leaves {without} as it is")
    listed = "\n  or:       ".join(fixes)
    raise RefusedRampError(
        "\n".join(each.why for each in found)
        + "; nothing was begun\n"
        + f"  expected: requests that reach {without}: gates judge a stage by them\n"
        + f"  fix:      {listed}"
    )


def _fixes(hidden: HiddenService, option: Sequence[str]) -> list[str]:
    if hidden.before is None:
        return [hidden.otherwise]
    command = hidden.before.with_options(*option)
    return [f"{command}   # {hidden.before.moves}", hidden.otherwise]


def refuse_step_back(
    plan: RampPlan,
    builds: Sequence[PlannedBuild],
    file: StackFile,
    choice: Choice,
    stack: Sequence[str] = (),
) -> None:
    """Refuse a plan that gives users an older build than all of them have.

    Args:
        plan: What the ramp sets out to do.
        builds: As `planned_builds`.
        file: Has the slots that the stack releases onto.
        choice: What a person asked for, to be asked for again.
        stack: The words that name the stack to `pulumi`; none where it is the selected one.

    Raises:
        RefusedRampError: with the command that releases the newer build onto the candidate first.
    """
    older = [each for each in builds if each.is_step_back]
    if not older:
        return
    slot, stable = plan.candidate, plan.stable
    lines = [
        f"  {each.service}: {each.percent} of 100 would get {each.build.name} of slot {slot}, and "
        f"all have {each.build.other_name} of slot {stable}, which was released later"
        for each in older
    ]
    overridden = Command.of("pulumi", "config", "set", "override", "REASON", *stack)
    raise RefusedRampError(
        "this would give users an older build than all of them have; nothing was begun\n"
        + "\n".join(lines)
        + f"\n  expected: the build of slot {stable} on slot {slot} first\n"
        + f"  fix:      {_release(plan, older, file, choice, stack)}\n"
        + f"  or:       {overridden.then(choice.command())}   # the older build after all"
    )


def _release(
    plan: RampPlan,
    older: Sequence[PlannedBuild],
    file: StackFile,
    choice: Choice,
    stack: Sequence[str],
) -> str:
    """What releases the newer build onto the slot to raise, and then goes on."""
    slot = plan.candidate
    theirs = [each for each in older if slot not in file.owned_slots(each.service)]
    if theirs:
        named = ", ".join(
            f"{each.build.other_image_id} onto {each.service}-{slot}" for each in older
        )
        return f"release {named}, as its Auto Scaling group is released; then {choice.command()}"
    images = [
        Command.of(
            *("pulumi", "config", "set", "--path"),
            *(f'failover:images.{each.service}["{slot}"]', each.build.other_image_id, *stack),
        )
        for each in older
    ]
    update = Command.of("pulumi", "up", *stack)
    moves = f"requests of {plan.group}, in stages, to {plan.target}"
    ramp = Command(choice.command().steps, moves)
    return str(images[0].then(*images[1:], update, ramp))


def refuse_other(found: UnfinishedRamp, choice: Choice, commands: NextCommands) -> None:
    """Raises BadInputError where the unfinished ramp is not the one that is asked for."""
    plan = found.plan
    is_other_slot = choice.to is not None and choice.to is not plan.candidate
    is_other_group = choice.services and tuple(sorted(choice.services)) != plan.services
    is_even = choice.is_even and plan.target.weight_of(plan.candidate) != EVEN
    if is_other_slot or is_other_group or is_even:
        raise BadInputError(
            f"a ramp of {plan.group} that raises slot {plan.candidate} from {plan.start} to "
            f"{plan.target} did not end\n"
            "  expected: that ramp to end first\n"
            f"  fix:      {commands.go_on}, or {choice.command('--anew')} to plan from the live "
            "weights"
        )


def refuse_frozen(freeze: Freeze, now: datetime, option: Sequence[str]) -> None:
    """Raises RefusedRampError where no ramp may start yet."""
    if freeze.until <= now:
        return
    override = config_set("override", "REASON").with_options(*option)
    raise RefusedRampError(
        f"failover:freeze until {freeze.until:%Y-%m-%dT%H:%M:%SZ}: {freeze.reason}\n"
        "  expected: no ramp starts before then; a rollback always may\n"
        f"  fix:      wait, or {override}"
    )
