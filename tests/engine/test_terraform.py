"""A shop that Terraform declares is adopted, and Terraform has nothing to change at any stage.

The tests run in order. They are skipped where Terraform or its provider cannot be had.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from fleets.auto_scaling_group.floor import give_back, hold
from live.clients import Clients
from ops.terraform.handover import AdoptedParts, terraform_report
from ops.terraform.state_file import read_states
from rehearsal.account import images_of
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.ops.terraform_made import (
    BALANCER,
    SERVICES,
    copy_configuration,
    group_name,
    wait_until_it_serves,
    weights,
    write_values,
)
from tests.terraform_folder import PLAN_HAS_CHANGES, PLAN_IS_EMPTY, TerraformFolder

pytestmark = [pytest.mark.engine, pytest.mark.long]

_REMOVED = re.compile(r"^removed \{\n.*?^\}$", re.MULTILINE | re.DOTALL)
_LIFECYCLE = re.compile(r"^  lifecycle \{\n.*?^  \}$", re.MULTILINE | re.DOTALL)


_FIRST = "aws_lb_listener_rule.list[0]"
_MANY = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" { region = "us-east-1" }

data "aws_lb" "shop" { name = "shop" }

data "aws_lb_listener" "https" {
  load_balancer_arn = data.aws_lb.shop.arn
  port              = 443
}

data "aws_lb_target_group" "web" { name = "hankooktire-us-prd-web-01-tg" }

locals {
  each = { a = "201", b = "202" }
  list = [211, 212, 213]
}

resource "aws_lb_listener_rule" "each" {
  for_each     = local.each
  listener_arn = data.aws_lb_listener.https.arn
  priority     = each.value
  action {
    type             = "forward"
    target_group_arn = data.aws_lb_target_group.web.arn
  }
  condition {
    host_header { values = ["${each.key}.example"] }
  }
}

resource "aws_lb_listener_rule" "list" {
  count        = length(local.list)
  listener_arn = data.aws_lb_listener.https.arn
  priority     = local.list[count.index]
  action {
    type             = "forward"
    target_group_arn = data.aws_lb_target_group.web.arn
  }
  condition {
    host_header { values = ["l${local.list[count.index]}.example"] }
  }
}
"""
"""Rules of one resource with `for_each`, and of one with `count`."""


@dataclass(frozen=True)
class Declared:
    """A shop that Terraform made on a rehearsal, and the stack that adopts it."""

    stack: Rehearsed
    terraform: TerraformFolder
    unchanged: TerraformFolder
    """The same configuration and state, without the change that the adoption prints."""

    def adopt(self, *options: str) -> subprocess.CompletedProcess[str]:
        named = ("--load-balancer", BALANCER, "--stack", "rehearsal", "--yes")
        folder = str(self.terraform.folder)
        return ramping.failover(self.stack, "adopt", *named, "--terraform", folder, *options)

    def is_at(self, split: str) -> bool:
        shares = tuple(map(int, split.split("/")))
        expected = {
            service: dict(zip((group_name(service, s) for s in ("01", "02")), shares, strict=True))
            for service in SERVICES
        }
        return weights(self.stack.client) == expected


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Declared]:
    folder = tmp_path_factory.mktemp("terraform")
    copy_configuration(folder)
    TerraformFolder(folder, os.environ).init()
    with rehearsed(tmp_path_factory.mktemp("declared"), "prod") as stack:
        document = yaml.safe_load(stack.workspace.stack_file.read_text())
        token = {k: v for k, v in document["config"].items() if k == "failover:previewToken"}
        stack.workspace.stack_file.write_text(yaml.safe_dump({**document, "config": token}))
        write_values(folder, images_of(stack.running.endpoint, stack.running.region)["v1"])
        terraform = TerraformFolder(folder, stack.env)
        terraform.apply()
        wait_until_it_serves(stack.client)
        copy = folder.with_name("unchanged")
        shutil.copytree(folder, copy, symlinks=True)
        yield Declared(stack, terraform, TerraformFolder(copy, stack.env))


def test_adopt_converts_no_rule_that_terraform_still_has(shop: Declared) -> None:
    before = weights(shop.stack.client)

    refused = shop.adopt("--apply")

    assert refused.returncode == 1, refused.stdout
    assert "no rule was changed" in refused.stdout
    assert weights(shop.stack.client) == before


def test_the_printed_blocks_leave_terraform_nothing_to_change(shop: Declared) -> None:
    folder = shop.terraform.folder
    printed = shop.adopt("--keep-in-terraform", "portal")

    (folder / "web.tf").write_text(found(_REMOVED, printed.stdout) + "\n")
    within(folder / "portal.tf", found(_LIFECYCLE, printed.stdout.partition("removed {")[0]))
    applied = shop.terraform.apply()
    code, text = shop.terraform.plan()

    assert "aws_lb_listener_rule.web will no longer be managed by Terraform" in applied
    assert "0 added, 0 changed, 0 destroyed" in applied
    assert code == PLAN_IS_EMPTY, text


def test_after_the_adoption_terraform_has_nothing_to_change(shop: Declared) -> None:
    adopted = shop.adopt("--apply", "--keep-in-terraform", "portal", "--probe-rate", "200")

    code, text = shop.terraform.plan()
    assert adopted.returncode == 0, adopted.stdout
    assert " requests, 0 failed" in adopted.stdout
    assert shop.is_at("100/0")
    assert code == PLAN_IS_EMPTY, text


@pytest.mark.parametrize("split", ["75/25", "50/50", "0/100"])
def test_at_a_stage_terraform_has_nothing_to_change(shop: Declared, split: str) -> None:
    ramping.configure(shop.stack, {**ramping.PROMPT, "stages": "[25,50,100]"})
    shop.stack.engine.set_config("weights", split)

    moved = shop.stack.pulumi("up", "--yes", "--skip-preview")

    code, text = shop.terraform.plan()
    assert moved.returncode == 0, moved.stdout
    assert shop.is_at(split)
    assert code == PLAN_IS_EMPTY, text


def test_a_group_that_a_ramp_holds_at_a_floor_leaves_terraform_nothing_to_change(
    shop: Declared,
) -> None:
    floor = 'services.web.slots["02"].autoScalingGroup.floor'
    shop.stack.engine.set_config(floor, "write", "--path")
    printed = shop.adopt("--keep-in-terraform", "portal").stdout
    client = shop.stack.client
    clients = Clients(
        client("elbv2"), client("autoscaling"), client("ec2"), shop.stack.running.region
    )
    hold(clients, "shop-web-02", 3)
    without, text = shop.terraform.plan()

    main = shop.terraform.folder / "main.tf"
    block = found(_LIFECYCLE, printed.partition("A ramp raises the min")[2])
    last = "    version = aws_launch_template.shop.latest_version\n  }\n"
    main.write_text(main.read_text().replace(last, f"{last}\n{block}\n"))
    code, text_with = shop.terraform.plan()
    give_back(clients, "shop-web-02")

    assert without == PLAN_HAS_CHANGES, text
    assert "failover:former-min" in text
    assert code == PLAN_IS_EMPTY, text_with


def test_the_printed_commands_forget_some_instances_and_leave_the_others(
    shop: Declared, tmp_path: Path
) -> None:
    other = TerraformFolder(tmp_path, shop.stack.env)
    (tmp_path / "main.tf").write_text(_MANY)
    shutil.copy(shop.terraform.folder / ".terraform.lock.hcl", tmp_path)
    other.init()
    other.apply()
    (state,) = read_states([tmp_path])
    arns = {each.address: str(each.arn) for each in state.resources}
    adopted = {arns[name]: name for name in ('aws_lb_listener_rule.each["b"]', _FIRST)}
    parts = AdoptedParts(adopted, {}, shop.stack.running.region, "123456789012")

    handovers = terraform_report(state, parts, ()).handovers
    for command in (each for handover in handovers for each in handover.commands):
        ran = subprocess.run(
            str(command), shell=True, cwd=tmp_path, env=shop.stack.env, capture_output=True
        )
        assert ran.returncode == 0, ran.stderr
    smaller = _MANY.replace(', b = "202"', "").replace("[211, ", "[")
    (tmp_path / "main.tf").write_text(smaller)
    code, text = other.plan()

    assert code == PLAN_IS_EMPTY, text
    other.destroy()
    elb = shop.stack.client("elbv2")
    assert len(elb.describe_rules(RuleArns=[*adopted])["Rules"]) == 2


def test_without_the_blocks_terraform_would_reset_both_rules(shop: Declared) -> None:
    code, text = shop.unchanged.plan()

    assert code == PLAN_HAS_CHANGES, text
    for service in SERVICES:
        assert f"aws_lb_listener_rule.{service} will be updated in-place" in text
    assert "0 to add, 2 to change, 0 to destroy" in text


def found(pattern: re.Pattern[str], text: str) -> str:
    (block,) = pattern.findall(text)
    return block


def within(file: Path, block: str) -> None:
    """Add a block at the end of the only resource of a file."""
    text = file.read_text().rstrip()
    file.write_text(f"{text.removesuffix('}')}\n{block}\n}}\n")
