"""What an adoption finds: the load balancer, the answers, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator

from ops.adopt.answers import Answers, rule_of
from ops.adopt.earlier_answers import Decided
from ops.adopt.questions import answered
from ops.adopt.request import Wish
from ops.adopt.stack import AdoptedConfig
from ops.adopt.state import State
from ops.errors import RefusedError
from ops.inspect.calls import Calls
from ops.inspect.document import Inspection
from ops.inspect.obstacle import Alike, alike
from ops.inspect.obstacles import obstacles
from ops.inspect.reader import Wanted, inspect
from ops.inspect.rule_obstacles import candidates


def asked(wish: Wish, calls: Calls, stack: AdoptedConfig) -> tuple[Inspection, Answers]:
    """The inspection with the services' groups read in full, and all questions answered."""
    first = inspect(calls, wish.load_balancer, Wanted())
    answers = answered(first, wish.flags, Decided.of(stack.config), wish.ask)
    names = {*answers.services.values(), *answers.second_groups.values()}
    for name in answers.services.values():
        placed = rule_of(first, name)
        names |= {first.name_of(group.arn) for group in placed[1].groups} if placed else set()
    return inspect(calls, first.load_balancer.arn, Wanted(names=names)), answers


def refuse_obstacles(inspection: Inspection, answers: Answers, state: State) -> None:
    """Refuse what stands in the way; a group of the stack's own, half made maybe, does not.

    Raises:
        RefusedError: something does.
    """
    names = set(answers.services.values())
    chosen = {
        rule.arn
        for _, rule in candidates(inspection)
        if names & {inspection.name_of(group.arn) for group in rule.groups}
    }
    ours = set(state.ids.values()) - chosen
    found = [each for each in obstacles(inspection, chosen) if not ours & set(each.arns)]
    stopping = [each for each in found if each.stops]
    if stopping:
        lines = ["\n".join(_lines(each)) for each in alike(stopping)]
        raise RefusedError("\n".join(["in the way; nothing was changed:", *lines]))


def _lines(found: Alike) -> Iterator[str]:
    yield from found.told
    if found.more:
        yield f"  and {found.more} more"
    yield f"  why:     {found.why}"
    yield f"  way out: {found.fix.sentence}"
    if found.fix.command is not None:
        yield f"    {found.fix.command}"
