"""Merges what each source has of a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from live.cloudwatch import Alarm
from ops.status.config_reading import ConfigReading
from ops.status.document import (
    MainBranch,
    Ramping,
    ServiceStatus,
    SlotStatus,
    Source,
    Status,
    Unread,
)
from ops.status.live_reading import ListenerOrder, LiveReading
from ops.status.state_reading import StateReading
from rollout.conditions import Condition, Conditions, shown
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read; `None` where it could not be, and of AWS also before the first update."""

    live: LiveReading | None
    config: ConfigReading | None
    state: StateReading | None
    main: ConfigReading | None
    branch: MainBranch | None
    alarms: tuple[Alarm, ...] | None
    ramping: Ramping | None
    region: str | None
    is_local: bool = False
    """Whether git ignores the stack file."""
    notes: tuple[str, ...] = ()
    order: ListenerOrder = field(default_factory=ListenerOrder)


def joined(stack: str, at: datetime, read: Readings, unread: Sequence[Unread]) -> Status:
    """The status that the readings make."""
    weights = _weights(read)
    names = sorted({name for by_service in weights.values() for name in by_service})
    return Status(
        stack=stack,
        at=at,
        region=read.region,
        sources=frozenset(weights),
        services=tuple(_service(name, read) for name in names),
        alarms=read.alarms,
        ramping=read.ramping,
        main=read.branch if read.main is not None else None,
        notes=(*(read.config.notes if read.config is not None else ()), *read.notes),
        unread=(*unread, *(read.live.unread if read.live is not None else ())),
        is_deployed=bool(read.state is not None and read.state.outputs.get("services")),
        hidden=read.order.hidden,
        is_local=read.is_local,
    )


def _weights(read: Readings) -> dict[Source, dict[str, str]]:
    """Service -> weights of every source that could be read."""
    found: dict[Source, dict[str, str]] = {}
    if read.live is not None and (read.live.rules or not read.live.unread):
        found[Source.LIVE] = {name: rule.weights for name, rule in read.live.rules.items()}
    if read.config is not None:
        found[Source.CONFIG] = dict(read.config.weights)
    if read.state is not None:
        found[Source.STATE] = dict(read.state.weights)
    if read.main is not None:
        found[Source.MAIN] = dict(read.main.weights)
    return found


def _service(name: str, read: Readings) -> ServiceStatus:
    rule = read.live.rules.get(name) if read.live is not None else None
    conditions: dict[Source, Mapping[str, Conditions]] = {Source.LIVE: read.order.conditions}
    if read.state is not None:
        conditions[Source.STATE] = read.state.conditions
    return ServiceStatus(
        name=name,
        weights={
            source: weights[name] for source, weights in _weights(read).items() if name in weights
        },
        rule_arn=rule.arn if rule is not None else None,
        slots=tuple(_slot(name, slot, read) for slot in Slot),
        has_own_weights=read.config is not None and name in read.config.own,
        conditions={
            source: _text_of(found[name]) for source, found in conditions.items() if name in found
        },
    )


def _text_of(conditions: Conditions) -> str:
    """The same text for the same conditions: AWS and the state list them in no order."""
    listed = [_sorted(each) for each in conditions]
    return shown(sorted(listed, key=lambda each: (each.field, each.values)))


def _sorted(condition: Condition) -> Condition:
    """The condition with its values in order; the pairs of a query string stay pairs."""
    if not condition.keys:
        return replace(condition, values=tuple(sorted(condition.values)))
    pairs = sorted(zip(condition.keys, condition.values, strict=True))
    keys, values = zip(*pairs, strict=True)
    return replace(condition, keys=keys, values=values)


def _slot(service: str, slot: Slot, read: Readings) -> SlotStatus:
    key = (service, slot)
    live = read.live.slots.get(key) if read.live is not None else None
    images: dict[Source, str | None] = {
        Source.LIVE: live.fleet.revision.name
        if live is not None and live.fleet is not None and live.fleet.revision is not None
        else None,
        Source.CONFIG: read.config.images.get(key) if read.config is not None else None,
        Source.STATE: read.state.images.get(key) if read.state is not None else None,
        Source.MAIN: read.main.images.get(key) if read.main is not None else None,
    }
    return SlotStatus(
        slot=slot,
        live=live,
        builds=read.live.builds.get(key, ()) if read.live is not None else (),
        images={source: image for source, image in images.items() if image},
    )
