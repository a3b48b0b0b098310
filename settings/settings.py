"""The whole config of a stack, read once, with every problem in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rollout.errors import SettingsError
from rollout.split import Slot
from settings.alarms import ALARMS, AlarmSettings, read_alarms
from settings.candidate import CANDIDATE
from settings.declaration import command
from settings.declaration.problems import ConfigProblems
from settings.declaration.raw import decoded
from settings.declaration.section import Section
from settings.freeze import FREEZE, Freeze, read_freeze
from settings.load_balancer import (
    LOAD_BALANCER,
    ExistingLoadBalancer,
    NewLoadBalancer,
    found_load_balancer,
    is_existing,
    read_load_balancer,
)
from settings.lookup import Lookups
from settings.names import Names, read_names
from settings.network import (
    CREATE,
    NETWORK,
    ExistingNetwork,
    NewNetwork,
    read_network,
    reject_wrong_subnets,
)
from settings.override import OVERRIDE
from settings.preview_token import PREVIEW_TOKEN_PATH, read_preview_token
from settings.ramp import RAMP, RampSettings, read_ramp
from settings.schema import ACCESS_LOGS, DASHBOARD, PROTECTION, TOP, WEIGHTS
from settings.service import SERVICES, ServiceSettings
from settings.services import found_services, read_services, service_sections
from settings.slot import EXISTING_TARGET_GROUP, TARGET_GROUP, ExistingTargetGroup
from settings.surroundings import Surroundings
from settings.tags import TAGS


@dataclass(frozen=True, slots=True)
class Settings:
    """The config of one stack; whatever it says can be declared."""

    names: Names
    region: str
    network: NewNetwork | ExistingNetwork
    load_balancer: NewLoadBalancer | ExistingLoadBalancer
    services: tuple[ServiceSettings, ...]
    """In the order of their names."""
    preview_token: str = field(repr=False)
    protection: bool
    access_logs: bool
    alarms: AlarmSettings | None
    dashboard: bool
    tags: Mapping[str, str]
    candidate: Slot | None
    """The slot that a ramp raises; `None` where that is told from what was released last."""
    override: str | None
    """The reason for which one thing that a guard refuses is let through."""
    freeze: Freeze | None
    ramp: RampSettings

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
        top = Section(decoded(raw, TOP), f"{command.NAMESPACE}:", TOP, problems)
        settings = _read(top, problems, surroundings, lookups)
        if problems.found:
            raise SettingsError(problems.found)
        return settings


def _read(
    top: Section, problems: ConfigProblems, surroundings: Surroundings, lookups: Lookups | None
) -> Settings:
    names, region = read_names(top, top.section(SERVICES).names()), surroundings.region
    network_section, balancer_section = top.section(NETWORK), top.section(LOAD_BALANCER)
    network = read_network(network_section, region, has_load_balancer=is_existing(balancer_section))
    load_balancer = read_load_balancer(balancer_section, region)
    settings = Settings(
        names=names,
        region=region,
        network=network,
        load_balancer=load_balancer,
        services=read_services(top, names, top.require(WEIGHTS), problems, lookups),
        preview_token=read_preview_token(top, surroundings.secret_keys),
        protection=top.require(PROTECTION),
        access_logs=top.require(ACCESS_LOGS),
        alarms=read_alarms(top.section(ALARMS), is_wanted=top.has(ALARMS)),
        dashboard=top.require(DASHBOARD),
        tags=top.require(TAGS),
        candidate=top.read(CANDIDATE),
        override=top.read(OVERRIDE),
        freeze=read_freeze(top.section(FREEZE), is_wanted=top.has(FREEZE)),
        ramp=read_ramp(top.section(RAMP)),
    )
    if isinstance(load_balancer, ExistingLoadBalancer) and settings.access_logs:
        top.reject_idle("an existing load balancer", ACCESS_LOGS)
    _reject_new_network(settings, top)
    return settings if lookups is None else _found(settings, top, lookups)


def _found(settings: Settings, top: Section, lookups: Lookups) -> Settings:
    """`settings` with what AWS says of everything in them that is there already."""
    network, load_balancer = settings.network, settings.load_balancer
    if not isinstance(network, ExistingNetwork):
        return settings
    reject_wrong_subnets(network, top.section(NETWORK), lookups)
    if isinstance(load_balancer, ExistingLoadBalancer):
        load_balancer = found_load_balancer(
            load_balancer, top.section(LOAD_BALANCER), network.vpc_id, lookups
        )
    services = found_services(settings.services, top, network.vpc_id, lookups)
    return replace(settings, load_balancer=load_balancer, services=services)


def _reject_new_network(settings: Settings, top: Section) -> None:
    """Record what is there already and so cannot lie in a VPC that is yet to be made."""
    if not isinstance(settings.network, NewNetwork):
        return
    if isinstance(settings.load_balancer, ExistingLoadBalancer):
        top.section(NETWORK).reject(CREATE, "the VPC of the existing load balancer, by vpcId")
    for service in settings.services:
        for slot in service.slots:
            if isinstance(slot.target_group, ExistingTargetGroup):
                section = service_sections(top, service.name).slot(slot.slot)
                section.section(TARGET_GROUP).reject(
                    EXISTING_TARGET_GROUP, "a target group of ours, since network.create is true"
                )
