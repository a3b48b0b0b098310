"""What the stack tells about itself: taken from the resources as they are, not from the config."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.load_balancer import LoadBalancer
from components.service import Service
from rollout.split import Slot
from settings import Settings
from settings.plain_address import plain_host, plain_path
from settings.rule import PREVIEW_HEADER, preview_header_value
from settings.service import ServiceSettings


def export_outputs(
    settings: Settings, load_balancer: LoadBalancer, services: Mapping[str, Service]
) -> None:
    """Export the stack's outputs."""
    pulumi.export("loadBalancerDnsName", load_balancer.dns_name)
    pulumi.export("listenerArn", load_balancer.listener_arn)
    pulumi.export("urls", {s.name: _url(s, load_balancer.dns_name) for s in settings.services})
    pulumi.export("services", {name: _described(each) for name, each in services.items()})
    pulumi.export("previewHeaders", pulumi.Output.secret(_preview_headers(settings)))


def _described(service: Service) -> dict[str, pulumi.Input[object]]:
    return {
        "ruleArn": service.rule_arn,
        "weights": service.weights,
        "targetGroupArns": {
            slot.value: declared.target_group_arn for slot, declared in service.slots.items()
        },
        "images": {slot.value: declared.image_id for slot, declared in service.slots.items()},
    }


def _preview_headers(settings: Settings) -> dict[str, str]:
    return {
        slot.value: f"{PREVIEW_HEADER}: {preview_header_value(slot, settings.preview_token)}"
        for slot in Slot
    }


def _url(service: ServiceSettings, dns_name: pulumi.Output[str]) -> pulumi.Output[str]:
    """An address of the service; the load balancer's own where every host has a wildcard."""
    host, path = plain_host(service.rule.hosts), plain_path(service.rule.paths)
    return pulumi.Output.format("https://{0}{1}", host or dns_name, path)
