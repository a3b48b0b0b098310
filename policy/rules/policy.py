"""A policy of the pack: a check of one resource, with its id, its level and its exemptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

Validation = Callable[[ResourceValidationArgs, ReportViolation], None]
"""What the SDK calls for each resource; its own alias for that leaves a type unknown."""

Check = Callable[[ResourceValidationArgs], Iterable[str]]
"""What is wrong with a resource, one message each. It may stop at a value that is not known yet."""

Properties = Mapping[str, Mapping[str, Any]]
"""What a policy's config may hold, as JSON schemas by name."""

FRAMEWORK = "AWS Foundational Security Best Practices"
TRAFFIC = "traffic"
SECURITY = "security"

_EXEMPT: Properties = {
    "exempt": {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "description": "Resources that were adopted as they are: logical names, or names in AWS.",
    }
}


def traffic_policy(
    name: str,
    description: str,
    types: tuple[str, ...],
    check: Check,
    config: Properties | None = None,
    *,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """A policy that keeps requests from being lost; mandatory unless it has another `level`."""
    return ResourceValidationPolicy(
        name=name,
        description=description,
        enforcement_level=level,
        config_schema=config_schema(config),
        tags=[TRAFFIC],
        validate=_asking(types, check),
    )


def security_policy(
    name: str,
    controls: str,
    description: str,
    types: tuple[str, ...],
    check: Check,
    config: Properties | None = None,
    *,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """A policy of the security baseline; mandatory, unless the config makes it advisory.

    Args:
        name: `<resource>-<duty>`.
        controls: What it is of, such as `FSBP ELB.4`; several are separated by commas.
        description: What must hold, as a sentence.
        types: The resource types that it asks about.
        check: What it asks.
        config: What can be configured, beside the exemptions.
        level: What a stack without a level of its own gets.
    """
    return ResourceValidationPolicy(
        name=name,
        description=f"{description} ({controls})",
        enforcement_level=level,
        config_schema=config_schema(config),
        framework=framework(controls),
        tags=[SECURITY],
        validate=_asking(types, check),
    )


def framework(controls: str) -> PolicyComplianceFramework:
    """The compliance framework, with the controls in it."""
    return PolicyComplianceFramework(name=FRAMEWORK, version="1.0.0", specification=controls)


def config_schema(config: Properties | None = None) -> PolicyConfigSchema:
    """The schema of a policy's config: the exemptions, and what it has of its own."""
    properties = {**(config or {}), **_EXEMPT}
    return PolicyConfigSchema(properties={name: dict(each) for name, each in properties.items()})


def configured(args: ResourceValidationArgs, name: str, default: Any) -> Any:
    """A value of the policy's config; the CLI fills in defaults, other hosts may not."""
    return args.get_config().get(name, default)


def _asking(types: tuple[str, ...], check: Check) -> Validation:
    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if args.resource_type not in types or _is_exempt(args):
            return
        for message in check(args):
            report_violation(message, None)

    return validate


def _is_exempt(args: ResourceValidationArgs) -> bool:
    exempt = configured(args, "exempt", [])
    if not exempt:
        return False
    try:
        return args.name in exempt or args.props.get("name") in exempt
    except UnknownValueError:
        return False  # What was adopted has a name already.
