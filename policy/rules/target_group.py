"""Target groups: seen to fail soon, drained in good time, bound to no client."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policy import configured, traffic_policy
from .resource_type import TARGET_GROUP
from .value import has, is_off, section, shown, whole_number

LONGEST_INTERVAL_SECONDS = 30
DEFAULT_DELAY_SECONDS = 300
"""AWS's own. Source: ELBv2 API Reference, `deregistration_delay.timeout_seconds`."""

_MIN, _MAX = "minSeconds", "maxSeconds"
_DEFAULT_MIN_SECONDS = 1


def _stickiness(args: ResourceValidationArgs) -> Iterator[str]:
    # A block that is there is on until it says otherwise. Source: pulumi-aws, TargetGroup.
    if has(args.props, "stickiness"):
        enabled = section(args.props, "stickiness").get("enabled")
        if not is_off(enabled):
            yield (
                f"stickiness.enabled is {shown(enabled)}; expected false: a client that sticks "
                "to a slot outlives its weight"
            )


def _rare_health_checks(args: ResourceValidationArgs) -> Iterator[str]:
    interval = section(args.props, "healthCheck").get("interval")
    if interval is None:
        return  # 30 s, AWS's own.
    seconds = whole_number(interval)
    if seconds is None or seconds > LONGEST_INTERVAL_SECONDS:
        yield (
            f"healthCheck.interval is {shown(interval)}; expected at most "
            f"{LONGEST_INTERVAL_SECONDS} s: a stage may last minutes"
        )


def _delay_out_of_range(args: ResourceValidationArgs) -> Iterator[str]:
    delay = args.props.get("deregistrationDelay")
    seconds = DEFAULT_DELAY_SECONDS if delay is None else whole_number(delay)
    least = configured(args, _MIN, _DEFAULT_MIN_SECONDS)
    most = configured(args, _MAX, DEFAULT_DELAY_SECONDS)
    if seconds is None or not least <= seconds <= most:
        found = f"{shown(delay)}, which is {seconds} s" if delay is None else shown(delay)
        yield (
            f"deregistrationDelay is {found}; expected {least:.0f} to {most:.0f} s: at least "
            "the slowest request, and no more than a rollback can wait"
        )


POLICIES = (
    traffic_policy(
        "target-group-stickiness",
        "A target group binds no client to itself.",
        TARGET_GROUP,
        _stickiness,
    ),
    traffic_policy(
        "target-group-health-check-interval",
        f"Targets are checked at least every {LONGEST_INTERVAL_SECONDS} seconds.",
        TARGET_GROUP,
        _rare_health_checks,
    ),
    traffic_policy(
        "target-group-deregistration-delay",
        "A running request may finish, and a target is gone in good time.",
        TARGET_GROUP,
        _delay_out_of_range,
        {
            _MIN: {
                "type": "number",
                "minimum": 0,
                "default": _DEFAULT_MIN_SECONDS,
                "description": "The slowest request that a service answers.",
            },
            _MAX: {
                "type": "number",
                "maximum": 3600,
                "default": DEFAULT_DELAY_SECONDS,
                "description": "How long a rollback or a renewal may wait for one target.",
            },
        },
    ),
)
