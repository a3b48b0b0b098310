"""The load balancer: an existing one with its listener, or one of our own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from settings.declaration.key import ConfigMap, Key, key, optional, required
from settings.declaration.kind import Flag, Text, WholeNumber, arn_of
from settings.declaration.landing import ANY_NAME, LISTENER, LOAD_BALANCER, Landing
from settings.declaration.section import Section
from settings.lookup import LoadBalancerFacts, LookupFailedError, Lookups, region_of


@dataclass(frozen=True, kw_only=True)
class NewLoadBalancer(ConfigMap):
    """A load balancer to make."""

    create: ClassVar[Key[bool | None]] = optional(
        True, Flag(), "Create a load balancer with its two listeners."
    )
    certificate_arn: Key[str] = required(
        "arn:aws:acm:us-east-1:111122223333:certificate/0f0f0f0f-1111-2222-3333-444455556666",
        arn_of("acm", r"certificate/[0-9a-f-]{36}", "a certificate in ACM"),
        "With `create`: the certificate of the HTTPS listener, in the region of the load balancer.",
        offer="CERTIFICATE_ARN",
        lands=Landing(LISTENER, "certificateArn", name=ANY_NAME),
    )
    ssl_policy: Key[str] = key(
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        Text(
            r"ELBSecurityPolicy-TLS13-1-[23]-[A-Za-z0-9-]+",
            "a security policy with TLS 1.2 or 1.3 at least, ELBSecurityPolicy-TLS13-1-...",
        ),
        "With `create`: the TLS versions and ciphers that the HTTPS listener accepts.",
        example="ELBSecurityPolicy-TLS13-1-2-2021-06",
        offer="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        lands=Landing(LISTENER, "sslPolicy", name=ANY_NAME),
    )
    idle_timeout_seconds: Key[int] = key(
        60,
        WholeNumber(1, 4000),
        "With `create`: how long a connection may be idle. The application must keep "
        "idle connections open for longer.",
        lands=Landing(LOAD_BALANCER, "idleTimeout", name=ANY_NAME),
    )


@dataclass(frozen=True, kw_only=True)
class ExistingLoadBalancer(ConfigMap):
    """An existing load balancer, with the listener that gets the rules."""

    arn: Key[str] = required(
        "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/0123456789abcdef",
        arn_of("elasticloadbalancing", r"loadbalancer/app/[^/]+/[0-9a-f]+", "an ALB"),
        "An existing load balancer.",
        offer="LOAD_BALANCER_ARN",
    )
    listener_arn: Key[str] = required(
        "arn:aws:elasticloadbalancing:us-east-1:111122223333"
        ":listener/app/shop/0123456789abcdef/0123456789abcdef",
        arn_of("elasticloadbalancing", r"listener/app/[^/]+/[0-9a-f]+/[0-9a-f]+", "a listener"),
        "With `arn`: its HTTPS listener, which gets the rules.",
        offer="LISTENER_ARN",
    )
    security_group_id: Key[str] = required(
        "sg-0a1b2c3d4e5f60718",
        Text("sg-([0-9a-f]{8}|[0-9a-f]{17})", "a security group id, such as sg-0a1b2c3d4e5f60718"),
        "With `arn`: the security group of the load balancer. The instances accept "
        "requests from it.",
        offer="SECURITY_GROUP_ID",
    )
    arn_suffix: str = ""
    dns_name: str = ""


def is_existing(section: Section) -> bool:
    """Whether the config names an existing load balancer."""
    return section.has(ExistingLoadBalancer.arn) or section.has(ExistingLoadBalancer.listener_arn)


def read_load_balancer(section: Section, region: str) -> NewLoadBalancer | ExistingLoadBalancer:
    """The load balancer; what each of its two forms lacks, or has of the other, is refused."""
    create = NewLoadBalancer.create
    if is_existing(section) and not section.read(create):
        only_new = (each for each in NewLoadBalancer.members() if each is not create)
        section.reject_idle("an existing load balancer", *only_new)
        return ExistingLoadBalancer.read(section)
    section.reject_idle("create: true", *ExistingLoadBalancer.members())
    if not section.read(create):
        section.reject(create, "true, or an existing load balancer's arn and listenerArn")
    new = NewLoadBalancer.read(section)
    certificate = NewLoadBalancer.certificate_arn
    if section.is_sound(certificate) and region and region_of(new.certificate_arn) != region:
        section.reject(certificate, f"a certificate in the load balancer's region, {region}")
    return new


def found_load_balancer(
    named: ExistingLoadBalancer, section: Section, vpc_id: str, lookups: Lookups
) -> ExistingLoadBalancer:
    """`named` with its facts from AWS; what does not fit together is refused."""
    facts = _read_facts(named, section, lookups)
    if facts is None:
        return named
    if facts.load_balancer_type != "application":
        section.reject(
            ExistingLoadBalancer.arn,
            f"an application load balancer; this is a {facts.load_balancer_type} one",
        )
    if facts.vpc_id != vpc_id:
        section.reject(
            ExistingLoadBalancer.arn,
            f"a load balancer in network.vpcId, {vpc_id}; it is in {facts.vpc_id}",
        )
    if named.security_group_id not in facts.security_group_ids:
        own = sorted(facts.security_group_ids)
        section.reject_value(
            ExistingLoadBalancer.security_group_id,
            named.security_group_id,
            f"a security group of the load balancer, which has {', '.join(own) or 'none'}",
            own[0] if own else ExistingLoadBalancer.security_group_id.offer,
        )
    return replace(named, arn_suffix=facts.arn_suffix, dns_name=facts.dns_name)


def _read_facts(
    named: ExistingLoadBalancer, section: Section, lookups: Lookups
) -> LoadBalancerFacts | None:
    if not section.is_sound(
        ExistingLoadBalancer.arn,
        ExistingLoadBalancer.listener_arn,
        ExistingLoadBalancer.security_group_id,
    ):
        return None
    facts = None
    try:
        facts = lookups.load_balancer(named.arn)
    except LookupFailedError as error:
        section.reject(ExistingLoadBalancer.arn, f"a load balancer that can be read; {error}")
    try:
        listener = lookups.listener(named.listener_arn)
    except LookupFailedError as error:
        section.reject(ExistingLoadBalancer.listener_arn, f"a listener that can be read; {error}")
        return None
    if listener.load_balancer_arn != named.arn:
        section.reject(
            ExistingLoadBalancer.listener_arn, "a listener of the load balancer that arn names"
        )
    if listener.protocol != "HTTPS":
        section.reject(
            ExistingLoadBalancer.listener_arn,
            f"an HTTPS listener; this one speaks {listener.protocol}",
        )
    return facts
