"""The live stack as the driver needs it: splits and counts, in its own errors."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fleets.registry import fleet_readers, kind_of
from live.address import ServiceAddress
from live.clients import Clients
from live.errors import TRANSIENT, LiveError
from live.provider_config import ProviderConfig
from live.reader import Reader
from live.session import ProviderSession
from ops.ramp.errors import AwsError, NotSureError, TransientAwsError
from ops.stack.hidden import read_hidden_services
from rollout import observation
from rollout.candidate import agreed, last_raised_in, released_last
from rollout.fleet import Revision
from rollout.hidden_rules import HiddenService
from rollout.split import Slot, Split
from rollout.way_back import LastRelease


@dataclass(frozen=True, slots=True)
class SlotReleases:
    """What the two slots of a service launch, and which of the builds is the newer one."""

    last: LastRelease | None
    """`None` where neither was released, or AWS does not show which."""
    has_times: bool
    """Whether AWS shows the time of both builds."""
    builds: Mapping[Slot, str]
    """In words, such as `ami-0abc since 2026-11-21 09:00:00 UTC`."""


class LiveStack:
    """The services of one stack, read from AWS."""

    def __init__(
        self,
        reader: Reader,
        clients: Clients,
        last_raised: Mapping[str, Slot | None] | None = None,
    ) -> None:
        self.reader = reader
        self._clients = clients
        self._last_raised = last_raised or {}

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule, in one request.

        Raises:
            AwsError: AWS cannot be read.
            NotSureError: a rule has invalid weights.
        """
        with _translated():
            rules = self.reader.read_rules()
        return {rule.service: _split(rule) for rule in rules}

    def services(self) -> Mapping[str, observation.LiveService]:
        """Rules, targets and groups of every service.

        Raises:
            AwsError: AWS cannot be read.
            NotSureError: a rule has invalid weights.
        """
        services = self._read()
        for service in services:
            _split(service.rule)
        return {service.name: service for service in services}

    def set_floors(self, floors: Mapping[str, Mapping[Slot, int | None]]) -> None:
        """Hold fleets that the stack only names at a floor; `None` gives back what one had.

        Raises:
            AwsError: AWS refuses, or does not answer.
        """
        live = {service.name: service for service in self._read()}
        with _translated():
            for service, each in floors.items():
                for slot, floor in each.items():
                    found = live[service].slots[slot]
                    if found.fleet is not None:
                        kind_of(found.kind.key).set_floor(self._clients, found.fleet, floor)

    def released_last(self, services: Sequence[str]) -> Slot | None:
        """The slot that was released last in `services`; None if they differ or it is unknown."""
        return agreed(self.released_last_of(services).values())

    def released_last_of(self, services: Sequence[str]) -> Mapping[str, Slot | None]:
        """The slot of each of `services` that was released last; None where that is not known.

        Raises:
            AwsError: AWS cannot be read.
        """
        return {each.name: released_last(each) for each in self._read() if each.name in services}

    def raised_last_of(self, services: Sequence[str]) -> Mapping[str, Slot | None]:
        """The slot of each of `services` that was raised last, as the stack's output keeps it."""
        return {service: self._last_raised.get(service) for service in services}

    def observed(self) -> Mapping[str, observation.LiveService]:
        """Every service as the guards see it.

        Raises:
            AwsError: AWS cannot be read.
        """
        return {service.name: service for service in self._read()}

    def releases(self) -> Mapping[str, SlotReleases]:
        """What runs in the slots of each service, and what was released last.

        Raises:
            AwsError: AWS cannot be read.
        """
        return {each.name: _releases(each) for each in self._read()}

    def _read(self) -> Sequence[observation.LiveService]:
        with _translated():
            return self.reader.read()


def session_of(aws_config: Mapping[str, str]) -> ProviderSession:
    """boto3 as the stack's provider is; `aws_config` has its config by bare names.

    Raises:
        AwsError: a config that cannot be followed here, or no such profile.
    """
    with _translated():
        return ProviderSession(ProviderConfig.of_stack(aws_config, os.environ))


def live_stack(services: Mapping[str, Any], session: ProviderSession) -> LiveStack:
    """The live side of what the stack's output `services` names.

    Raises:
        AwsError: no such profile, or no region.
    """
    with _translated():
        clients = Clients.of(session)
    last_raised = {name: last_raised_in(found) for name, found in services.items()}
    return LiveStack(
        Reader(clients, ServiceAddress.of_outputs(services), fleet_readers(clients)),
        clients,
        last_raised,
    )


def hidden_services_of(
    services: Mapping[str, Any], listener_arn: str, session: ProviderSession
) -> list[HiddenService]:
    """Which of what the stack's output `services` names gets no request.

    Raises:
        AwsError: AWS cannot be read.
    """
    with _translated():
        elb = session.client("elbv2")
        return read_hidden_services(elb, listener_arn, ServiceAddress.of_outputs(services))


def _split(rule: observation.LiveRule) -> Split:
    """The split of one rule.

    Raises:
        NotSureError: its weights are not a split of the two slots.
    """
    if rule.split is not None:
        return rule.split
    raise NotSureError(
        f"the live rule of {rule.service} is at {rule.weights}, which is not a split",
        expected=f"both slots' target groups and nothing else ({rule.arn})",
        fixes=["find out who changed it; `pulumi up` prints how to put it back"],
    )


def _releases(service: observation.LiveService) -> SlotReleases:
    found = {slot: _revision(service.slots[slot]) for slot in Slot}
    newer = released_last(service)
    revision = None if newer is None else found[newer]
    last = None if newer is None or revision is None else LastRelease(newer, revision.at)
    return SlotReleases(
        last,
        all(found.values()),
        {slot: _build(service.slots[slot], found[slot]) for slot in Slot},
    )


def _revision(slot: observation.LiveSlot) -> Revision | None:
    return None if slot.fleet is None else slot.fleet.revision


def _build(slot: observation.LiveSlot, revision: Revision | None) -> str:
    if revision is not None:
        return f"{revision.name} since {revision.at:%Y-%m-%d %H:%M:%S} UTC"
    if slot.fleet is None:
        return f"an unknown build: no {slot.kind.noun.partition(' ')[2]} of its own"
    if not slot.kind.has_templates:
        return f"an unknown build: {slot.kind.noun}"
    return f"a build of unknown time: {slot.fleet.pinned or slot.fleet.name}"


@contextmanager
def _translated() -> Generator[None]:
    """Raise errors of AWS or the network as the driver's own."""
    try:
        yield
    except TRANSIENT as error:
        raise TransientAwsError(str(error)) from error
    except LiveError as error:
        raise AwsError(str(error)) from error
