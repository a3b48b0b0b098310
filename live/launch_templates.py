"""One version of a launch template, and the latest one beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from live.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

_NO_VERSION = "InvalidLaunchTemplateId.VersionNotFound"
_ABSENT = ("InvalidLaunchTemplateId.", "InvalidLaunchTemplateName.")
"""How AWS's codes begin for a template that does not exist.

Source: EC2 API, "Error codes".
"""


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """A launch template, as far as one version of it is asked for."""

    data: Mapping[str, Any] | None = field(repr=False)
    """Of the version; `None` if the template has no such version.

    Source: EC2 API, ResponseLaunchTemplateData.
    """
    latest: int
    """The number of the latest version."""
    latest_data: Mapping[str, Any] = field(repr=False)


def find_template(
    compute: EC2Client, number: int, *, template_id: str | None = None, name: str | None = None
) -> FoundTemplate | None:
    """A template with its version `number`, named by id or name; `None` if it does not exist.

    Source: EC2 API, DescribeLaunchTemplateVersions.

    Raises:
        LiveError: AWS cannot be read.
    """
    named: Any = {"LaunchTemplateId": template_id} if template_id else {"LaunchTemplateName": name}
    with translated():
        try:
            latest = _version(compute, named, "$Latest")
        except ClientError as error:
            if _code(error).startswith(_ABSENT):
                return None
            raise
        try:
            wanted = _version(compute, named, str(number))
        except ClientError as error:
            if _code(error) != _NO_VERSION:
                raise
            wanted = None
    if latest is None:
        return None
    return FoundTemplate(
        None if wanted is None else wanted.get("LaunchTemplateData", {}),
        int(latest["VersionNumber"]),
        latest.get("LaunchTemplateData", {}),
    )


def _version(compute: EC2Client, named: Any, version: str) -> Mapping[str, Any] | None:
    """One version; `None` where AWS returns none in place of an error."""
    found: Any = compute.describe_launch_template_versions(**named, Versions=[version])
    return next(iter(found["LaunchTemplateVersions"]), None)


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
