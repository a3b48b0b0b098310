"""The resource types and functions, one module a family."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.provider.families.autoscaling import GROUP
from rehearsal.provider.families.cloudwatch import DASHBOARD, METRIC_ALARM
from rehearsal.provider.families.functions import FUNCTIONS, SECRET_RESULTS
from rehearsal.provider.families.launch_templates import LAUNCH_TEMPLATE
from rehearsal.provider.families.lifecycle_hooks import LIFECYCLE_HOOK
from rehearsal.provider.families.listener_rules import LISTENER_RULE
from rehearsal.provider.families.listeners import LISTENER
from rehearsal.provider.families.load_balancers import LOAD_BALANCER
from rehearsal.provider.families.network import INTERNET_GATEWAY, SUBNET, VPC
from rehearsal.provider.families.routing import ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION
from rehearsal.provider.families.scaling_policies import POLICY
from rehearsal.provider.families.security_groups import EGRESS_RULE, INGRESS_RULE, SECURITY_GROUP
from rehearsal.provider.families.storage import (
    BUCKET,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS_BLOCK,
)
from rehearsal.provider.families.target_groups import TARGET_GROUP
from rehearsal.provider.table import ResourceType

__all__ = ["FUNCTIONS", "RESOURCE_TYPES", "SECRET_RESULTS"]

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    kind.token: kind
    for kind in (
        BUCKET,
        BUCKET_POLICY,
        BUCKET_PUBLIC_ACCESS_BLOCK,
        DASHBOARD,
        EGRESS_RULE,
        GROUP,
        INGRESS_RULE,
        INTERNET_GATEWAY,
        LAUNCH_TEMPLATE,
        LIFECYCLE_HOOK,
        LISTENER,
        LISTENER_RULE,
        LOAD_BALANCER,
        METRIC_ALARM,
        POLICY,
        ROUTE_TABLE,
        ROUTE_TABLE_ASSOCIATION,
        SECURITY_GROUP,
        SUBNET,
        TARGET_GROUP,
        VPC,
    )
}
