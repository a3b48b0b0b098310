"""A web application firewall before the load balancer: advised, since it costs by the hour.

Which load balancer a web ACL is attached to stands in another resource, so that this alone asks
about the stack. It never blocks, so it may speak after the resources have changed.
"""

from __future__ import annotations

from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from .policy import SECURITY, config_schema, framework
from .resource_type import FIREWALL_ASSOCIATION, LOAD_BALANCER

_CONTROL = "FSBP ELB.16"


def _without_a_firewall(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    if any(resource.resource_type in FIREWALL_ASSOCIATION for resource in args.resources):
        return
    exempt = args.get_config().get("exempt", [])
    for resource in args.resources:
        if resource.resource_type in LOAD_BALANCER and resource.name not in exempt:
            text = "no web ACL is associated with it in this stack; AWS WAF costs by web ACL"
            report_violation(text, resource.urn)


POLICIES = (
    StackValidationPolicy(
        name="load-balancer-firewall",
        description=f"A load balancer has a web ACL. ({_CONTROL})",
        enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=config_schema(),
        framework=framework(_CONTROL),
        tags=[SECURITY],
        validate=_without_a_firewall,
    ),
)
