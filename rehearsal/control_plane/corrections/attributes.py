"""Attributes of load balancers and target groups: their defaults, and what values they take.

Source: ELBv2 API Reference, LoadBalancerAttribute and TargetGroupAttribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from moto.elbv2.exceptions import ELBClientError, ValidationError

Takes = Callable[[str], bool]
"""Decides whether an attribute takes a value; what it expects is its docstring's first line."""


def _boolean(value: str) -> bool:
    """True or false."""
    return value in ("true", "false")


def _text(value: str) -> bool:
    """Any text."""
    return len(value) <= 1024


def _within(lowest: int, highest: int, *words: str) -> Takes:
    def takes(value: str) -> bool:
        return value in words or (value.isdigit() and lowest <= int(value) <= highest)

    also = "".join(f", or {word}" for word in words)
    takes.__doc__ = f"A whole number from {lowest} to {highest}{also}."
    return takes


def _one_of(*words: str) -> Takes:
    def takes(value: str) -> bool:
        return value in words

    takes.__doc__ = f"One of {', '.join(words)}."
    return takes


LOAD_BALANCER: Mapping[str, tuple[str, Takes]] = {
    "access_logs.s3.enabled": ("false", _boolean),
    "access_logs.s3.bucket": ("", _text),
    "access_logs.s3.prefix": ("", _text),
    "connection_logs.s3.enabled": ("false", _boolean),
    "connection_logs.s3.bucket": ("", _text),
    "connection_logs.s3.prefix": ("", _text),
    "health_check_logs.s3.enabled": ("false", _boolean),
    "health_check_logs.s3.bucket": ("", _text),
    "health_check_logs.s3.prefix": ("", _text),
    "client_keep_alive.seconds": ("3600", _within(60, 604_800)),
    "deletion_protection.enabled": ("false", _boolean),
    "idle_timeout.timeout_seconds": ("60", _within(1, 4000)),
    "ipv6.deny_all_igw_traffic": ("false", _boolean),
    "load_balancing.cross_zone.enabled": ("true", _one_of("true")),
    "routing.http.desync_mitigation_mode": (
        "defensive",
        _one_of("monitor", "defensive", "strictest"),
    ),
    "routing.http.drop_invalid_header_fields.enabled": ("false", _boolean),
    "routing.http.preserve_host_header.enabled": ("false", _boolean),
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": ("false", _boolean),
    "routing.http.xff_client_port.enabled": ("false", _boolean),
    "routing.http.xff_header_processing.mode": ("append", _one_of("append", "preserve", "remove")),
    "routing.http2.enabled": ("true", _boolean),
    "waf.fail_open.enabled": ("false", _boolean),
    "zonal_shift.config.enabled": ("false", _boolean),
}
"""Default and accepted values of an Application Load Balancer's attributes."""

TARGET_GROUP: Mapping[str, tuple[str, Takes]] = {
    "deregistration_delay.timeout_seconds": ("300", _within(0, 3600)),
    "load_balancing.algorithm.anomaly_mitigation": ("off", _one_of("on", "off")),
    "load_balancing.algorithm.type": (
        "round_robin",
        _one_of("round_robin", "least_outstanding_requests", "weighted_random"),
    ),
    "load_balancing.cross_zone.enabled": (
        "use_load_balancer_configuration",
        _one_of("true", "false", "use_load_balancer_configuration"),
    ),
    "slow_start.duration_seconds": ("0", _within(30, 900, "0")),
    "stickiness.enabled": ("false", _boolean),
    "stickiness.type": ("lb_cookie", _one_of("lb_cookie", "app_cookie")),
    "stickiness.app_cookie.cookie_name": ("", _text),
    "stickiness.app_cookie.duration_seconds": ("86400", _within(1, 604_800)),
    "stickiness.lb_cookie.duration_seconds": ("86400", _within(1, 604_800)),
    "target_group_health.dns_failover.minimum_healthy_targets.count": (
        "1",
        _within(1, 1000, "off"),
    ),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": (
        "off",
        _within(1, 100, "off"),
    ),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": (
        "1",
        _within(1, 1000),
    ),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": (
        "off",
        _within(1, 100, "off"),
    ),
}
"""Default and accepted values of an HTTP target group's attributes."""


def defaults(known: Mapping[str, tuple[str, Takes]]) -> dict[str, str]:
    """Every attribute with its default."""
    return {key: default for key, (default, _) in known.items()}


def check_attributes(
    what: str, known: Mapping[str, tuple[str, Takes]], given: Mapping[str, str]
) -> None:
    """Refuse an attribute that is not known, or a value that it does not take.

    Raises:
        ELBClientError: the first such attribute, with what it expects.
    """
    for key, value in given.items():
        if key not in known:
            raise ELBClientError(
                "InvalidConfigurationRequest", f"{what} attribute key '{key}' is not recognized"
            )
        takes = known[key][1]
        if not takes(str(value)):
            raise ValidationError(
                f"{what} attribute value '{value}' for key '{key}' is not valid. "
                f"{str(takes.__doc__).splitlines()[0]}"
            )
