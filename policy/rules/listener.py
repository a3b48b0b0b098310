"""Listeners: HTTPS that forwards by rules alone, and HTTP that only leads there."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policy import security_policy, traffic_policy
from .resource_type import LISTENER
from .value import Properties, section, sections, shown

_TLS_POLICIES = frozenset(
    f"ELBSecurityPolicy-TLS13-{version}{kind}"
    for version in ("1-2-Res-", "1-2-", "1-3-")
    for kind in ("PQ-2025-09", "2021-06", "FIPS-PQ-2025-09", "FIPS-2023-04")
)
"""TLS 1.2 or newer. Source: Security Hub user guide, control ELB.17; ELB user guide, "Security
policies for your Application Load Balancer"."""


def _forwarding_default(args: ResourceValidationArgs) -> Iterator[str]:
    for index, action in enumerate(_default_actions(args.props)):
        if args.props.get("protocol") == "HTTPS" and action.get("type") == "forward":
            yield (
                f'defaultActions[{index}].type is "forward"; expected an answer, such as a '
                "fixed-response of 404: requests go to slots by weighted rules and preview rules"
            )


def _plain_http(args: ResourceValidationArgs) -> Iterator[str]:
    if args.props.get("protocol") != "HTTP":
        return
    for index, action in enumerate(_default_actions(args.props)):
        kind = action.get("type")
        if kind != "redirect":
            yield f'defaultActions[{index}].type is {shown(kind)}; expected "redirect" to HTTPS'
            continue
        protocol = section(action, "redirect").get("protocol")
        if protocol != "HTTPS":
            # A redirect that names none keeps the request's own, HTTP.
            yield (
                f'defaultActions[{index}].redirect.protocol is {shown(protocol)}; expected "HTTPS"'
            )


def _old_tls(args: ResourceValidationArgs) -> Iterator[str]:
    if args.props.get("protocol") != "HTTPS":
        return
    policy = args.props.get("sslPolicy")
    if policy not in _TLS_POLICIES:
        yield (
            f"sslPolicy is {shown(policy)}; expected a recommended one, such as "
            '"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09" or "ELBSecurityPolicy-TLS13-1-2-2021-06"'
        )


def _other_protocol(args: ResourceValidationArgs) -> Iterator[str]:
    protocol = args.props.get("protocol")
    if protocol not in ("HTTPS", "HTTP"):
        yield (
            f'protocol is {shown(protocol)}; expected "HTTPS", or "HTTP" for a listener that '
            "redirects to it"
        )


def _default_actions(properties: Properties) -> list[Properties]:
    return sections(properties, "defaultActions")


POLICIES = (
    traffic_policy(
        "listener-default-action",
        "An HTTPS listener forwards only through weighted rules and preview rules.",
        LISTENER,
        _forwarding_default,
    ),
    security_policy(
        "listener-redirect",
        "FSBP ELB.1",
        "An HTTP listener redirects everything to HTTPS.",
        LISTENER,
        _plain_http,
    ),
    security_policy(
        "listener-tls-policy",
        "FSBP ELB.17",
        "An HTTPS listener has a recommended TLS policy; the API's own default is of 2016.",
        LISTENER,
        _old_tls,
    ),
    security_policy(
        "listener-protocol",
        "FSBP ELB.18",
        "A listener takes requests by HTTPS.",
        LISTENER,
        _other_protocol,
    ),
)
