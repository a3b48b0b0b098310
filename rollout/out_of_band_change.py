"""Whether a live rule is what the stack left, and what to do where it is not."""

from __future__ import annotations

from rollout.command import REFRESH, UP, config_set
from rollout.guard_case import GuardCase, Memory, WantedService
from rollout.objection import Objection, Subject
from rollout.observation import LiveRule
from rollout.split import Split
from rollout.stage_order import rising

_CUT_SHORT = "an update that was cut short set out for it"


def difference(rule: LiveRule, wanted: Split, memory: Memory) -> str | None:
    """How a live rule differs from what the stack left it at; `None` where it does not."""
    if rule.split is None:
        return f"the live rule is at {rule.weights}, which is no split"
    left = memory.state or memory.left
    if left is not None and rule.split != left:
        found = f"the live rule is at {rule.weights}, and the stack left it at {left}"
        return f"{found}; {_CUT_SHORT}" if rule.split == memory.asked else found
    is_ours = rule.split in (memory.left, memory.asked)
    if memory.left is not None and not is_ours and wanted == memory.left:
        return (
            f"the live rule is at {rule.weights}, and the last `pulumi up` left it at "
            f"{memory.left}, which the config still says"
        )
    return None


def out_of_band_objection(case: GuardCase, *, is_back: bool) -> Objection | None:
    """What speaks against touching a rule that somebody else changed.

    Nothing does where the live rule is already at the wanted split, nor where a person has asked
    for the way back: a rollback is never blocked. A next stage is no such wish, although somebody
    else has moved so far that it would lead back from there.

    Args:
        case: The service.
        is_back: Whether the wanted split is on the way back from the live one.
    """
    rule, wanted, memory = case.live.rule, case.wanted, case.memory
    found = difference(rule, wanted.split, memory)
    is_cut_short = rule.split is not None and rule.split == memory.asked
    if found is None or rule.split == wanted.split or (is_back and _is_asked_for(case)):
        return None
    return Objection(
        Subject.OUT_OF_BAND,
        f"{rule.weights} -> {wanted.split}",
        f"{found}; the config says {wanted.split}"
        + (". Refresh first" if is_cut_short else ". Somebody else moved traffic: decide first"),
        _fix(rule, wanted, memory),
    )


def _is_asked_for(case: GuardCase) -> bool:
    """Whether the config asks for the way that the live rule would go, as seen from the stack."""
    live, left = case.live.rule.split, case.memory.left
    if live is None or left is None:
        return False
    return rising(left, case.wanted.split) is rising(live, case.wanted.split)


def _fix(rule: LiveRule, wanted: WantedService, memory: Memory) -> str:
    back = config_set("override", "REASON").then(UP.with_options("--refresh"))
    override = f"{back}   # back to {wanted.split}"
    if rule.split is None:
        return override
    keep = f"{wanted.own_command_for(rule.split).then(UP)}   # as it is live"
    if rule.split == memory.asked:
        on = REFRESH.then(UP)
        return f"{on}   # on to {wanted.split}\n  or: {keep}"
    return f"{keep}\n  or: {override}"
