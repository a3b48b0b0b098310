"""The alarms of every slot."""

from __future__ import annotations

from dataclasses import dataclass

from settings.declaration.key import ConfigMap, Key, optional, required
from settings.declaration.kind import WholeNumber, arn_of
from settings.declaration.landing import ALARM, OF_SLOT, Landing


@dataclass(frozen=True, kw_only=True)
class AlarmSettings(ConfigMap):
    """When the alarms of a slot fire, and where they are sent."""

    target_5xx_per_minute: Key[int] = required(
        50,
        WholeNumber(1, 1_000_000),
        "Number of responses with 500 to 599 of a slot's targets from which its alarm fires.",
        lands=Landing(ALARM, "threshold", "this alarm of every slot", name=f"{OF_SLOT}-target-5xx"),
    )
    topic_arn: Key[str | None] = optional(
        "arn:aws:sns:us-east-1:111122223333:on-call",
        arn_of("sns", r"[A-Za-z0-9_-]{1,256}(\.fifo)?", "an SNS topic"),
        "SNS topic for alarms. Default: alarms only change their state.",
        offer="TOPIC_ARN",
    )
