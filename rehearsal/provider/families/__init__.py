"""The resource types and functions, one module a family."""

from __future__ import annotations

from rehearsal.provider.families.listener_rules import LISTENER_RULE
from rehearsal.provider.families.listeners import LISTENER
from rehearsal.provider.families.load_balancers import LOAD_BALANCER
from rehearsal.provider.families.network import INTERNET_GATEWAY, VPC
from rehearsal.provider.families.routing import ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION
from rehearsal.provider.families.subnets import SUBNET
from rehearsal.provider.families.target_groups import TARGET_GROUP

RESOURCE_TYPES = {
    kind.token: kind
    for kind in (
        INTERNET_GATEWAY,
        LISTENER,
        LISTENER_RULE,
        LOAD_BALANCER,
        ROUTE_TABLE,
        ROUTE_TABLE_ASSOCIATION,
        SUBNET,
        TARGET_GROUP,
        VPC,
    )
}

FUNCTIONS = {}
