"""What is live in AWS: rules, targets, groups, builds in service, alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fleets.auto_scaling_group.revisions import Revisions
from fleets.registry import fleet_readers
from live.address import ServiceAddress
from live.clients import Clients
from live.cloudwatch import Alarm, Alarms
from live.errors import LiveError, RuleGoneError
from live.provider_config import ProviderConfig
from live.reader import Reader
from live.rules import read_listener, read_rules
from live.session import ProviderSession
from ops.stack.hidden import hidden_among
from ops.status.document import RunningBuild, Unread, UnreadError
from rollout.conditions import Conditions
from rollout.fleet import Fleet, Template
from rollout.hidden_rules import HiddenService
from rollout.observation import LiveRule, LiveSlot
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class LiveReading:
    """The services as far as they could be read."""

    rules: Mapping[str, LiveRule] = field(default_factory=dict[str, LiveRule])
    slots: Mapping[tuple[str, Slot], LiveSlot] = field(
        default_factory=dict[tuple[str, Slot], LiveSlot]
    )
    builds: Mapping[tuple[str, Slot], tuple[RunningBuild, ...]] = field(
        default_factory=dict[tuple[str, Slot], tuple[RunningBuild, ...]]
    )
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class ListenerOrder:
    """What the rules of the listener mean for the services."""

    hidden: tuple[HiddenService, ...] = ()
    conditions: Mapping[str, Conditions] = field(default_factory=dict[str, Conditions])
    """Of the rule of each service."""


class LiveReader:
    """Reads the services that a stack's outputs name, in its account and region."""

    def __init__(self, session: ProviderSession, outputs: Mapping[str, Any]) -> None:
        """Be ready; nothing is read yet.

        Raises:
            LiveError: no region.
        """
        self.region = session.region
        self._services = ServiceAddress.of_outputs(outputs["services"])
        self._clients = Clients.of(session)
        self._reader = Reader(self._clients, self._services, fleet_readers(self._clients))
        self._revisions = Revisions(self._clients.compute, self._clients.scaling)
        self._listener: str | None = outputs.get("listenerArn")
        self._alarms = (
            Alarms(session.client("cloudwatch"), self._listener, self._services)
            if self._listener
            else None
        )

    def read(self) -> LiveReading:
        """Everything but the alarms; what cannot be read is in `unread`."""
        try:
            found = self._reader.read()
            slots = {(s.name, slot): live for s in found for slot, live in s.slots.items()}
            return LiveReading(
                {service.name: service.rule for service in found},
                slots,
                {key: self._builds(live.fleet) for key, live in slots.items()},
            )
        except RuleGoneError as error:
            return self._of_rules_left(error)
        except LiveError as error:
            return self._of_rules_alone(error)

    def alarms(self) -> Sequence[Alarm]:
        """The alarms of the slots and of the load balancer.

        Raises:
            LiveError: AWS could not be read.
            UnreadError: the load balancer is not known.
        """
        if self._alarms is None:
            raise UnreadError("the load balancer is known from the stack's state only")
        return self._alarms.read()

    def order(self) -> ListenerOrder:
        """Which services get no request because of another rule, and which requests a rule takes.

        Raises:
            LiveError: AWS could not be read.
            UnreadError: the listener is not known.
        """
        if self._listener is None:
            raise UnreadError("the listener is known from the stack's state only")
        rules = read_listener(self._clients.balancing, self._listener)
        found = {rule.arn: rule.conditions for rule in rules}
        return ListenerOrder(
            tuple(hidden_among(rules, self._services)),
            {s.service: found[s.rule_arn] for s in self._services if s.rule_arn in found},
        )

    def _of_rules_alone(self, error: LiveError) -> LiveReading:
        """The weights, where only something else could not be read, as without a permission."""
        unread = Unread("targets and instances", str(error))
        try:
            rules = self._reader.read_rules()
        except RuleGoneError as gone:
            left = self._of_rules_left(gone)
            return replace(left, unread=(*left.unread, unread))
        except LiveError:
            return LiveReading(unread=(Unread("live", str(error)),))
        return LiveReading({rule.service: rule for rule in rules}, unread=(unread,))

    def _of_rules_left(self, gone: RuleGoneError) -> LiveReading:
        """The weights of the rules that are still there."""
        found: dict[str, LiveRule] = {}
        unread = [Unread("live", str(gone))]
        for service in self._services:
            try:
                (found[service.service],) = read_rules(self._clients.balancing, [service])
            except RuleGoneError:
                continue  # `gone` reports it
            except LiveError as error:
                unread.append(Unread("live", str(error)))
                break
        return LiveReading(found, unread=tuple(unread))

    def _builds(self, fleet: Fleet | None) -> tuple[RunningBuild, ...]:
        """What is in service by template; templates that are no longer pinned are read once."""
        if fleet is None or not fleet.kind.has_templates:
            return ()
        return running_builds(fleet, self._image_of)

    def _image_of(self, template: Template) -> str:
        """The image of any version, empty where that version is gone."""
        specification: dict[str, Any] = {"LaunchConfigurationName": template.source}
        if template.version:
            found = {"LaunchTemplateId": template.source, "Version": template.version}
            specification = {"LaunchTemplate": found}
        _, revision = self._revisions.pinned(specification)
        return revision.name if revision is not None else ""


def running_builds(fleet: Fleet, image_of: Callable[[Template], str]) -> tuple[RunningBuild, ...]:
    """What is in service, the most instances first; `image_of` gives images of old templates."""
    counted = Counter(member.template for member in fleet.in_service)
    return tuple(
        RunningBuild(template, _image(fleet, template, image_of), count)
        for template, count in sorted(counted.items(), key=lambda each: (-each[1], str(each[0])))
    )


def _image(fleet: Fleet, template: Template | None, image_of: Callable[[Template], str]) -> str:
    if template is None:
        return ""
    if template == fleet.pinned and fleet.revision is not None:
        return fleet.revision.name
    return image_of(template)


def opened(
    aws_config: Mapping[str, str], environ: Mapping[str, str], outputs: Mapping[str, Any]
) -> LiveReader:
    """The reader of a stack, acting as its provider does.

    Raises:
        LiveError: a config that cannot be followed here, no such profile, or no region.
    """
    return LiveReader(ProviderSession(ProviderConfig.of_stack(aws_config, environ)), outputs)
