"""Turning a target group's stickiness off: a client that sticks to a target ignores the weights."""

from __future__ import annotations

from rollout.command import Command

STICKINESS_OFF = (
    "each client's next request goes to any target of the group, and what one target alone "
    "remembers of a client, such as a session, is then lost to it"
)


def without_stickiness(arn: str, *, region: str, profile: str | None = None) -> Command:
    """The command that turns it off and leaves every other attribute as it is."""
    return Command.of_aws(
        "elbv2",
        "modify-target-group-attributes",
        {
            "target-group-arn": arn,
            "attributes": [{"Key": "stickiness.enabled", "Value": "false"}],
        },
        region=region,
        profile=profile,
        moves=STICKINESS_OFF,
    )
