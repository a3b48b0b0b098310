"""Everything that a stack declares, from its settings."""

from __future__ import annotations

import pulumi

from components.context import Context, Placement
from components.exports import LastRaised, export_outputs
from components.guards.hooks import HookBindings
from components.instance_access import InstanceAccess
from components.load_balancer import LoadBalancer
from components.network import Network
from components.service import Service, ServiceArgs
from settings import Settings
from settings.load_balancer import NewLoadBalancer
from settings.service import ServiceSettings


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
    access = InstanceAccess(
        "instance-access",
        {
            "context": context,
            "vpc_id": network.vpc_id,
            "load_balancer_security_group_id": load_balancer.security_group_id,
            "is_load_balancer_ours": isinstance(settings.load_balancer, NewLoadBalancer),
            "ports": sorted({service.port for service in settings.services}),
        },
        protected,
    )
    placement = Placement(
        vpc_id=network.vpc_id,
        subnet_ids=network.instance_subnet_ids,
        security_group_id=access.security_group_id,
        listener_arn=load_balancer.listener_arn,
        load_balancer_arn_suffix=load_balancer.arn_suffix,
    )
    services = {
        service.name: Service(
            service.name, _service_args(settings, context, placement, service), protected
        )
        for service in settings.services
    }
    export_outputs(settings, load_balancer, services, last_raised)
    return services


def _service_args(
    settings: Settings, context: Context, placement: Placement, service: ServiceSettings
) -> ServiceArgs:
    return {
        "context": context,
        "placement": placement,
        "service": service,
        "preview_token": settings.preview_token,
        "alarms": settings.alarms,
        "has_dashboard": settings.dashboard,
    }
