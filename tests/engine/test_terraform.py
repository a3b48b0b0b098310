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
