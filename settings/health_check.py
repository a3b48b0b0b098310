"""The health check of a service's target groups."""

from __future__ import annotations

from dataclasses import dataclass

from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Text, WholeNumber
from settings.declaration.section import Section

PATH = Key(
    "path",
    Text(r"/[!-~]{0,1023}", "a path that starts with a slash, such as /healthz"),
    "Where the load balancer asks.",
    "/healthz",
    is_required=True,
)
INTERVAL_SECONDS = Key(
    "intervalSeconds", WholeNumber(5, 300), "Between two checks of a target.", 10, default=10
)
TIMEOUT_SECONDS = Key(
    "timeoutSeconds",
    WholeNumber(2, 120),
    "Until a check without an answer has failed; less than the interval.",
    5,
    default=5,
)
HEALTHY_THRESHOLD = Key(
    "healthyThreshold", WholeNumber(2, 10), "Passes in a row that make it healthy.", 3, default=3
)
UNHEALTHY_THRESHOLD = Key(
    "unhealthyThreshold", WholeNumber(2, 10), "Fails in a row that make it unhealthy.", 2, default=2
)
MATCHER = Key(
    "matcher",
    Text(
        r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*",
        "HTTP status codes from 200 to 499, such as 200, 200,302 or 200-299",
    ),
    "Status codes that pass.",
    "200",
    default="200",
)
HEALTH_CHECK = KeyGroup(
    "healthCheck",
    "How the load balancer tells a healthy target.",
    (PATH, INTERVAL_SECONDS, TIMEOUT_SECONDS, HEALTHY_THRESHOLD, UNHEALTHY_THRESHOLD, MATCHER),
)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Source of the ranges: ELBv2 API, CreateTargetGroup, `HealthCheck...` parameters."""

    path: str
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    matcher: str


def read_health_check(section: Section) -> HealthCheck:
    """The health check; a timeout that is not below the interval is refused."""
    check = HealthCheck(
        path=section.require(PATH),
        interval_seconds=section.require(INTERVAL_SECONDS),
        timeout_seconds=section.require(TIMEOUT_SECONDS),
        healthy_threshold=section.require(HEALTHY_THRESHOLD),
        unhealthy_threshold=section.require(UNHEALTHY_THRESHOLD),
        matcher=section.require(MATCHER),
    )
    is_comparable = section.is_sound(INTERVAL_SECONDS, TIMEOUT_SECONDS)
    if is_comparable and check.timeout_seconds >= check.interval_seconds:
        section.reject_value(
            TIMEOUT_SECONDS,
            check.timeout_seconds,
            f"less than intervalSeconds, {check.interval_seconds}",
            max(2, check.interval_seconds - 1),
        )
    return check
