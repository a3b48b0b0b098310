"""ARNs as config values."""

from __future__ import annotations

from settings.declaration.kind import Text

_PARTITION = "aws[a-z-]*"
_REGION_AND_ACCOUNT = r"[a-z]{2}(?:-[a-z]+)+-\d+:\d{12}"


def arn_of(service: str, resource: str, what: str) -> Text:
    """The kind of an ARN of `service`, whose resource part matches the pattern `resource`."""
    return Text(
        rf"arn:{_PARTITION}:{service}:{_REGION_AND_ACCOUNT}:{resource}",
        f"the ARN of {what}: arn:aws:{service}:REGION:ACCOUNT:...",
        "ARN",
    )


def region_of(arn: str) -> str:
    """The region that an ARN names."""
    return arn.split(":")[3]
