"""A status for a person at a terminal: one screen of 80 columns, drawn once or until Ctrl-C."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from live.cloudwatch import ALARM, Alarm
from ops.status.difference import Difference, FixCommand, agrees, to_the_front
from ops.status.document import Ramping, RunningBuild, ServiceStatus, SlotStatus, Source, Status
from ops.words import joined_words
from rollout.lease import LeaseState

_STATES = {"healthy": "green", "unhealthy": "bold red", "unavailable": "red"}


def shown(
    status: Status,
    found: Sequence[Difference],
    named_stack: str | None = None,
    *,
    folds: bool = True,
) -> RenderableType:
    """The whole screen: who agrees, what runs, what is wrong, who ramps.

    Args:
        status: How the stack stands.
        found: What differs in it.
        named_stack: What the commands are to name; `None` where the selected stack is meant.
        folds: Whether a long command is broken into lines; else it stays one, to be copied.
    """
    parts: list[RenderableType] = [_title(status), _verdict(status, found)]
    if status.services:
        parts += [Text(), _weights(status)]
    if any(slot.live is not None for service in status.services for slot in service.slots):
        parts += [Text(), _slots(status), *_old_builds(status)]
    parts.append(Text())
    # Whole on its line: a note may end in a command, which is copied. They come first: what an
    # update that was killed left has to be fixed before the commands below can do anything.
    parts += [Text(note, style="yellow", no_wrap=True, overflow="ignore") for note in status.notes]
    parts += _hidden(status, named_stack, folds=folds)
    parts += _differing(found, folds=folds)
    parts += [Text(line) for line in _alarms(status.alarms)]
    parts.append(Text(_ramping(status)))
    parts += _unread(status, folds=folds)
    return Group(*parts)


def _title(status: Status) -> Text:
    region = f"  {status.region}" if status.region else ""
    return Text.assemble((status.stack, "bold"), f"{region}  {status.at:%Y-%m-%d %H:%M:%S} UTC")


def _verdict(status: Status, found: Sequence[Difference]) -> Text:
    unread = _missing(status)
    if found:
        differing = f"differs: {', '.join(each.subject for each in found)}"
        return Text(
            "; ".join(filter(None, (differing, _hidden_services(status), unread))), "bold red"
        )
    if status.hidden:
        also = unread or f"{_sources(status)} agree"
        return Text(f"{_hidden_services(status)}; {also}", style="bold red")
    if unread:
        return Text(f"{unread}; {_what_is_left(status)}", style="yellow")
    if not status.services:
        return Text("no service is known of this stack", style="yellow")
    return Text(f"{_sources(status)} agree", style="green")


def _weights(status: Status) -> Table:
    table = _table("weights", *status.compared)
    for service in status.services:
        table.add_row(
            service.name,
            *(_weight(service, source, status) for source in status.compared),
            "" if agrees(service, status.sources) else Text("differs", style="bold red"),
        )
    return table


def _weight(service: ServiceStatus, source: Source, status: Status) -> Text:
    if source not in status.sources:
        return Text("?", style="dim")
    weights = service.weights.get(source)
    if weights is None:
        return Text("not there", style="yellow")
    is_odd = weights != service.weights.get(Source.LIVE, weights)
    return Text(weights, style="bold red" if is_odd else "")


def _slots(status: Status) -> Table:
    table = _table("slot", "targets", "in service", "version", "image")
    for service in status.services:
        for slot in service.slots:
            table.add_row(
                f"{service.name}-{slot.slot}",
                _targets(slot),
                _capacity(slot),
                _pinned(slot),
                slot.images.get(Source.LIVE, "?"),
            )
    return table


def _old_builds(status: Status) -> Iterator[Text]:
    for service in status.services:
        for slot in service.slots:
            for build in _builds_left(slot):
                yield Text(f"{service.name}-{slot.slot}: {build}", style="yellow")


def _targets(slot: SlotStatus) -> Text:
    text = Text()
    for state, count in slot.targets.items():
        text.append(", " if text else "").append(f"{count} {state}", style=_STATES.get(state, ""))
    return text if text else Text("no target" if slot.live is not None else "?", style="yellow")


def _hidden(status: Status, named_stack: str | None, *, folds: bool) -> Iterator[RenderableType]:
    for each in status.hidden:
        yield Text.assemble((each.service, "bold"), f": {each.why}")
        fixes = to_the_front(each, named_stack)
        yield from (command_line(fix, folds=folds) for fix in fixes)
        yield Text(f"  {'or ' if fixes else ''}{each.otherwise}")


def _unread(status: Status, *, folds: bool) -> Iterator[RenderableType]:
    """Each reason once, with everything that could not be read because of it."""
    by_reason: dict[str, list[str]] = {}
    for each in status.unread:
        by_reason.setdefault(each.why, []).append(each.what)
    for why, what in by_reason.items():
        missing = joined_words(list(dict.fromkeys(what)))
        yield _whole(Text.assemble((f"{missing}: not read: ", "bold red"), why), folds=folds)


def _differing(found: Sequence[Difference], *, folds: bool) -> Iterator[RenderableType]:
    for each in found:
        values = ", ".join(f"{source} {value}" for source, value in each.values.items())
        yield Text.assemble((each.subject, "bold"), f": {each.what} ({values})")
        yield from (command_line(fix, folds=folds) for fix in each.fixes)


def command_line(fix: FixCommand, *, folds: bool) -> Text:
    """A command with what it leads to; whole on one line unless it `folds`."""
    return _whole(Text.assemble((f"  {fix.to}: ", "dim"), str(fix.command)), folds=folds)


def _whole(text: Text, *, folds: bool) -> Text:
    """Text that may have a command; not broken into lines unless it `folds`."""
    if not folds:
        text.no_wrap, text.overflow = True, "ignore"
    return text


def _alarms(alarms: Sequence[Alarm] | None) -> Iterator[str]:
    if alarms is None:
        return
    firing = [each for each in alarms if each.state == ALARM]
    for each in firing:
        yield f"ALARM {each.name} since {each.since:%H:%M:%S}: {each.reason}"
    counted = Counter(alarm.state for alarm in alarms)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    yield f"alarms: {counts or 'the stack has none'}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column in {"slot", "weights", "image"}, overflow="fold")
    return table


def watch(draw: Callable[[], RenderableType], wait: Callable[[], object], console: Console) -> None:
    """Draw on a screen of its own and leave the last one behind.

    Each drawing replaces the one before in one write, so nothing flickers.

    Args:
        draw: Reads, and gives what to show.
        wait: Returns when it is time to draw again.
        console: A terminal.
    """
    newest = draw()
    try:
        with Live(newest, console=console, screen=True, auto_refresh=False) as live:
            while True:
                wait()
                newest = draw()
                live.update(newest, refresh=True)
    except KeyboardInterrupt:
        console.print(newest, highlight=False)


def _sources(status: Status) -> str:
    """`live, config, state and main`: what was read."""
    return joined_words(
        [str(source) for source in Source if source in status.sources] or ["nothing"]
    )


def _missing(status: Status) -> str:
    """`config and live could not be read`; empty where everything was."""
    return f"{joined_words(status.missing)} could not be read" if status.missing else ""


def _hidden_services(status: Status) -> str:
    """`portal gets no request`; empty where every service gets its own."""
    names = [each.service for each in status.hidden]
    return f"{joined_words(names)} get{'' if names[1:] else 's'} no request" if names else ""


def _what_is_left(status: Status) -> str:
    """What is to be made of the sources that were read, where not everything was."""
    if not status.sources:
        return "nothing is known of this stack"
    if len(status.sources) == 1:
        return f"only {_sources(status)} is shown"
    return f"{_sources(status)} match"


def _capacity(slot: SlotStatus) -> str:
    """`3 of 3 (2-12)`: members in service, those that its fleet wants, the least and the most."""
    fleet = slot.live.fleet if slot.live is not None else None
    if fleet is None:
        return "?"
    wanted = f"{len(fleet.in_service)} of {fleet.desired}"
    return wanted if fleet.most is None else f"{wanted} ({fleet.least}-{fleet.most})"


def _pinned(slot: SlotStatus) -> str:
    """The number of the template version that is launched, or the launch configuration's name."""
    fleet = slot.live.fleet if slot.live is not None else None
    if fleet is not None and not fleet.kind.has_templates:
        return fleet.kind.key
    if fleet is None or fleet.pinned is None:
        return "?"
    return fleet.pinned.version or fleet.pinned.source


def _builds_left(slot: SlotStatus) -> tuple[str, ...]:
    """What is in service and is not what the fleet launches now; one line each."""
    fleet = slot.live.fleet if slot.live is not None else None
    pinned_now = fleet.pinned if fleet is not None else None
    return tuple(
        f"{build.count} in service of {_of(build)} {build.image_id}".rstrip()
        for build in slot.builds
        if build.template != pinned_now
    )


def _ramping(status: Status) -> str:
    """Who ramps, and what that means."""
    found = status.ramping
    if found is None:
        is_unknown = any(unread.what == "who ramps" for unread in status.unread)
        return "it is not known whether a ramp is running" if is_unknown else "no ramp is running"
    return f"{_group(found)}: {_who(found)}"


def _who(found: Ramping) -> str:
    lease, holder = found.lease, found.lease.holder
    until = f"{lease.until:%H:%M:%S} UTC"
    if found.lease_state is LeaseState.DEAD:
        return (
            f"the ramp of {holder} stopped, its last step was: {lease.activity}; "
            "`failover ramp` resumes it, `failover rollback` undoes it"
        )
    if found.lease_state is LeaseState.EXPIRED:
        return f"{holder} was at {lease.activity} until {until}; it has reported nothing since"
    return f"{holder} ramps: {lease.activity}, until {until}"


def _group(found: Ramping) -> str:
    return "+".join(found.lease.services)


def _of(build: RunningBuild) -> str:
    return str(build.template) if build.template is not None else "a template that is gone"
