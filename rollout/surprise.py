"""Whether a live rule is what the stack left, and what to do where it is not."""

from __future__ import annotations

from rollout.guard_case import GuardCase, Memory, WantedService
from rollout.objection import Objection, Subject
from rollout.observation import LiveRule
from rollout.split import Split


def difference(rule: LiveRule, wanted: Split, memory: Memory) -> str | None:
    """How a live rule differs from what the stack left it at; `None` where it does not."""
    if rule.split is None:
        return f"the live rule is at {rule.weights}, which is no split"
    left = memory.state or memory.left
    if left is not None and rule.split != left:
        return f"the live rule is at {rule.weights}, and the stack left it at {left}"
    if memory.left is not None and rule.split != memory.left and wanted == memory.left:
        return (
            f"the live rule is at {rule.weights}, and the last `pulumi up` left it at "
            f"{memory.left}, which the config still says"
        )
    return None


def surprise(case: GuardCase, *, is_back: bool) -> Objection | None:
    """What speaks against touching a rule that somebody else changed.

    Nothing does where the live rule is already at the wanted split, nor where a person has asked
    for the way back: a rollback is never blocked.
    """
    return surprise_of(case.live.rule, case.wanted, case.memory, is_back=is_back)


def surprise_of(
    rule: LiveRule, wanted: WantedService, memory: Memory, *, is_back: bool
) -> Objection | None:
    """`surprise`, where only the rule has been read."""
    found = difference(rule, wanted.split, memory)
    is_asked_for = memory.left is not None and wanted.split != memory.left
    if found is None or rule.split == wanted.split or (is_back and is_asked_for):
        return None
    return Objection(
        Subject.SURPRISE,
        f"{rule.weights} -> {wanted.split}",
        f"{found}; the config says {wanted.split}. Somebody else moved traffic: decide first",
        _mend(rule, wanted),
    )


def _mend(rule: LiveRule, wanted: WantedService) -> str:
    override = (
        f"pulumi config set override REASON && pulumi up --refresh   # back to {wanted.split}"
    )
    if rule.split is None:
        return override
    keep = f"pulumi config set {wanted.weights_key} {rule.split} && pulumi up   # as it is live"
    return f"{keep}\n    or: {override}"
