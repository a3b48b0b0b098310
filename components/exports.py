"""The stack's outputs: taken from the resources as they are, not from the config."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi

from components.load_balancer import LoadBalancer
from components.service import Service
from rollout.candidate import LAST_RAISED
from rollout.observation import split_of
from rollout.split import Slot, Split
from settings import Settings
from settings.probe import plain_path, probed_url
from settings.rule import PREVIEW_HEADER, preview_header_value
from settings.service import ServiceSettings

LastRaised = Callable[[str, Split], Slot | None]
"""The slot that was raised last once the rule of a service is at a split; `None` for none."""


def export_outputs(
    settings: Settings,
    load_balancer: LoadBalancer,
    services: Mapping[str, Service],
    last_raised: LastRaised,
) -> None:
    """Export the stack's outputs."""
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
    url = probed_url(service.rule.hosts, service.rule.paths, service.probe)
    if url is not None:
        return pulumi.Output.from_input(url)
    return pulumi.Output.format("https://{0}{1}", dns_name, plain_path(service.rule.paths))
