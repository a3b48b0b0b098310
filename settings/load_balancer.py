"""The load balancer: an existing one with its listener, or one of our own."""

from __future__ import annotations

from dataclasses import dataclass

from settings.arn import arn_of, region_of
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Flag, Text, WholeNumber
from settings.declaration.section import Section
from settings.lookup import LoadBalancerFacts, LookupFailedError, Lookups

CREATE = Key("create", Flag(), "Make a load balancer with its two listeners.", True)
CERTIFICATE_ARN = Key(
    "certificateArn",
    arn_of("acm", r"certificate/[0-9a-f-]{36}", "a certificate in ACM"),
    "With `create`: the certificate of the HTTPS listener, in the region of the load balancer.",
    "arn:aws:acm:us-east-1:111122223333:certificate/0f0f0f0f-1111-2222-3333-444455556666",
    offer="CERTIFICATE_ARN",
)
SSL_POLICY = Key(
    "sslPolicy",
    Text(
        r"ELBSecurityPolicy-TLS13-1-[23]-[A-Za-z0-9-]+",
        "a security policy with TLS 1.2 or 1.3 at least, ELBSecurityPolicy-TLS13-1-...",
    ),
    "With `create`: the TLS versions and ciphers that the HTTPS listener takes.",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    offer="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    default="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
)
IDLE_TIMEOUT_SECONDS = Key(
    "idleTimeoutSeconds",
    WholeNumber(1, 4000),
    "With `create`: how long a connection may be silent; "
    "the application must keep its connections longer.",
    60,
    default=60,
)
ARN = Key(
    "arn",
    arn_of("elasticloadbalancing", r"loadbalancer/app/[^/]+/[0-9a-f]+", "an ALB"),
    "An existing load balancer.",
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/0123456789abcdef",
    offer="LOAD_BALANCER_ARN",
)
LISTENER_ARN = Key(
    "listenerArn",
    arn_of("elasticloadbalancing", r"listener/app/[^/]+/[0-9a-f]+/[0-9a-f]+", "a listener"),
    "With `arn`: its HTTPS listener, which gets the rules.",
    "arn:aws:elasticloadbalancing:us-east-1:111122223333"
    ":listener/app/shop/0123456789abcdef/0123456789abcdef",
    offer="LISTENER_ARN",
)
SECURITY_GROUP_ID = Key(
    "securityGroupId",
    Text("sg-([0-9a-f]{8}|[0-9a-f]{17})", "a security group id, such as sg-0a1b2c3d4e5f60718"),
    "With `arn`: the security group of the load balancer, from which the instances take requests.",
    "sg-0a1b2c3d4e5f60718",
    offer="SECURITY_GROUP_ID",
)
LOAD_BALANCER = KeyGroup(
    "loadBalancer",
    "An existing load balancer by ARN, or one of our own.",
    (
        CREATE,
        CERTIFICATE_ARN,
        SSL_POLICY,
        IDLE_TIMEOUT_SECONDS,
        ARN,
        LISTENER_ARN,
        SECURITY_GROUP_ID,
    ),
)


@dataclass(frozen=True, slots=True)
class NewLoadBalancer:
    """A load balancer to make."""

    certificate_arn: str
    ssl_policy: str
    idle_timeout_seconds: int


@dataclass(frozen=True, slots=True)
class ExistingLoadBalancer:
    """A load balancer that is there, with the listener that gets the rules."""

    arn: str
    listener_arn: str
    security_group_id: str
    arn_suffix: str = ""
    dns_name: str = ""


def is_existing(section: Section) -> bool:
    """Whether the config names a load balancer that is there."""
    return section.has(ARN) or section.has(LISTENER_ARN)


def read_load_balancer(section: Section, region: str) -> NewLoadBalancer | ExistingLoadBalancer:
    """The load balancer; what each of its two forms lacks, or has of the other, is refused."""
    if is_existing(section) and not section.read(CREATE):
        section.reject_idle(
            "an existing load balancer", CERTIFICATE_ARN, SSL_POLICY, IDLE_TIMEOUT_SECONDS
        )
        section.reject_absent(ARN, LISTENER_ARN, SECURITY_GROUP_ID)
        return ExistingLoadBalancer(
            arn=section.require(ARN),
            listener_arn=section.require(LISTENER_ARN),
            security_group_id=section.require(SECURITY_GROUP_ID),
        )
    section.reject_idle("create: true", ARN, LISTENER_ARN, SECURITY_GROUP_ID)
    if not section.read(CREATE):
        section.reject(CREATE, "true, or an existing load balancer's arn and listenerArn")
    section.reject_absent(CERTIFICATE_ARN)
    certificate_arn = section.require(CERTIFICATE_ARN)
    if section.is_sound(CERTIFICATE_ARN) and region and region_of(certificate_arn) != region:
        section.reject(CERTIFICATE_ARN, f"a certificate in the load balancer's region, {region}")
    return NewLoadBalancer(
        certificate_arn=certificate_arn,
        ssl_policy=section.require(SSL_POLICY),
        idle_timeout_seconds=section.require(IDLE_TIMEOUT_SECONDS),
    )


def found_load_balancer(
    named: ExistingLoadBalancer, section: Section, vpc_id: str, lookups: Lookups
) -> ExistingLoadBalancer:
    """`named` with what AWS says of it; what does not fit together is refused."""
    facts = _read_facts(named, section, lookups)
    if facts is None:
        return named
    if facts.load_balancer_type != "application":
        section.reject(
            ARN, f"an application load balancer; this is a {facts.load_balancer_type} one"
        )
    if facts.vpc_id != vpc_id:
        section.reject(ARN, f"a load balancer in network.vpcId, {vpc_id}; it is in {facts.vpc_id}")
    if named.security_group_id not in facts.security_group_ids:
        own = sorted(facts.security_group_ids)
        section.reject_value(
            SECURITY_GROUP_ID,
            named.security_group_id,
            f"a security group of the load balancer, which has {', '.join(own) or 'none'}",
            own[0] if own else SECURITY_GROUP_ID.offer,
        )
    return ExistingLoadBalancer(
        arn=named.arn,
        listener_arn=named.listener_arn,
        security_group_id=named.security_group_id,
        arn_suffix=facts.arn_suffix,
        dns_name=facts.dns_name,
    )


def _read_facts(
    named: ExistingLoadBalancer, section: Section, lookups: Lookups
) -> LoadBalancerFacts | None:
    if not section.is_sound(ARN, LISTENER_ARN, SECURITY_GROUP_ID):
        return None
    facts = None
    try:
        facts = lookups.load_balancer(named.arn)
    except LookupFailedError as error:
        section.reject(ARN, f"a load balancer that can be read; {error}")
    try:
        listener = lookups.listener(named.listener_arn)
    except LookupFailedError as error:
        section.reject(LISTENER_ARN, f"a listener that can be read; {error}")
        return None
    if listener.load_balancer_arn != named.arn:
        section.reject(LISTENER_ARN, "a listener of the load balancer that arn names")
    if listener.protocol != "HTTPS":
        section.reject(LISTENER_ARN, f"an HTTPS listener; this one speaks {listener.protocol}")
    return facts
