"""The guards' judgement of an update: one decision for all services, all or nothing."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rollout.build_age import BuildAge, build_on
from rollout.candidate import candidate_of, raised_after
from rollout.command import UP, config_set
from rollout.guard_case import GuardCase, GuardRules
from rollout.objection import (
    Objection,
    Subject,
    difference,
    objections_to_slots,
    out_of_band_objection,
    releases_of_both_slots,
)
from rollout.readiness import missing_for
from rollout.split import Slot, Split, is_back, next_splits, rising


class Decision(enum.Enum):
    """The decision on an update."""

    PASSES = "passes"
    WAITS = "waits"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ServiceJudgement:
    """The judgement of one service's update."""

    case: GuardCase
    split: Split | None
    """The live split; `None` if the rule has none."""
    candidate: Slot | None
    objections: tuple[Objection, ...]
    """Why the update may not proceed."""
    overridden: tuple[Objection, ...]
    """The objections that the override lets through."""
    last_raised: Slot | None = None
    """The slot that was raised last before this update, inside or outside Pulumi."""
    build_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Image -> name of its build, as in `GuardRules`."""

    @property
    def decision(self) -> Decision:
        """The decision for this service alone."""
        if not self.objections:
            return Decision.PASSES
        if all(objection.may_pass for objection in self.objections):
            return Decision.WAITS
        return Decision.REFUSED

    @property
    def change(self) -> str:
        """The move, such as `90/10 -> 75/25`."""
        return f"{self.case.live.rule.weights} -> {self.case.wanted.split}"

    @property
    def put_back(self) -> str:
        """The command that sets the live split in the config; empty if the rule has no split."""
        return "" if self.split is None else str(self.case.wanted.command_for(self.split))

    @property
    def rising(self) -> Slot | None:
        """The slot that would gain weight."""
        return None if self.split is None else rising(self.split, self.case.wanted.split)

    @property
    def is_back(self) -> bool:
        """Whether the move is a rollback, which needs no wait."""
        return self.split is not None and is_back(
            self.split, self.case.wanted.split, self.candidate
        )

    @property
    def older_build(self) -> str:
        """How much traffic gets an older build; empty for none."""
        slot = self.rising
        if slot is None or self.split is None:
            return ""
        build = build_on(self.case.live, slot, self.build_names)
        # On the way up an unknown age is the common case: the slot's first release.
        if build.age is not BuildAge.OLDER and not self.is_back:
            return ""
        return build.given_to(self.case.wanted.split.weight_of(slot) - self.split.weight_of(slot))

    def last_raised_at(self, split: Split) -> Slot | None:
        """The slot that was raised last once the rule is at `split`."""
        if self.split is None:
            return self.last_raised
        return raised_after(self.last_raised, self.candidate, self.split, split)

    @property
    def out_of_band_change(self) -> str | None:
        """How the live rule differs from what the stack recorded; `None` if it does not."""
        return difference(self.case.live.rule, self.case.wanted.split, self.case.memory)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of an update of all services."""

    services: tuple[ServiceJudgement, ...]

    @property
    def decision(self) -> Decision:
        """The strictest decision of any service: if one is refused, none moves."""
        decisions = {service.decision for service in self.services}
        for decision in (Decision.REFUSED, Decision.WAITS):
            if decision in decisions:
                return decision
        return Decision.PASSES


def judged(cases: Sequence[GuardCase], rules: GuardRules, polls: int) -> Judgement:
    """The judgement of one update.

    Args:
        cases: Every service of the stack.
        rules: The settings of the guards.
        polls: The consecutive polls, this one included, in which every slot that gains weight was
            ready.
    """
    found = [_objections(case, rules) for case in cases]
    across = releases_of_both_slots(cases)
    found = [(split, slot, [*own, *across]) for split, slot, own in found]
    waived = _waived(rules, [objection for _, _, own in found for objection in own])
    judgement = Judgement(
        tuple(
            ServiceJudgement(
                case=case,
                split=split,
                candidate=slot,
                objections=tuple(o for o in own if o.subject is not waived),
                overridden=tuple(o for o in own if o.subject is waived),
                last_raised=_last_raised(case, rules),
                build_names=rules.build_names,
            )
            for case, (split, slot, own) in zip(cases, found, strict=True)
        )
    )
    is_ready = judgement.decision is Decision.PASSES and waived is not Subject.READINESS
    return _polled(judgement, rules, polls) if is_ready else judgement


def _polled(judgement: Judgement, rules: GuardRules, polls: int) -> Judgement:
    """A passing judgement, which waits until it has passed in enough consecutive polls."""
    if polls >= rules.healthy_polls:
        return judgement
    services = [
        replace(service, objections=(_more_polls(service, service.rising, rules, polls),))
        if service.rising is not None and not service.is_back
        else service
        for service in judgement.services
    ]
    return Judgement(tuple(services))


def _more_polls(service: ServiceJudgement, slot: Slot, rules: GuardRules, polls: int) -> Objection:
    more = rules.healthy_polls - polls
    name = f"{service.case.wanted.name}-{slot}"
    return Objection(
        Subject.READINESS,
        service.change,
        f"for {more} more {'poll' if more == 1 else 'polls'} of {name}, which was ready in {polls} "
        f"of {rules.healthy_polls} consecutive polls",
        service.put_back,
        may_pass=True,
    )


def _waived(rules: GuardRules, objections: Sequence[Objection]) -> Subject | None:
    """The subject that the override lets through; refusals come before waits."""
    if rules.override is None or not objections:
        return None
    refused = [objection.subject for objection in objections if not objection.may_pass]
    return min(refused or [objection.subject for objection in objections])


def _objections(
    case: GuardCase, rules: GuardRules
) -> tuple[Split | None, Slot | None, list[Objection]]:
    split = case.live.rule.split
    if case.is_removed:
        return split, None, [_removal_objection(case)]
    if split is None:
        unknown = out_of_band_objection(case, is_back=False)
        return None, rules.candidate, [unknown] if unknown else []
    candidate = candidate_of(rules.candidate, case.live, split, _last_raised(case, rules))
    back = is_back(split, case.wanted.split, candidate)
    found = out_of_band_objection(case, is_back=back)
    own = [found] if found else []
    own += objections_to_slots(case, split)
    if back:
        own += _rollback_objections(case, split)
    elif split != case.wanted.split:
        own += _stage_objections(case, split, candidate, rules)
        own += _readiness_objections(case, split)
    return split, candidate, own


def _last_raised(case: GuardCase, rules: GuardRules) -> Slot | None:
    """The slot that was raised last, including by an interrupted update or outside Pulumi."""
    memory, split = case.memory, case.live.rule.split
    if memory.last_applied is None or split is None:
        return memory.last_raised
    candidate = candidate_of(rules.candidate, case.live, memory.last_applied, memory.last_raised)
    return raised_after(memory.last_raised, candidate, memory.last_applied, split)


def _removal_objection(case: GuardCase) -> Objection:
    name = case.wanted.name
    return Objection(
        Subject.REMOVAL,
        "removed",
        f"{name} is live at {case.live.rule.weights} but no longer in the config; this update "
        "would delete its rule, its target groups and its instances",
        f"restore failover:services.{name}\n"
        f"  or: {config_set('override', 'REASON').then(UP)}   # deletes {name}",
    )


def _rollback_objections(case: GuardCase, split: Split) -> Iterator[Objection]:
    slot = rising(split, case.wanted.split)
    assert slot is not None
    is_dead = not case.live.slots[slot].healthy
    if is_dead and case.live.slots[slot.other].healthy:
        yield Objection(
            Subject.DEAD,
            f"{split} -> {case.wanted.split}",
            f"{case.wanted.name}-{slot} has no healthy target, and {case.wanted.name}-{slot.other} "
            "has: an ALB does not fail over between target groups, so requests would be lost",
            str(case.wanted.command_for(split)),
        )


def _stage_objections(
    case: GuardCase, split: Split, candidate: Slot | None, rules: GuardRules
) -> Iterator[Objection]:
    allowed = next_splits(split, candidate, rules.stages)
    if case.wanted.split in allowed:
        return
    named = " or ".join(str(each) for each in allowed) or "none, the last stage is reached"
    role = "either slot may rise" if candidate is None else f"slot {candidate} is the candidate"
    fixes = [str(case.wanted.command_for(each).then(UP)) for each in allowed]
    yield Objection(
        Subject.STAGE,
        f"{split} -> {case.wanted.split}",
        f"next stage is {named} ({role}, stages {', '.join(map(str, rules.stages))})",
        "\n  or: ".join([*fixes, f"{case.wanted.command_for(split)}   # keeps the live weights"]),
    )


def _readiness_objections(case: GuardCase, split: Split) -> Iterator[Objection]:
    slot = rising(split, case.wanted.split)
    assert slot is not None
    change = f"{split} -> {case.wanted.split}"
    wanted = case.wanted.slots[slot].fleet
    missing = missing_for(case.live, slot, case.wanted.split.weight_of(slot), wanted)
    if missing:
        yield Objection(
            Subject.READINESS,
            change,
            "for " + "; and for ".join(missing),
            str(case.wanted.command_for(split)),
            may_pass=True,
        )
