"""Plain Terraform makes what teams make on the local AWS, finds nothing to change, and removes it.

Runs where Terraform is installed and its `hashicorp/aws` provider can be had: from the registry, or
from the mirror that `TF_PLUGIN_MIRROR` names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import V1, Aws
from tests.terraform_folder import PLAN_IS_EMPTY, TerraformFolder

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


class Terraform(TerraformFolder):
    """One folder with one configuration, on the local AWS of a test."""

    def __init__(self, folder: Path, aws: Aws) -> None:
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        super().__init__(folder, {**os.environ, **keys})
        self._endpoint = aws.elbv2.meta.endpoint_url

    def declare(self, resources: dict[str, dict[str, Any]]) -> None:
        """Write the configuration, and get the provider.

        Skips the test where that cannot be had.
        """
        services = ("autoscaling", "ec2", "elbv2", "s3", "sts")
        provider = {
            "region": "us-east-1",
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "skip_requesting_account_id": True,
            "s3_use_path_style": True,
            "endpoints": [dict.fromkeys(services, self._endpoint)],
        }
        document = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
            "provider": {"aws": provider},
            "resource": resources,
        }
        (self.folder / "main.tf.json").write_text(json.dumps(document, indent=1))
        self.init()


@pytest.fixture
def terraform(tmp_path: Path, aws: Aws) -> Terraform:
    return Terraform(tmp_path, aws)


def bare_service(aws: Aws) -> dict[str, dict[str, Any]]:
    """A service as a team declares it that leaves everything out that it may."""
    return {
        "aws_lb_target_group": {
            "bare": {"name": "bare", "port": 80, "protocol": "HTTP", "vpc_id": aws.vpc_id},
            "ip": {
                "name": "of-ips",
                "port": 8443,
                "protocol": "HTTPS",
                "target_type": "ip",
                "vpc_id": aws.vpc_id,
            },
        },
        "aws_lb_listener_rule": {
            "bare": {
                "listener_arn": aws.listener_arn,
                "action": [
                    {"type": "forward", "target_group_arn": "${aws_lb_target_group.bare.arn}"}
                ],
                "condition": [{"path_pattern": [{"values": ["/bare/*"]}]}],
            },
            "weighted": {
                "listener_arn": aws.listener_arn,
                "priority": 7,
                "action": [
                    {
                        "type": "forward",
                        "forward": [
                            {
                                "target_group": [
                                    {"arn": "${aws_lb_target_group.bare.arn}", "weight": 75},
                                    {"arn": "${aws_lb_target_group.ip.arn}", "weight": 25},
                                ]
                            }
                        ],
                    }
                ],
                "condition": [{"host_header": [{"values": ["a.example"]}]}],
            },
        },
        "aws_launch_template": {
            "bare": {"name": "bare", "image_id": V1, "instance_type": "t3.micro"}
        },
        "aws_autoscaling_group": {
            "bare": {
                "name": "bare",
                "min_size": 0,
                "max_size": 2,
                "vpc_zone_identifier": aws.subnet_ids,
                "target_group_arns": ["${aws_lb_target_group.bare.arn}"],
                "launch_template": [
                    {
                        "id": "${aws_launch_template.bare.id}",
                        "version": "${aws_launch_template.bare.latest_version}",
                    }
                ],
            }
        },
        "aws_security_group": {"bare": {"name": "bare", "vpc_id": aws.vpc_id}},
        "aws_s3_bucket": {"bare": {"bucket": "bare-of-terraform"}},
    }


def test_terraform_makes_a_bare_service_and_finds_nothing_to_change(
    terraform: Terraform, aws: Aws
) -> None:
    terraform.declare(bare_service(aws))

    terraform.apply()
    code, text = terraform.plan()
    terraform.destroy()

    assert code == PLAN_IS_EMPTY, text
    assert aws.elbv2.describe_target_groups()["TargetGroups"] == []


def test_terraform_makes_a_load_balancer_and_its_listener(terraform: Terraform, aws: Aws) -> None:
    terraform.declare(
        {
            "aws_lb": {"bare": {"name": "bare", "subnets": aws.subnet_ids}},
            "aws_lb_listener": {
                "bare": {
                    "load_balancer_arn": "${aws_lb.bare.arn}",
                    "port": 443,
                    "protocol": "HTTPS",
                    "certificate_arn": aws.certificate_arn,
                    "default_action": [
                        {
                            "type": "fixed-response",
                            "fixed_response": [{"content_type": "text/plain", "status_code": 404}],
                        }
                    ],
                }
            },
        }
    )

    terraform.apply()
    code, text = terraform.plan()
    terraform.destroy()

    assert code == PLAN_IS_EMPTY, text
