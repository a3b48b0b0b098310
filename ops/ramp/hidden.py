"""Services that no request reaches, of which no gate could judge anything."""

from __future__ import annotations

from collections.abc import Sequence

from ops.ramp.errors import RefusedRampError
from ops.ramp.planning import Choice
from rollout.hidden_rules import HiddenService
from rollout.plan import RampPlan


def refuse_hidden(
    plan: RampPlan, hidden: Sequence[HiddenService], choice: Choice, option: Sequence[str]
) -> None:
    """Raises RefusedError where a service of the plan gets no request.

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
