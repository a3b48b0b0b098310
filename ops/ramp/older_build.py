"""What a ramp would do to users whose build is newer than the one it gives them."""

from __future__ import annotations

from collections.abc import Sequence

from ops.ramp.errors import RefusedRampError
from ops.ramp.planning import Choice
from ops.ramp.stack_file import StackFile
from rollout.build_age import PlannedBuild
from rollout.command import Command
from rollout.plan import RampPlan


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
        file: Tells which slots the stack releases onto.
        choice: What a person asked for, to be asked for again.
        stack: The words that name the stack to `pulumi`; none where it is the selected one.

    Raises:
        RefusedError: with the command that releases the newer build onto the candidate first.
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
