"""The health check of a service's target groups."""

from __future__ import annotations

from dataclasses import dataclass

from settings.declaration.key import ConfigMap, Key, key, required
from settings.declaration.kind import Text, WholeNumber
from settings.declaration.landing import TARGET_GROUP, Landing
from settings.declaration.section import Section


def _check(name: str) -> Landing:
    return Landing(TARGET_GROUP, f"healthCheck.{name}", "both slots")


@dataclass(frozen=True, kw_only=True)
class HealthCheck(ConfigMap):
    """Source of the ranges: ELBv2 API, CreateTargetGroup, `HealthCheck...` parameters."""

    path: Key[str] = required(
        "/healthz",
        Text(r"/[!-~]{0,1023}", "a path that starts with a slash, such as /healthz"),
        "The path that the load balancer requests.",
        lands=_check("path"),
    )
    interval_seconds: Key[int] = key(
        10, WholeNumber(5, 300), "Time between two checks of a target.", lands=_check("interval")
    )
    timeout_seconds: Key[int] = key(
        5,
        WholeNumber(2, 120),
        "Time that a check waits for an answer. Less than the interval.",
        lands=_check("timeout"),
    )
    healthy_threshold: Key[int] = key(
        3,
        WholeNumber(2, 10),
        "Passed checks in a row that make a target healthy.",
        lands=_check("healthyThreshold"),
    )
    unhealthy_threshold: Key[int] = key(
        2,
        WholeNumber(2, 10),
        "Failed checks in a row that make a target unhealthy.",
        lands=_check("unhealthyThreshold"),
    )
    matcher: Key[str] = key(
        "200",
        Text(
            r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*",
            "HTTP status codes from 200 to 499, such as 200, 200,302 or 200-299",
        ),
        "Status codes that pass.",
        lands=_check("matcher"),
    )

    def reject_inconsistent(self, section: Section) -> None:
        """Record a timeout that is not below the interval."""
        is_comparable = section.is_sound(HealthCheck.interval_seconds, HealthCheck.timeout_seconds)
        if is_comparable and self.timeout_seconds >= self.interval_seconds:
            section.reject_value(
                HealthCheck.timeout_seconds,
                self.timeout_seconds,
                f"less than intervalSeconds, {self.interval_seconds}",
                max(2, self.interval_seconds - 1),
            )
