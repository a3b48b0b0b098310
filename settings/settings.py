"""The whole config of a stack, read once, with every problem in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from rollout.command import Command, Shell, config_remove
from rollout.errors import SettingsError
from rollout.split import Slot, Split
from settings.alarms import AlarmSettings
from settings.declaration import command
from settings.declaration.key import (
    ConfigMap,
    Key,
    KeyGroup,
    KeysBeside,
    key,
    optional,
    required,
)
from settings.declaration.kind import Flag, SecretText, Text
from settings.declaration.landing import ANY_NAME, ANY_RESOURCE, Landing
from settings.declaration.raw import decoded
from settings.declaration.section import ConfigProblems, Section
from settings.gates.probe import ProbeLimits
from settings.gates.smoke import SmokeLimits
from settings.gates.targets import TargetsLimits
from settings.load_balancer import (
    ExistingLoadBalancer,
    NewLoadBalancer,
    found_load_balancer,
    is_existing,
    read_load_balancer,
)
from settings.login import PreviewSettings
from settings.lookup import Lookups
from settings.names import OWN_TAGS, Names, TagMap, read_names
from settings.network import (
    ExistingNetwork,
    NewNetwork,
    read_network,
    reject_without_subnets,
    reject_wrong_subnets,
)
from settings.ramp import Freeze, RampSettings
from settings.service import ServiceSettings
from settings.services import ServiceMaps, found_services, read_services, service_sections
from settings.surroundings import Surroundings
from settings.target_group import TARGET_GROUP, ExistingTargetGroup
from settings.target_group_settings import HTTP1
from settings.weights import UNKNOWN_WEIGHTS, SlotName, Weights

_NEW_TOKEN = str(
    Command.of(
        "pulumi", "config", "set", "--secret", "previewToken", Shell('"$(openssl rand -hex 16)"')
    )
)


@dataclass(frozen=True, kw_only=True)
class Settings(ConfigMap):
    """The config of one stack, valid as a whole."""

    weights: Key[Split] = required(
        Split(75, 25),
        Weights(),
        "The split of every service, slot 01 first. A stage changes only this value.",
        offer=UNKNOWN_WEIGHTS,
    )
    candidate: Key[Slot | None] = optional(
        Slot.SECOND,
        SlotName(),
        "The slot that a ramp raises. Default: the slot that was released last.",
    )
    override: Key[str | None] = optional(
        "both slots are down, 02 is the less bad one",
        Text(
            r"[^ \t\r\n\f\v]([^\r\n]{0,298}[^ \t\r\n\f\v])?",
            "a reason in words, on one line of at most 300 characters",
        ),
        "The reason for an update that a guard would refuse. The guards let one kind of refusal "
        f"through, and every preview shows the reason until `{config_remove('override')}`.",
    )
    names: KeysBeside[Names] = KeysBeside(Names)
    service_maps: ClassVar[KeysBeside[ServiceMaps]] = KeysBeside(ServiceMaps)
    services: tuple[ServiceSettings, ...]
    """In the order of their names."""
    network: KeyGroup[NewNetwork | ExistingNetwork] = KeyGroup(
        "An existing VPC by id, or a new one, with public subnets (a route to the "
        "internet) for the load balancer and private subnets for the instances. The "
        "new VPC has no NAT gateway, which costs by the hour: instances start from "
        "complete images and have no access to the internet. If they need access, use "
        "an existing VPC that provides it.",
        NewNetwork,
        ExistingNetwork,
    )
    load_balancer: KeyGroup[NewLoadBalancer | ExistingLoadBalancer] = KeyGroup(
        "An existing load balancer by ARN, or a new one.",
        NewLoadBalancer,
        ExistingLoadBalancer,
    )
    ramp: KeyGroup[RampSettings] = KeyGroup(
        "The stages of a cutover, their waits and their gates.", RampSettings
    )
    freeze: KeyGroup[Freeze | None] = KeyGroup(
        "A time in which no ramp may start. `pulumi up` and rollbacks still work.",
        Freeze,
        is_optional=True,
    )
    preview_token: Key[str] = field(
        default=required(
            "0123456789abcdef0123456789abcdef",
            SecretText(r"[A-Za-z0-9_-]{16,96}", "a secret of 16 to 96 letters, digits, - and _"),
            "The secret of the preview header, which reaches a slot at any weight: "
            "`x-failover-slot: SLOT-TOKEN`. Always a secret of the stack.",
            fix=_NEW_TOKEN,
        ),
        repr=False,
    )
    preview: KeyGroup[PreviewSettings] = KeyGroup(
        "The preview rules, which reach a slot at any weight.", PreviewSettings
    )
    protection: Key[bool] = key(
        False,
        Flag(),
        "Whether the engine refuses to delete, replace or destroy what traffic needs. "
        "AWS also refuses to delete the load balancer, and the access logs are kept.",
        example=True,
    )
    access_logs: Key[bool] = key(
        False,
        Flag(),
        "Whether the new load balancer writes access logs to its own bucket. Costs.",
        example=True,
    )
    alarms: KeyGroup[AlarmSettings | None] = KeyGroup(
        "Two CloudWatch alarms per slot: 5xx and unhealthy hosts. Without this key "
        "there are none. They cost.",
        AlarmSettings,
        is_optional=True,
    )
    dashboard: Key[bool] = key(
        False,
        Flag(),
        "Whether every service has a CloudWatch dashboard that shows both slots. Costs.",
        example=True,
    )
    tags: Key[Mapping[str, str]] = key(
        {},
        TagMap(),
        f"Tags of every resource, in addition to {', '.join(OWN_TAGS)}.",
        example={"CostCenter": "web"},
        lands=Landing(ANY_RESOURCE, "tags.*", "every resource", name=ANY_NAME),
    )
    region: str

    @classmethod
    def parse(cls, raw: Mapping[str, str], surroundings: Surroundings) -> Settings:
        """Read the config of a stack, and what it names in AWS.

        `raw` has every key with its namespace, and maps as JSON, as `PULUMI_CONFIG` has.
        AWS is asked through `surroundings.lookups` only, and not at all where the stack and the
        endpoint do not belong together.

        Raises:
            SettingsError: one or more problems; all of them are in it.
        """
        problems = ConfigProblems(surroundings.secret_keys | {PREVIEW_TOKEN_PATH})
        lookups = surroundings.right_lookups(problems)
        surroundings.reject_incomplete_provider(problems)
        settings = _read(top_section(raw, problems), problems, surroundings, lookups)
        if problems.found:
            raise SettingsError(problems.found)
        return settings


TOP: KeyGroup[Settings] = KeyGroup("The config of a stack.", Settings)
PREVIEW_TOKEN_PATH = f"{command.NAMESPACE}:{Settings.preview_token.name}"


def top_section(raw: Mapping[str, str], problems: ConfigProblems) -> Section:
    """The keys of our namespace in `raw`, which has them as `PULUMI_CONFIG` has."""
    return Section(decoded(raw, TOP), f"{command.NAMESPACE}:", TOP, problems)


def _read(
    top: Section, problems: ConfigProblems, surroundings: Surroundings, lookups: Lookups | None
) -> Settings:
    region = surroundings.region
    names = read_names(top, top.section(ServiceMaps.services).names())
    network_section = top.section(Settings.network)
    balancer_section = top.section(Settings.load_balancer)
    network = read_network(network_section, region, has_load_balancer=is_existing(balancer_section))
    load_balancer = read_load_balancer(balancer_section, region)
    weights = top.read(Settings.weights)
    settings = Settings.read(
        top,
        weights=weights,
        names=names,
        region=region,
        network=network,
        load_balancer=load_balancer,
        services=read_services(top, names, weights, problems, lookups),
    )
    _reject_plain_token(top, surroundings.secret_keys)
    if isinstance(load_balancer, ExistingLoadBalancer) and settings.access_logs:
        top.reject_idle("an existing load balancer", Settings.access_logs)
    if any(slot.kind.is_made(slot.fleet) for each in settings.services for slot in each.slots):
        reject_without_subnets(network, network_section)
    _reject_new_network(settings, top)
    _reject_deaf_gates(settings, top)
    return settings if lookups is None else _found(settings, top, lookups)


def _reject_plain_token(top: Section, secret_keys: frozenset[str]) -> None:
    """Record a token that stands in the stack file for all to read."""
    token = Settings.preview_token
    if top.has(token) and top.is_sound(token) and PREVIEW_TOKEN_PATH not in secret_keys:
        top.reject(token, "a secret: this one stands in the stack file as plain text")


def _found(settings: Settings, top: Section, lookups: Lookups) -> Settings:
    """`settings` with the facts from AWS of everything in them that exists."""
    network, load_balancer = settings.network, settings.load_balancer
    if not isinstance(network, ExistingNetwork):
        return settings
    reject_wrong_subnets(network, top.section(Settings.network), lookups)
    if isinstance(load_balancer, ExistingLoadBalancer):
        load_balancer = found_load_balancer(
            load_balancer, top.section(Settings.load_balancer), network.vpc_id, lookups
        )
    services = found_services(settings.services, top, settings.names, network.vpc_id, lookups)
    return replace(settings, load_balancer=load_balancer, services=services)


def _reject_deaf_gates(settings: Settings, top: Section) -> None:
    """Record the gates whose requests no target of a service could take: they are HTTP/1.1.

    Source: ELB user guide, "Target groups", protocol version, and "HTTP 464".
    """
    ramp = top.section(Settings.ramp)
    services = [each for each in settings.services if each.target_group.version != HTTP1]
    if not services or not ramp.is_sound(RampSettings.gates):
        return
    gates = ramp.section(RampSettings.gates)
    asking = [
        kind for kind in (ProbeLimits, SmokeLimits) if settings.ramp.gates.of(kind) is not None
    ]
    if not asking or not gates.is_sound(*(kind.member() for kind in asking)):
        return
    fix = Command(()).then(
        *(
            command.removing(command.joined(gates.path, kind.name))
            for kind in asking
            if gates.names_member(kind.member())
        ),
        command.setting(command.joined(gates.path, TargetsLimits.name), value=True),
    )
    ramp.reject(
        RampSettings.gates,
        f"gates without {' and '.join(kind.name for kind in asking)}, whose requests are HTTP/1.1: "
        f"services.{services[0].name}.targetGroup.protocolVersion is "
        f"{services[0].target_group.version}, and AWS answers them with 464. A probe of HTTP2 or "
        "GRPC is not supported",
        fix,
    )


def _reject_new_network(settings: Settings, top: Section) -> None:
    """Record existing resources that cannot be in a VPC that is yet to be created."""
    if not isinstance(settings.network, NewNetwork):
        return
    if isinstance(settings.load_balancer, ExistingLoadBalancer):
        top.section(Settings.network).reject(
            NewNetwork.create, "the VPC of the existing load balancer, by vpcId"
        )
    for service in settings.services:
        for slot in service.slots:
            sections = service_sections(top, service.name)
            slot.kind.check_network(
                slot.fleet, sections.slot(service.name, slot.slot, settings.names, None), None
            )
            if isinstance(slot.target_group, ExistingTargetGroup):
                section = sections.own_slot(slot.slot)
                section.section(TARGET_GROUP).reject(
                    ExistingTargetGroup.name_or_arn,
                    "a target group of ours, since network.create is true",
                )
