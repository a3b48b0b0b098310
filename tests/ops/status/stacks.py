"""Statuses to test with."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from live.cloudwatch import Alarm
from ops.status.document import (
    MainBranch,
    Ramping,
    RunningBuild,
    ServiceStatus,
    SlotStatus,
    Source,
    Status,
    Unread,
)
from rollout.fleet import FleetMember, Template
from rollout.lease import Lease, LeaseHolder, LeaseState
from rollout.observation import (
    LiveSlot,
    Target,
)
from rollout.split import Slot
from tests.fleets.made import group_of, revision

NOW = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.UTC)
OLD, NEW = "ami-0fa11000000000001", "ami-0fa11000000000002"
NOW_PINNED, BEFORE = Template("lt-1", "5"), Template("lt-1", "4")


def live_slot(states: Mapping[str, int]) -> LiveSlot:
    """A slot with targets in these states, whose last instance is of an older version."""
    states_of = [state for state, count in states.items() for _ in range(count)]
    templates = [NOW_PINNED] * (len(states_of) - 1) + [BEFORE]
    fleet = group_of(
        "web-01-asg",
        len(states_of),
        2,
        12,
        NOW_PINNED,
        revision(NEW, NOW),
        tuple(
            FleetMember(f"i-{number}", "InService", template)
            for number, template in enumerate(templates)
        ),
    )
    targets = tuple(Target(f"i-{number}", state) for number, state in enumerate(states_of))
    return LiveSlot("arn:tg/web-01/1", targets, fleet.kind, fleet)


def slot(name: Slot, images: Mapping[Source, str] | None = None) -> SlotStatus:
    return SlotStatus(
        slot=name,
        live=live_slot({"unhealthy": 1, "healthy": 2}),
        builds=(RunningBuild(NOW_PINNED, NEW, 2), RunningBuild(BEFORE, OLD, 1)),
        images=images or {Source.LIVE: NEW},
    )


def service(name: str, weights: Mapping[Source, str], *, own: bool = False) -> ServiceStatus:
    return ServiceStatus(name, weights, f"arn:rule/{name}", tuple(map(slot, Slot)), own)


def weights(live: str, config: str, state: str, main: str) -> dict[Source, str]:
    return dict(zip(Source, (live, config, state, main), strict=True))


def status(
    *services: ServiceStatus, lease_state: LeaseState | None = None, unread: str = ""
) -> Status:
    hand = LeaseHolder("minho", "laptop", 7)
    lease = Lease(hand, ("portal", "web"), "stage 2/5, 02 at 25", NOW)
    missing = {Source(unread)} if unread in set(Source) else set[Source]()
    return Status(
        stack="acme/failover/prod",
        at=NOW,
        region="us-east-1",
        sources=frozenset(Source) - missing,
        services=services,
        alarms=(Alarm("web-02-5xx", "ALARM", "over 50", NOW, "web", Slot.SECOND),),
        ramping=None if lease_state is None else Ramping(lease, lease_state),
        main=MainBranch("origin/main", "d69c399"),
        notes=("override is set: tried by hand",),
        unread=(Unread(unread, "AWS cannot be reached"),) if unread else (),
        is_deployed=True,
    )
