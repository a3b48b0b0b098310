"""The floor of a weight change: a program with one listener rule and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from rehearsal.engine import RehearsalEngine

_PROJECT = """\
name: floor
runtime:
  name: python
  options:
    virtualenv: .venv
"""
_PROGRAM = """\
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
first, second = (int(weight) for weight in config.require("weights").split("/"))
aws.lb.ListenerRule(
    "rule",
    listener_arn=config.require("listener"),
    priority=49000,
    conditions=[{"host_header": {"values": ["floor.example"]}}],
    actions=[
        {
            "type": "forward",
            "forward": {
                "target_groups": [
                    {"arn": config.require("one"), "weight": first},
                    {"arn": config.require("two"), "weight": second},
                ]
            },
        }
    ],
)
"""


class Floor:
    """One rule on the stack's own listener, in a project of its own."""

    def __init__(self, engine: RehearsalEngine) -> None:
        self._engine = engine

    @classmethod
    def create(cls, folder: Path, env: Mapping[str, str], outputs: Mapping[str, Any]) -> Floor:
        """Build it beside the stack whose `outputs` these are."""
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text(_PROJECT)
        (folder / "__main__.py").write_text(_PROGRAM)
        (folder / ".venv").symlink_to(Path(env["PATH"].split(":")[0]).parent)
        engine = RehearsalEngine(folder, env)
        engine.run("stack", "init", env["PULUMI_STACK"])
        service = next(iter(outputs["services"].values()))
        elb = _elb(env)
        rule = elb.describe_rules(RuleArns=[service["ruleArn"]])["Rules"][0]
        listener = rule["RuleArn"].replace(":listener-rule/", ":listener/").rsplit("/", 1)[0]
        vpc = elb.describe_target_groups(TargetGroupArns=[service["targetGroupArns"]["01"]])
        vpc_id = vpc["TargetGroups"][0]["VpcId"]
        for name in ("one", "two"):
            made = elb.create_target_group(
                Name=f"floor-{name}", Protocol="HTTP", Port=80, VpcId=vpc_id
            )
            engine.set_config(name, made["TargetGroups"][0]["TargetGroupArn"])
        engine.set_config("listener", listener)
        engine.set_config("aws:region", env["AWS_REGION"])
        floor = cls(engine)
        floor.change("100/0")
        return floor

    def change(self, split: str) -> None:
        """The same two commands."""
        self._engine.set_config("weights", split)
        self._engine.run("up", "--yes", "--skip-preview")


def _elb(env: Mapping[str, str]) -> Any:
    return boto3.client(
        "elbv2",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
