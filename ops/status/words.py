"""The sentences of a status, the same wherever it is shown."""

from __future__ import annotations

from ops.status.document import Ramping, RunningBuild, SlotStatus, Source, Status
from ops.words import joined_words
from rollout.lease import LeaseState


def sources(status: Status) -> str:
    """`live, config, state and main`: what was read."""
    return joined_words(
        [str(source) for source in Source if source in status.sources] or ["nothing"]
    )


def unread(status: Status) -> str:
    """`config and live could not be read`; empty where everything was."""
    return f"{joined_words(status.missing)} could not be read" if status.missing else ""


def hidden(status: Status) -> str:
    """`portal gets no request`; empty where every service gets its own."""
    names = [each.service for each in status.hidden]
    return f"{joined_words(names)} get{'' if names[1:] else 's'} no request" if names else ""


def what_is_left(status: Status) -> str:
    """What is to be made of the sources that were read, where not everything was."""
    if not status.sources:
        return "nothing is known of this stack"
    if len(status.sources) == 1:
        return f"only {sources(status)} is shown"
    return f"{sources(status)} match"


def capacity(slot: SlotStatus) -> str:
    """`3 of 3 (2-12)`: instances in service, those that its group wants, its min and its max."""
    group = slot.live.group if slot.live is not None else None
    if group is None:
        return "?"
    wanted = f"{len(group.in_service)} of {group.desired}"
    return f"{wanted} ({group.min_size}-{group.max_size})"


def pinned(slot: SlotStatus) -> str:
    """The number of the template version that is launched, or the launch configuration's name."""
    group = slot.live.group if slot.live is not None else None
    if group is None or group.pinned is None:
        return "?"
    return group.pinned.version or group.pinned.source


def old_builds(slot: SlotStatus) -> tuple[str, ...]:
    """What is in service and is not what the group launches now; one line each."""
    group = slot.live.group if slot.live is not None else None
    pinned_now = group.pinned if group is not None else None
    return tuple(
        f"{build.count} in service of {_of(build)} {build.image_id}".rstrip()
        for build in slot.builds
        if build.template != pinned_now
    )


def ramping(status: Status) -> str:
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
