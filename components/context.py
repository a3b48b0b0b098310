"""What all resources of a stack have in common, and where those of a service are placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.guards.hooks import HookBindings
from rollout.split import Slot
from settings.names import Names
from settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What every component is given, and passes on to the components in it."""

    names: Names
    """The naming convention."""
    common_tags: Mapping[str, str]
    """The tags that the config sets on every resource."""
    region: str
    protection: bool
    """Whether Pulumi and AWS refuse to delete what carries traffic."""
    hooks: HookBindings
    """The guards' hooks, by the kind of resource that they are bound to."""

    @classmethod
    def of(cls, settings: Settings, hooks: HookBindings) -> Context:
        """The context of a stack."""
        return cls(settings.names, settings.tags, settings.region, settings.protection, hooks)

    def tags(
        self, name: str, service: str | None = None, slot: Slot | None = None
    ) -> dict[str, str]:
        """The tags of one resource; `service` and `slot` where it belongs to one.

        The resource's own tags win over the common ones.
        """
        own = {"Name": name, "Environment": self.names.environment}
        if service is not None:
            own["Service"] = service
        if slot is not None:
            own["Slot"] = slot.value
        return {**self.common_tags, **own}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a service's rules, targets and instances are placed."""

    vpc_id: pulumi.Input[str]
    """The VPC of its target groups."""
    subnet_ids: pulumi.Input[list[str]]
    """The subnets of its instances."""
    security_group_id: pulumi.Input[str]
    """The security group of its instances."""
    listener_arn: pulumi.Input[str]
    """The HTTPS listener that gets its rules."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The load balancer, as CloudWatch names it."""
