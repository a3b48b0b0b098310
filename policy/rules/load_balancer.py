"""Load balancers: hardened, logged, kept, in more than one place, and behind a firewall.

The firewall is advised only, since it costs by the hour. Which load balancer a web ACL is attached
to stands in another resource, so that this policy alone asks about the stack. It never blocks, so
it may speak after the resources have changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    ResourceValidationArgs,
    StackValidationArgs,
    StackValidationPolicy,
)

from .policy import SECURITY, config_schema, framework, security_policy
from .resource_type import FIREWALL_ASSOCIATION, LOAD_BALANCER
from .value import count_distinct, has, is_on, items, section, sections, shown

_SAFE_MODES = ("defensive", "strictest")

_FIREWALL_CONTROL = "FSBP ELB.16"


def _invalid_headers(args: ResourceValidationArgs) -> Iterator[str]:
    drop = args.props.get("dropInvalidHeaderFields")
    if not is_on(drop):
        yield f"dropInvalidHeaderFields is {shown(drop)}; expected true"


def _no_access_logs(args: ResourceValidationArgs) -> Iterator[str]:
    logs = section(args.props, "accessLogs")
    enabled = logs.get("enabled")
    if not is_on(enabled):
        yield f"accessLogs.enabled is {shown(enabled)}; expected true, with a bucket"
    elif not has(logs, "bucket"):
        yield "accessLogs.bucket is not set; expected the bucket that the logs go to"


def _no_deletion_protection(args: ResourceValidationArgs) -> Iterator[str]:
    protection = args.props.get("enableDeletionProtection")
    if not is_on(protection):
        yield f"enableDeletionProtection is {shown(protection)}; expected true"


def _weak_desync_mode(args: ResourceValidationArgs) -> Iterator[str]:
    mode = args.props.get("desyncMitigationMode")
    # What is not set is defensive. Source: ELBv2 API, `routing.http.desync_mitigation_mode`.
    if mode is not None and mode not in _SAFE_MODES:
        yield f'desyncMitigationMode is {shown(mode)}; expected "defensive" or "strictest"'


def _one_zone(args: ResourceValidationArgs) -> Iterator[str]:
    if has(args.props, "subnetMappings"):
        name = "subnetMappings"
        places = [mapping.get("subnetId") for mapping in sections(args.props, name)]
    else:
        name, places = "subnets", items(args.props, "subnets")
    count = count_distinct(places)
    if count < 2:
        yield f"{name} names {count}; expected at least 2, of different zones"


def _without_a_firewall(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    if any(resource.resource_type in FIREWALL_ASSOCIATION for resource in args.resources):
        return
    exempt = args.get_config().get("exempt", [])
    for resource in args.resources:
        if resource.resource_type in LOAD_BALANCER and resource.name not in exempt:
            text = "no web ACL is associated with it in this stack; AWS WAF costs by web ACL"
            report_violation(text, resource.urn)


_FIREWALL = StackValidationPolicy(
    name="load-balancer-firewall",
    description=f"A load balancer has a web ACL. ({_FIREWALL_CONTROL})",
    enforcement_level=EnforcementLevel.ADVISORY,
    config_schema=config_schema(),
    framework=framework(_FIREWALL_CONTROL),
    tags=[SECURITY],
    validate=_without_a_firewall,
)

POLICIES = (
    security_policy(
        "load-balancer-invalid-headers",
        "FSBP ELB.4",
        "A load balancer drops headers that are not valid.",
        LOAD_BALANCER,
        _invalid_headers,
    ),
    security_policy(
        "load-balancer-access-logs",
        "FSBP ELB.5",
        "A load balancer writes access logs.",
        LOAD_BALANCER,
        _no_access_logs,
    ),
    security_policy(
        "load-balancer-deletion-protection",
        "FSBP ELB.6",
        "A load balancer cannot be deleted by one call.",
        LOAD_BALANCER,
        _no_deletion_protection,
    ),
    security_policy(
        "load-balancer-desync",
        "FSBP ELB.12",
        "A load balancer keeps ambiguous requests from its targets.",
        LOAD_BALANCER,
        _weak_desync_mode,
    ),
    security_policy(
        "load-balancer-zones",
        "FSBP ELB.13",
        "A load balancer spans at least two Availability Zones.",
        LOAD_BALANCER,
        _one_zone,
    ),
    _FIREWALL,
)
