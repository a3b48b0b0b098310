from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.inspect.document import AutoScalingGroup, TemplateReport
from ops.inspect.fleet_reading import with_template
from ops.inspect.words import template

FLEET = AutoScalingGroup(
    name="web-asg",
    target_group_arns=(),
    min_size=1,
    max_size=2,
    desired=1,
    instances=(),
    template=TemplateReport("launch template", "web", "3"),
    health_check_type="ELB",
    grace_seconds=30,
    subnet_ids=(),
)


class Refusing:
    """An EC2 that answers with a code."""

    def __init__(self, code: str) -> None:
        self._code = code

    def describe_launch_template_versions(self, **_asked: Any) -> dict[str, Any]:
        error: Any = {"Error": {"Code": self._code, "Message": "no"}}
        raise ClientError(error, "DescribeLaunchTemplateVersions")


@pytest.mark.parametrize(
    "code",
    [
        "InvalidLaunchTemplateName.NotFoundException",
        "InvalidLaunchTemplateId.NotFound",
        "InvalidLaunchTemplateId.VersionNotFound",
    ],
)
def test_a_group_whose_template_was_deleted_is_told_so_and_the_rest_is_still_read(
    code: str,
) -> None:
    found = with_template(Refusing(code), FLEET)

    assert template(found) == (
        "launch template web, version 3, which is gone: nothing can be launched"
    )


def test_a_template_that_may_not_be_read_is_not_taken_for_a_deleted_one() -> None:
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        with_template(Refusing("UnauthorizedOperation"), FLEET)
