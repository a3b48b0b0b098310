"""The alarms of every slot."""

from __future__ import annotations

from dataclasses import dataclass

from settings.arn import arn_of
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import WholeNumber
from settings.declaration.section import Section

TARGET_5XX_PER_MINUTE = Key(
    "target5xxPerMinute",
    WholeNumber(1, 1_000_000),
    "Responses of 500 to 599 by a slot's targets, from which its alarm fires.",
    50,
)
TOPIC_ARN = Key(
    "topicArn",
    arn_of("sns", r"[A-Za-z0-9_-]{1,256}(\.fifo)?", "an SNS topic"),
    "Where alarms are sent; without it they only change state.",
    "arn:aws:sns:us-east-1:111122223333:on-call",
    offer="TOPIC_ARN",
)
ALARMS = KeyGroup(
    "alarms",
    "Two CloudWatch alarms per slot, 5xx and unhealthy hosts; none where it is absent. They cost.",
    (TARGET_5XX_PER_MINUTE, TOPIC_ARN),
)


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """When the alarms of a slot fire, and whom they tell."""

    target_5xx_per_minute: int
    topic_arn: str | None


def read_alarms(section: Section, *, is_wanted: bool) -> AlarmSettings | None:
    """The alarms; `None` where the config has none."""
    if not is_wanted:
        return None
    section.reject_absent(TARGET_5XX_PER_MINUTE)
    return AlarmSettings(section.require(TARGET_5XX_PER_MINUTE), section.read(TOPIC_ARN))
