"""Everything that a stack declares, from its settings, and its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi

from components.context import Context, Placement
from components.guards.hooks import HookBindings
from components.instance_access import InstanceAccess
from components.load_balancer import LoadBalancer
from components.network import Network
from components.service import Service, ServiceArgs
from live.address import FLEETS
from rollout.candidate import LAST_RAISED
from rollout.observation import split_of
from rollout.split import Slot, Split
from settings.conditions import PREVIEW_HEADER
from settings.load_balancer import NewLoadBalancer
from settings.probe import plain_path, plain_query, probed_url
from settings.rule import preview_header_value
from settings.service import ServiceSettings
from settings.settings import Settings

LastRaised = Callable[[str, Split], Slot | None]
"""The slot that was raised last once the rule of a service is at a split; `None` for none."""


def declare_stack(
    settings: Settings, hooks: HookBindings, last_raised: LastRaised
) -> dict[str, Service]:
    """Declare the network, the load balancer and the services, and export the stack's outputs.

    Returns the services, by name.

    Args:
        settings: The config.
        hooks: The guards' hooks.
        last_raised: The slot of a service that was raised last, for the outputs.
    """
    context = Context.of(settings, hooks)
    # Each component passes the protection on to its children. Only a resource that traffic can do
    # without, and that a protected one depends on, opts out: a destroy meets the protected one
    # first.
    protected = pulumi.ResourceOptions(protect=settings.protection)
    network = Network("network", {"context": context, "network": settings.network}, protected)
    load_balancer = LoadBalancer(
        "load-balancer",
        {
            "context": context,
            "load_balancer": settings.load_balancer,
            "vpc_id": network.vpc_id,
            "subnet_ids": network.alb_subnet_ids,
            "has_access_logs": settings.access_logs,
        },
        protected,
    )
    placement = Placement(
        vpc_id=network.vpc_id,
        subnet_ids=network.instance_subnet_ids,
        security_group_id=_instance_access(settings, context, network, load_balancer, protected),
        listener_arn=load_balancer.listener_arn,
        load_balancer_arn_suffix=load_balancer.arn_suffix,
    )
    services = {
        service.name: Service(
            service.name, _service_args(settings, context, placement, service), protected
        )
        for service in settings.services
    }
    _export_outputs(settings, load_balancer, services, last_raised)
    return services


def _instance_access(
    settings: Settings,
    context: Context,
    network: Network,
    load_balancer: LoadBalancer,
    protected: pulumi.ResourceOptions,
) -> pulumi.Input[str]:
    """The security group of the instances; empty where no slot has instances of the stack's."""
    ports = {
        port
        for service in settings.services
        for slot in service.slots
        if slot.kind.has_instance_access
        for port in (service.port, service.target_group.check_port(service.port))
    }
    if not ports:
        return ""
    access = InstanceAccess(
        "instance-access",
        {
            "context": context,
            "vpc_id": network.vpc_id,
            "load_balancer_security_group_id": load_balancer.security_group_id,
            "is_load_balancer_ours": isinstance(settings.load_balancer, NewLoadBalancer),
            "ports": sorted(ports),
        },
        protected,
    )
    return access.security_group_id


def _service_args(
    settings: Settings, context: Context, placement: Placement, service: ServiceSettings
) -> ServiceArgs:
    return {
        "context": context,
        "placement": placement,
        "service": service,
        "preview_token": settings.preview_token,
        "skips_login": settings.preview.skip_login,
        "alarms": settings.alarms,
        "has_dashboard": settings.dashboard,
    }


def _export_outputs(
    settings: Settings,
    load_balancer: LoadBalancer,
    services: Mapping[str, Service],
    last_raised: LastRaised,
) -> None:
    """Export the stack's outputs, taken from the resources as they are, not from the config."""
    pulumi.export("loadBalancerDnsName", load_balancer.dns_name)
    pulumi.export("listenerArn", load_balancer.listener_arn)
    pulumi.export("urls", {s.name: _url(s, load_balancer.dns_name) for s in settings.services})
    pulumi.export("services", {n: _described(n, each, last_raised) for n, each in services.items()})
    pulumi.export("previewHeaders", pulumi.Output.secret(_preview_headers(settings)))


def _described(
    name: str, service: Service, last_raised: LastRaised
) -> dict[str, pulumi.Input[object]]:
    return {
        "ruleArn": service.rule_arn,
        "weights": service.weights,
        LAST_RAISED: service.weights.apply(lambda weights: _raised(name, weights, last_raised)),
        "targetGroupArns": {
            slot.value: declared.target_group_arn for slot, declared in service.slots.items()
        },
        FLEETS: {slot.value: declared.fleet_kind for slot, declared in service.slots.items()},
        "images": {slot.value: declared.image_id for slot, declared in service.slots.items()},
    }


def _raised(name: str, weights: str, last_raised: LastRaised) -> str | None:
    """The slot that was raised last, now that the rule is at `weights`.

    It depends on the rule: if the update is refused or interrupted, the output does not change.
    """
    split = split_of(*map(int, weights.split("/")))
    slot = None if split is None else last_raised(name, split)
    return None if slot is None else slot.value


def _preview_headers(settings: Settings) -> dict[str, str]:
    return {
        slot.value: f"{PREVIEW_HEADER}: {preview_header_value(slot, settings.preview_token)}"
        for slot in Slot
    }


def _url(service: ServiceSettings, dns_name: pulumi.Output[str]) -> pulumi.Output[str]:
    """An address of the service; the load balancer's own if the config has no host."""
    rule = service.rule
    url = probed_url(rule.hosts, rule.paths, service.probe, rule.conditions)
    if url is not None:
        return pulumi.Output.from_input(url)
    place = plain_path(rule.paths) + plain_query(rule.conditions)
    return pulumi.Output.format("https://{0}{1}", dns_name, place)
