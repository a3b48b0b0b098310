"""What carries traffic is protected by the engine, where protection is on."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policy import configured, traffic_policy
from .resource_type import (
    AUTO_SCALING_GROUP,
    EGRESS_RULE,
    INGRESS_RULE,
    LAUNCH_TEMPLATE,
    LISTENER,
    LISTENER_RULE,
    LOAD_BALANCER,
    NETWORK,
    SCALING_POLICY,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    TARGET_GROUP,
)

_TYPES = (
    *LOAD_BALANCER,
    *LISTENER,
    *LISTENER_RULE,
    *TARGET_GROUP,
    *AUTO_SCALING_GROUP,
    *SCALING_POLICY,
    *LAUNCH_TEMPLATE,
    *SECURITY_GROUP,
    *INGRESS_RULE,
    *EGRESS_RULE,
    *SECURITY_GROUP_RULE,
    *NETWORK,
)
"""Everything without which traffic stops, at once or at the next instance that is needed."""

_PROTECTION = "protection"


def _unprotected(args: ResourceValidationArgs) -> Iterator[str]:
    if configured(args, _PROTECTION, True) and not args.opts.protect:
        yield (
            "the option protect is off; expected on: a delete, a replacement and a destroy are "
            "then refused (`pulumi config set failover:protection true`)"
        )


POLICIES = (
    traffic_policy(
        "traffic-resource-protect",
        "Everything without which traffic stops is protected where protection is on: load "
        "balancers, listeners, rules, target groups, Auto Scaling groups with their policies and "
        "launch templates, security groups and their rules, networks.",
        _TYPES,
        _unprotected,
        {
            _PROTECTION: {
                "type": "boolean",
                "default": True,
                "description": "Whether the stack has `failover:protection` on.",
            }
        },
    ),
)
