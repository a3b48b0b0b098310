"""A version of an existing launch template, as the program looks it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from live.launch_templates import FoundTemplate, find_template
from tests.rehearsal.control_plane.aws import V1, V2, Aws

FIRST = {"ImageId": V1, "KeyName": "ops"}
SECOND = {"ImageId": V2}


@pytest.fixture
def template_id(aws: Aws) -> str:
    made = aws.ec2.create_launch_template(LaunchTemplateName="shop-web", LaunchTemplateData=FIRST)
    aws.ec2.create_launch_template_version(LaunchTemplateName="shop-web", LaunchTemplateData=SECOND)
    return made["LaunchTemplate"]["LaunchTemplateId"]


@pytest.fixture
def elsewhere(endpoint: str) -> Iterator[Any]:
    session: Any = boto3.Session("test", "test", region_name="eu-central-1")
    client = session.client("ec2", endpoint_url=endpoint)
    yield client
    client.close()


def test_a_version_is_found_by_id_and_by_name_beside_the_latest(aws: Aws, template_id: str) -> None:
    found = FoundTemplate(FIRST, 2, SECOND)

    assert find_template(aws.ec2, 1, template_id=template_id) == found
    assert find_template(aws.ec2, 1, name="shop-web") == found


def test_a_version_that_the_template_does_not_have_leaves_the_latest(
    aws: Aws, template_id: str
) -> None:
    found = find_template(aws.ec2, 9, template_id=template_id)

    assert found == FoundTemplate(None, 2, SECOND)


def test_a_template_of_another_region_or_that_was_deleted_is_not_found(
    aws: Aws, template_id: str, elsewhere: Any
) -> None:
    of_another_region = find_template(elsewhere, 1, template_id=template_id)
    aws.ec2.delete_launch_template(LaunchTemplateId=template_id)

    assert of_another_region is None
    assert find_template(aws.ec2, 1, template_id=template_id) is None
    assert find_template(aws.ec2, 1, name="shop-web") is None
