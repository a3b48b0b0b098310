"""One version of a launch template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from live.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

_ABSENT = ("InvalidLaunchTemplateId.", "InvalidLaunchTemplateName.")
"""How AWS's codes begin for a template, or a version of one, that does not exist.

Source: EC2 API, "Error codes".
"""


def read_template_data(
    compute: EC2Client, number: int, *, template_id: str | None = None, name: str | None = None
) -> Mapping[str, Any] | None:
    """The data of version `number` of a template, named by either; `None` if it does not exist.

    Source: EC2 API, DescribeLaunchTemplateVersions, ResponseLaunchTemplateData.

    Raises:
        LiveError: AWS cannot be read.
    """
    named: Any = {"LaunchTemplateId": template_id} if template_id else {"LaunchTemplateName": name}
    with translated():
        try:
            found = compute.describe_launch_template_versions(**named, Versions=[str(number)])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "").startswith(_ABSENT):
                return None
            raise
    for version in found["LaunchTemplateVersions"]:
        return version.get("LaunchTemplateData", {})
    return None
