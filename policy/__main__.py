"""The policy pack, as the engine loads it. It serves the engine until that ends it."""

from pulumi_policy import EnforcementLevel, PolicyPack
from rules import POLICIES

PolicyPack(
    name="failover",
    display_name="Weighted cutover behind an Application Load Balancer",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=list(POLICIES),
)
