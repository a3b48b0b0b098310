"""The gates that a stack's config turns on, ready to be asked; and the traffic that they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from live.alarms import Alarms
from live.clients import Clients
from live.cloudwatch import CloudWatch
from live.metrics import Metrics
from live.reader import Reader
from live.session import ProviderSession
from ops.gates.alarms import AlarmsGate
from ops.gates.approval import ApprovalGate
from ops.gates.command import CommandGate
from ops.gates.gate import Gate
from ops.gates.metrics import MetricsGate
from ops.gates.probe import AnswerSource, ProbeGate
from ops.gates.smoke import Fetch, Site, SmokeGate
from ops.gates.stack import StackFacts
from ops.gates.targets import TargetsGate
from ops.traffic.answer import SlotStream
from ops.traffic.page import PageAnswer, fetched
from ops.traffic.plan import ConnectionRoute, TrafficPlan, place_of
from rollout.split import Slot
from settings.gates import Gates, ProbeLimits, SmokeLimits

SMOKE_TIMEOUT_SECONDS = 10.0

RATE_WITHOUT_PROBE = 20.0
"""Requests a second that prove that a split has arrived, where no gate asks for traffic."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a ramp keeps things, and how it reaches the stack."""

    project: Path
    """The folder that commands run in."""
    ramp: Path
    """The ramp's own folder: approvals, records."""
    way: ConnectionRoute
    stack_option: tuple[str, ...] = ()
    """What a command ends with to act on the stack."""


def ways_of(stack: StackFacts, way: ConnectionRoute) -> dict[str, ConnectionRoute]:
    """The ways of the services that are not reached by the common one."""
    return {
        service: replace(way, address=address, is_beside=True)
        for service, address in stack.connect_to.items()
    }


def traffic_plan(
    gates: Gates, stack: StackFacts, services: Sequence[str], places: Places
) -> TrafficPlan:
    """The traffic that a ramp of `services` sends, with or without the gate `probe`.

    Its records are in `probe/` of the ramp's folder.
    """
    probe = gates.probe
    return TrafficPlan(
        urls={name: stack.urls[name] for name in services},
        headers={SlotStream.of(slot): header for slot, header in stack.preview_headers.items()},
        rate_per_second=probe.rate_per_second if probe else RATE_WITHOUT_PROBE,
        folder=places.ramp / "probe",
        way=places.way,
        ways=ways_of(stack, places.way),
        slot_header=_slot_header(probe),
        timeout_seconds=probe.timeout_seconds if probe else 5,
    )


def opened_gates(
    gates: Gates,
    stack: StackFacts,
    session: ProviderSession,
    traffic: AnswerSource | None,
    places: Places,
    now: Callable[[], datetime],
) -> list[Gate]:
    """Every gate that the config turns on, in the order in which they are shown.

    `traffic` is what the gate `probe` judges; it is there where that gate is on.

    Raises:
        LiveError: no such profile, or no region.
    """
    found: list[Gate] = []
    if gates.targets is not None:
        found.append(TargetsGate(Reader(Clients.of(session), stack.addresses).read, now))
    if gates.probe is not None:
        assert traffic is not None, "the gate probe judges traffic"
        found.append(ProbeGate(gates.probe, traffic, now))
    if gates.smoke is not None:
        found.append(smoke_gate(gates.smoke, stack, places.way, now))
    if gates.metrics is not None or gates.alarms is not None:
        found += _cloudwatch_gates(gates, stack, session.client("cloudwatch"), now)
    if gates.command is not None:
        found.append(CommandGate(gates.command, places.project, now))
    if gates.approval is not None:
        found.append(ApprovalGate(places.ramp, places.stack_option))
    return found


def smoke_gate(
    limits: SmokeLimits, stack: StackFacts, way: ConnectionRoute, now: Callable[[], datetime]
) -> SmokeGate:
    """The gate `smoke` of a stack."""
    sites = [Site(name, url, stack.images[name]) for name, url in sorted(stack.urls.items())]
    return SmokeGate(limits, sites, _fetch(stack, way), now)


def _cloudwatch_gates(
    gates: Gates, stack: StackFacts, cloudwatch: CloudWatch, now: Callable[[], datetime]
) -> list[Gate]:
    found: list[Gate] = []
    if gates.metrics is not None:
        percentile = gates.metrics.latency_percentile
        metrics = Metrics(cloudwatch, stack.listener_arn, stack.addresses, percentile)
        found.append(MetricsGate(gates.metrics, metrics.read, now))
    if gates.alarms is not None:
        alarms = Alarms(cloudwatch, stack.listener_arn, stack.addresses)
        found.append(AlarmsGate(alarms.read, now))
    return found


def _fetch(stack: StackFacts, way: ConnectionRoute) -> Fetch:
    ways = {place_of(stack.urls[name]): own for name, own in ways_of(stack, way).items()}

    def fetch(url: str, slot: Slot) -> PageAnswer:
        name, _, value = stack.preview_headers[slot].partition(":")
        to = ways.get(place_of(url), way)
        return fetched(url, to, {name.strip(): value.strip()}, SMOKE_TIMEOUT_SECONDS)

    return fetch


def _slot_header(probe: ProbeLimits | None) -> str:
    # The prober wants a name; an empty one stands for a header that no answer has.
    return (probe.slot_header if probe else "x-slot") or "x-no-slot-header"
