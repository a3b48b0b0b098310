"""A judgement in words: the notices of a preview, and those of an update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollout.command import config_remove
from rollout.guard_case import WantedService
from rollout.judgement import Decision, Judgement, ServiceJudgement
from rollout.live_slot import rebuilt_slots
from rollout.notice import ALL_SERVICES, UNSEEN, Notice, NoticeKind
from rollout.objection import Objection, Subject
from rollout.split import Split

_WITH_THE_OTHERS = "it would pass by itself, and moves with the others or not at all"


def notices(judgement: Judgement, override: str | None, *, is_preview: bool) -> list[Notice]:
    """Everything that there is to say, the services in their order.

    A preview says what would be, an update what is.
    """
    told = list(_of_override(judgement, override))
    for service in judgement.services:
        told += _of_service(service, judgement.verdict, is_preview=is_preview)
    return told


def _of_override(judgement: Judgement, override: str | None) -> Iterator[Notice]:
    if override is None:
        return
    for service in judgement.services:
        for objection in service.overridden:
            text = f"let through ({override}), although: {objection.why}"
            yield Notice(NoticeKind.OVERRIDE, service.case.wanted.name, objection.change, text)
    yield Notice(
        NoticeKind.OVERRIDE,
        ALL_SERVICES,
        "one thing",
        f"the config lets one thing through ({override}) until it is removed: "
        f"{config_remove('override')}",
    )


def _of_service(
    service: ServiceJudgement, overall: Decision, *, is_preview: bool
) -> Iterator[Notice]:
    name = service.case.wanted.name
    if service.out_of_band_change is not None:
        yield Notice(NoticeKind.OUT_OF_BAND, name, service.change, service.out_of_band_change)
    refused = NoticeKind.WILL_BE_REFUSED if is_preview else NoticeKind.REFUSED
    standing = _standing(service)
    if service.verdict is Decision.REFUSED:
        for objection in standing:
            yield Notice(refused, name, objection.change, objection.text)
    elif overall is Decision.REFUSED and service.rising is not None:
        back = _fixed([f"{service.put_back}   # as it is live"])
        yield Notice(refused, name, service.change, _WITH_THE_OTHERS + back)
    elif service.verdict is Decision.WAITS:
        waiting = NoticeKind.WILL_WAIT if is_preview else NoticeKind.WAITING
        for objection in standing:
            yield Notice(waiting, name, objection.change, objection.why)
    else:
        yield from _of_passing(service, is_told=is_preview or overall is Decision.PASSES)


def _standing(service: ServiceJudgement) -> list[Objection]:
    """What is told of a service: where it is refused, not also what it would wait for."""
    refused = [o for o in service.standing if not o.may_pass]
    return sorted(refused or service.standing, key=lambda objection: objection.subject)


def _of_passing(service: ServiceJudgement, *, is_told: bool) -> Iterator[Notice]:
    """What passes; a move is not told of while it waits for others."""
    name, slot = service.case.wanted.name, service.rising
    for rebuilt, change in rebuilt_slots(service.case).items():
        if not any(o.subject in (Subject.BUILD, Subject.RELEASE) for o in service.overridden):
            text = f"{change}; the slot carries nothing, so it may be released"
            yield Notice(NoticeKind.PASSES, name, f"slot {rebuilt}", text)
    if slot is None or service.split is None or not is_told:
        return
    live = service.case.live.slots[slot]
    count = f"{len(live.healthy)} of {len(live.registered)} targets of {name}-{slot} are healthy"
    count += f", {len(live.draining)} more draining" if live.draining else ""
    older = f"{service.older_build}; " if service.older_build else ""
    if service.is_back:
        text = f"back towards slot {slot}, without waiting; {older}{count}"
    else:
        is_waived = bool(service.overridden)
        role = "slot {} gains weight by the override" if is_waived else "the next stage of slot {}"
        text = f"{role.format(slot)}; {older}{count}"
    yield Notice(NoticeKind.PASSES, name, service.change, text)


def given_up(judgement: Judgement, why: str) -> list[Notice]:
    """What is told when a wait ends without what it was for; `why` says what ended it."""
    told: list[Notice] = []
    for service in judgement.services:
        name = service.case.wanted.name
        for objection in service.standing:
            text = f"{why}; it waited {objection.text}"
            told.append(Notice(NoticeKind.REFUSED, name, objection.change, text))
        if not service.standing and service.rising is not None:
            others = "; ".join(_waits(other) for other in judgement.services if other.standing)
            text = f"{why}; {_WITH_THE_OTHERS}: {others}{_fixed([service.put_back])}"
            told.append(Notice(NoticeKind.REFUSED, name, service.change, text))
    return told


def _waits(service: ServiceJudgement) -> str:
    return f"{service.case.wanted.name} waits {'; '.join(o.why for o in service.standing)}"


def unseen(
    kind: NoticeKind,
    why: str,
    spared: str,
    fix: str,
    left: Sequence[tuple[WantedService, Split]] = (),
) -> Notice:
    """What is told where AWS cannot be read.

    Args:
        kind: Of a preview, or of an update.
        why: What AWS says, or does not say.
        spared: What is not done therefore.
        fix: What to do about it; empty where `why` says it.
        left: The services, each with the split that the last update left.
    """
    fixes = [fix] if fix else []
    text = f"nobody can see what is live, so {spared}: {why}"
    return Notice(kind, ALL_SERVICES, UNSEEN, text + _fixed([*fixes, *_back(left)]))


def stopped(left: Sequence[tuple[WantedService, Split]] = ()) -> Notice:
    """What is told when a person stops an update that still asks AWS what is live."""
    text = "stopped before anything was changed" + _fixed(_back(left))
    return Notice(NoticeKind.REFUSED, ALL_SERVICES, UNSEEN, text)


def _back(left: Sequence[tuple[WantedService, Split]]) -> list[str]:
    """The commands that put back what the config had at the last update."""
    changed = [wanted.command_for(split) for wanted, split in left if wanted.split != split]
    return [f"{command}   # as it was" for command in dict.fromkeys(map(str, changed))]


def _fixed(fixes: Sequence[str]) -> str:
    return "\n  fix: " + "\n  or: ".join(fixes) if fixes else ""
