"""What carries traffic is protected by the engine, where protection is on."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policy import configured, traffic_policy
from .resource_type import (
    AUTO_SCALING_GROUP,
    LISTENER,
    LISTENER_RULE,
    LOAD_BALANCER,
    TARGET_GROUP,
)

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
        "Load balancers, listeners, rules, target groups and Auto Scaling groups are protected "
        "where protection is on.",
        (*LOAD_BALANCER, *LISTENER, *LISTENER_RULE, *TARGET_GROUP, *AUTO_SCALING_GROUP),
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
