"""Whether a live rule was changed outside Pulumi, and what to do if it was."""

from __future__ import annotations

from rollout.command import REFRESH, UP, config_set
from rollout.guard_case import GuardCase, Memory, WantedService
from rollout.objection import Objection, Subject
from rollout.observation import LiveRule
from rollout.split import Split
from rollout.stage_order import rising

_INTERRUPTED = "an interrupted update was about to record that"


def difference(rule: LiveRule, wanted: Split, memory: Memory) -> str | None:
    """How a live rule differs from what the stack recorded; `None` if it does not."""
    if rule.split is None:
        return f"the live rule is at {rule.weights}, which is not a split"
    recorded = memory.recorded or memory.last_applied
    if recorded is not None and rule.split != recorded:
        found = f"the live rule is at {rule.weights}, and the stack recorded {recorded}"
        return f"{found}; {_INTERRUPTED}" if rule.split == memory.last_intended else found
    is_ours = rule.split in (memory.last_applied, memory.last_intended)
    if memory.last_applied is not None and not is_ours and wanted == memory.last_applied:
        return (
            f"the live rule is at {rule.weights}, and the last `pulumi up` left it at "
            f"{memory.last_applied}, which is still in the config"
        )
    return None


def out_of_band_objection(case: GuardCase, *, is_back: bool) -> Objection | None:
    """The objection to an update of a rule that was changed outside Pulumi.

    There is none if the live rule is already at the wanted split, nor if the config asks for a
    rollback, which is never blocked. A next stage is not a rollback, even if it would lower the
    weight that someone else has set.

    Args:
        case: The service.
        is_back: Whether the wanted split is a rollback from the live one.
    """
    rule, wanted, memory = case.live.rule, case.wanted, case.memory
    found = difference(rule, wanted.split, memory)
    is_interrupted = rule.split is not None and rule.split == memory.last_intended
    if found is None or rule.split == wanted.split or (is_back and _is_asked_for(case)):
        return None
    return Objection(
        Subject.OUT_OF_BAND_CHANGE,
        f"{rule.weights} -> {wanted.split}",
        f"{found}; the config has {wanted.split}"
        + (". Refresh first" if is_interrupted else ". Someone else moved traffic: decide first"),
        _fix(rule, wanted, memory),
    )


def _is_asked_for(case: GuardCase) -> bool:
    """Whether the config raises the same slot from the last applied split as from the live one."""
    live, last_applied = case.live.rule.split, case.memory.last_applied
    if live is None or last_applied is None:
        return False
    return rising(last_applied, case.wanted.split) is rising(live, case.wanted.split)


def _fix(rule: LiveRule, wanted: WantedService, memory: Memory) -> str:
    back = config_set("override", "REASON").then(UP.with_options("--refresh"))
    override = f"{back}   # back to {wanted.split}"
    if rule.split is None:
        return override
    keep = f"{wanted.own_command_for(rule.split).then(UP)}   # keeps the live weights"
    if rule.split == memory.last_intended:
        on = REFRESH.then(UP)
        return f"{on}   # on to {wanted.split}\n  or: {keep}"
    return f"{keep}\n  or: {override}"
