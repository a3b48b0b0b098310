"""The services of the config, in the form that the guards judge."""

from __future__ import annotations

from components.guards.reader import Search
from live.discovery import ListenerHint, ServiceQuery
from rollout.guard_case import GuardRules, WantedService, WantedSlot
from settings.gates.smoke import SmokeLimits
from settings.load_balancer import ExistingLoadBalancer
from settings.names import LOAD_BALANCER_PART
from settings.service import ServiceSettings
from settings.settings import Settings
from settings.slot import SlotSettings
from settings.target_group import ExistingTargetGroup


def wanted_services(settings: Settings) -> dict[str, WantedService]:
    """Every service of the stack, by its name."""
    return {
        service.name: WantedService(
            name=service.name,
            split=service.split,
            has_own_weights=service.has_own_weights,
            slots={s.slot: _slot(settings.names.environment, service, s) for s in service.slots},
        )
        for service in settings.services
    }


def search_of(settings: Settings) -> Search:
    """Where AWS has the services of the stack, if it has them."""
    balancer, wanted = settings.load_balancer, wanted_services(settings)
    is_theirs = isinstance(balancer, ExistingLoadBalancer)
    return Search(
        ListenerHint(
            listener_arn=balancer.listener_arn if is_theirs else None,
            load_balancer_name=settings.names.of(LOAD_BALANCER_PART),
        ),
        tuple(
            ServiceQuery(
                service.name,
                service.rule.priority,
                {slot: known.target_group for slot, known in wanted[service.name].slots.items()},
            )
            for service in settings.services
        ),
    )


def guard_rules(settings: Settings) -> GuardRules:
    """The settings of the guards."""
    smoke = settings.ramp.gates.of(SmokeLimits)
    return GuardRules(
        stages=settings.ramp.stages,
        healthy_polls=settings.ramp.guard.healthy_polls,
        candidate=settings.candidate,
        override=settings.override,
        build_names={} if smoke is None else smoke.builds,
    )


def _slot(environment: str, service: ServiceSettings, slot: SlotSettings) -> WantedSlot:
    group = slot.target_group
    is_theirs = isinstance(group, ExistingTargetGroup)
    return WantedSlot(
        target_group=group.arn if is_theirs else group.name,
        fleet=slot.kind.wanted(slot.fleet, environment, service, slot.slot),
        is_target_group_ours=not is_theirs,
    )
