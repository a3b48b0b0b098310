"""Everything that a stack declares, from its settings."""

from __future__ import annotations

import pulumi

from components.exports import LastRaised, export_outputs
from components.guards.hooks import Hooks
from components.instance_access import InstanceAccess
from components.load_balancer import LoadBalancer
from components.network import Network
from components.service import Service
from components.tags import Tags
from settings import Settings
from settings.load_balancer import NewLoadBalancer


def declare_stack(settings: Settings, hooks: Hooks, last_raised: LastRaised) -> dict[str, Service]:
    """Declare the network, the load balancer and the services, and export what they are.

    Gives the services, by name.

    Args:
        settings: The config.
        hooks: What the guards bind to.
        last_raised: The slot of a service that was raised last, for the outputs.
    """
    names, tags = settings.names, Tags(settings.names.environment, settings.tags)
    protected = _protected(settings)
    network = Network(
        "network", {"names": names, "tags": tags, "network": settings.network}, protected
    )
    load_balancer = LoadBalancer(
        "load-balancer",
        {
            "names": names,
            "tags": tags,
            "load_balancer": settings.load_balancer,
            "vpc_id": network.vpc_id,
            "subnet_ids": network.alb_subnet_ids,
            "has_access_logs": settings.access_logs,
            "protection": settings.protection,
        },
        protected,
    )
    access = InstanceAccess(
        "instance-access",
        {
            "names": names,
            "tags": tags,
            "vpc_id": network.vpc_id,
            "load_balancer_security_group_id": load_balancer.security_group_id,
            "is_load_balancer_ours": isinstance(settings.load_balancer, NewLoadBalancer),
            "ports": sorted({service.port for service in settings.services}),
        },
        protected,
    )
    services = _declare_services(settings, tags, network, load_balancer, access, hooks)
    export_outputs(settings, load_balancer, services, last_raised)
    return services


def _declare_services(
    settings: Settings,
    tags: Tags,
    network: Network,
    load_balancer: LoadBalancer,
    access: InstanceAccess,
    hooks: Hooks,
) -> dict[str, Service]:
    return {
        service.name: Service(
            service.name,
            {
                "names": settings.names,
                "tags": tags,
                "service": service,
                "preview_token": settings.preview_token,
                "alarms": settings.alarms,
                "has_dashboard": settings.dashboard,
                "region": settings.region,
                "vpc_id": network.vpc_id,
                "subnet_ids": network.instance_subnet_ids,
                "security_group_id": access.security_group_id,
                "listener_arn": load_balancer.listener_arn,
                "load_balancer_arn_suffix": load_balancer.arn_suffix,
                "hooks": hooks,
            },
            _protected(settings),
        )
        for service in settings.services
    }


def _protected(settings: Settings) -> pulumi.ResourceOptions:
    """What every component is declared with, and hands on to whatever is in it.

    A resource is protected unless it says otherwise, which only one may that traffic can do
    without, and that a protected one depends on: so a destroy meets the protected one first.
    """
    return pulumi.ResourceOptions(protect=settings.protection)
