"""The notices of a judgement, of a preview and of an update, and the notice of a lost resource."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rollout.command import config_remove
from rollout.guard_case import WantedService
from rollout.judgement import Decision, Judgement, ServiceJudgement
from rollout.notice import ALL_SERVICES, UNREADABLE, Notice, NoticeKind
from rollout.objection import Objection, Subject, rebuilt_slots
from rollout.pending_creation import Made, import_command
from rollout.split import Slot, Split

_ALL_OR_NOTHING = "it would pass alone, but all services move together or not at all"
_FREE_OF_PROTECTION = frozenset({"aws:s3/bucket:Bucket"})
"""Types that the program does not protect where protection is on."""


def notices(judgement: Judgement, override: str | None, *, is_preview: bool) -> list[Notice]:
    """Every notice of a judgement, in the order of the services.

    A preview reports what an update would do.
    """
    found = list(_of_override(judgement, override))
    for service in judgement.services:
        found += _of_service(service, judgement.decision, is_preview=is_preview)
    return found


def _of_override(judgement: Judgement, override: str | None) -> Iterator[Notice]:
    if override is None:
        return
    for service in judgement.services:
        for objection in service.overridden:
            text = overridden_text(override, objection.why)
            yield Notice(NoticeKind.OVERRIDE, service.case.wanted.name, objection.change, text)
    yield Notice(
        NoticeKind.OVERRIDE,
        ALL_SERVICES,
        "one refusal",
        f"the config's override ({override}) lets one refusal through until you remove it: "
        f"{config_remove('override')}",
    )


def overridden_text(reason: str, why: str) -> str:
    """The text of a refusal that the override lets through."""
    return f"let through ({reason}), although: {why}"


def _of_service(
    service: ServiceJudgement, overall: Decision, *, is_preview: bool
) -> Iterator[Notice]:
    name = service.case.wanted.name
    if service.out_of_band_change is not None:
        yield Notice(
            NoticeKind.OUT_OF_BAND_CHANGE, name, service.change, service.out_of_band_change
        )
    refused = NoticeKind.WILL_BE_REFUSED if is_preview else NoticeKind.REFUSED
    reported = _reported(service)
    if service.decision is Decision.REFUSED:
        for objection in reported:
            yield Notice(refused, name, objection.change, objection.text)
    elif overall is Decision.REFUSED and service.rising is not None:
        back = _fixed([f"{service.put_back}   # keeps the live weights"])
        yield Notice(refused, name, service.change, _ALL_OR_NOTHING + back)
    elif service.decision is Decision.WAITS:
        waiting = NoticeKind.WILL_WAIT if is_preview else NoticeKind.WAITING
        for objection in reported:
            yield Notice(waiting, name, objection.change, objection.why)
    else:
        yield from _pass_notices(service, is_move_shown=is_preview or overall is Decision.PASSES)


def _reported(service: ServiceJudgement) -> list[Objection]:
    """The objections to report: of a refused service, not what it would also wait for."""
    refused = [o for o in service.objections if not o.may_pass]
    return sorted(refused or service.objections, key=lambda objection: objection.subject)


def _pass_notices(service: ServiceJudgement, *, is_move_shown: bool) -> Iterator[Notice]:
    """What passes; a move is not shown while it waits for other services."""
    name, slot = service.case.wanted.name, service.rising
    for rebuilt, change in rebuilt_slots(service.case).items():
        if not any(o.subject in (Subject.BUILD, Subject.RELEASE) for o in service.overridden):
            text = f"{change}; the slot is idle, so the release is free"
            yield Notice(NoticeKind.PASSES, name, f"slot {rebuilt}", text)
    if slot is None or service.split is None or not is_move_shown:
        return
    live = service.case.live.slots[slot]
    count = f"{len(live.healthy)} of {len(live.registered)} targets of {name}-{slot} are healthy"
    count += f", {len(live.draining)} more draining" if live.draining else ""
    older = f"{service.older_build}; " if service.older_build else ""
    if service.is_back:
        text = f"rollback to slot {slot}, without waiting; {older}{count}"
    else:
        is_waived = bool(service.overridden)
        role = "slot {} gains weight by the override" if is_waived else "the next stage of slot {}"
        text = f"{role.format(slot)}; {older}{count}"
    yield Notice(NoticeKind.PASSES, name, service.change, text)


def wait_failed(judgement: Judgement, why: str) -> list[Notice]:
    """The notices of a wait that ended before the judgement passed; `why` is what ended it."""
    found: list[Notice] = []
    for service in judgement.services:
        name = service.case.wanted.name
        for objection in service.objections:
            text = f"{why}; it waited {objection.text}"
            found.append(Notice(NoticeKind.REFUSED, name, objection.change, text))
        if not service.objections and service.rising is not None:
            others = "; ".join(_waits(other) for other in judgement.services if other.objections)
            text = f"{why}; {_ALL_OR_NOTHING}: {others}{_fixed([service.put_back])}"
            found.append(Notice(NoticeKind.REFUSED, name, service.change, text))
    return found


def _waits(service: ServiceJudgement) -> str:
    return f"{service.case.wanted.name} waits {'; '.join(o.why for o in service.objections)}"


def unreadable(
    kind: NoticeKind,
    why: str,
    spared: str,
    fix: str,
    last_applied: Sequence[tuple[WantedService, Split]] = (),
) -> Notice:
    """The notice that AWS cannot be read.

    Args:
        kind: Of a preview, or of an update.
        why: What AWS answers, or that it does not answer.
        spared: What was not changed.
        fix: What to do; empty if `why` has it.
        last_applied: The services, each with the split of the last completed update.
    """
    fixes = [fix] if fix else []
    text = f"cannot read AWS; {spared}: {why}"
    return Notice(kind, ALL_SERVICES, UNREADABLE, text + _fixed([*fixes, *_back(last_applied)]))


def stopped(last_applied: Sequence[tuple[WantedService, Split]] = ()) -> Notice:
    """The notice that a person stopped an update while it still read AWS."""
    text = "stopped before anything was changed" + _fixed(_back(last_applied))
    return Notice(NoticeKind.REFUSED, ALL_SERVICES, UNREADABLE, text)


def _back(last_applied: Sequence[tuple[WantedService, Split]]) -> list[str]:
    """The commands that set the weights of the last update in the config again."""
    changed = [wanted.command_for(split) for wanted, split in last_applied if wanted.split != split]
    return [f"{command}   # as at the last update" for command in dict.fromkeys(map(str, changed))]


def _fixed(fixes: Sequence[str]) -> str:
    return "\n  fix: " + "\n  or: ".join(fixes) if fixes else ""


def lost_notice(
    kind: NoticeKind, stack: str, made: Made, services: Collection[str], *, is_protected: bool
) -> Notice:
    """The notice that a resource is not created again, with the command that imports it.

    AWS has it with this stack's tags, and it is missing in the stack's state.

    Args:
        kind: Of a preview, or of an update.
        stack: The stack's name.
        made: What was found.
        services: The names of the stack's services.
        is_protected: Whether the stack protects what traffic needs.
    """
    creation = made.creation
    noun = creation.type_token.rpartition(":")[2]
    protect = is_protected and creation.type_token not in _FREE_OF_PROTECTION
    command = import_command(stack, made, protect=protect)
    text = (
        f"AWS has it as {made.id}, and the stack's state has lost it, so this update would make a "
        f"second one, or fail\n  fix: {command}"
    )
    return Notice(
        kind, _service_of(creation.name, services), f"{noun} {creation.name} is new", text
    )


def _service_of(name: str, services: Collection[str]) -> str:
    for service in services:
        if name in (service, *(f"{service}-{slot}" for slot in Slot)):
            return service
    return ALL_SERVICES
