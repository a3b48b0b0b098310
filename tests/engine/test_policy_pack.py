"""The policy pack in the real engine: what breaks it, and the stacks that do not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from policy.rules import POLICIES
from rehearsal.engine import RehearsalEngineError, pack_options
from rehearsal.workspace import STACK
from tests.configs import ROOT
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine

DELAY = "services.web.deregistrationDelaySeconds"
FIREWALL = ("advisory", "load-balancer-firewall", "alb")
PREVIEW_LOGIN = ("advisory", *2 * ("listener-rule-preview-login",))
WITHOUT_TEMPLATE = "auto-scaling-group-launch-template"
NOT_KNOWN_BEFORE_THE_FIRST_UP = {
    ("advisory", policy, resource)
    for policy, resources in {
        "auto-scaling-group-template-version": ["portal-01", "portal-02", "web-01", "web-02"],
        "iam-policy-full-access": ["access-logs"],
        "iam-policy-service-wildcard": ["access-logs"],
        "listener-rule-distinct-groups": ["portal", "web"],
    }.items()
    for resource in resources
}
_reported = re.compile(r"\[(mandatory|advisory)\]\s+(\S+)\s+\(\S+: (\S+)\)")

Reported = set[tuple[str, str, str]]
"""Level, policy and resource."""


@dataclass(frozen=True)
class BadStack:
    """A program of its own, and a copy of the pack that has nothing beside it."""

    folder: Path
    env: dict[str, str]

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def preview(self) -> subprocess.CompletedProcess[str]:
        return self.pulumi("preview", "--policy-pack", str(self.folder.parent / "pack"))


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("policies"), "prod") as stack:
        stack.engine.set_config("weights", "100/0")
        yield stack


@pytest.fixture(scope="module")
def bad(prod: Rehearsed, tmp_path_factory: pytest.TempPathFactory) -> BadStack:
    folder = tmp_path_factory.mktemp("bad")
    shutil.copytree(ROOT / "policy", folder / "pack", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(Path(__file__).with_name("bad_stack"), folder / "stack")
    os.symlink(ROOT / ".venv", folder / ".venv")
    stack = BadStack(folder / "stack", prod.env)
    stack.pulumi("stack", "init", STACK, "--no-select")
    stack.pulumi("config", "set", "aws:region", prod.running.region)
    return stack


def reported(output: str) -> Reported:
    return set(_reported.findall(output))


def test_every_policy_stops_its_deliberately_bad_resource_and_no_other(bad: BadStack) -> None:
    done = bad.preview()

    found = reported(done.stdout)
    mandatory = {each for each in found if each[0] == "mandatory"}
    ids = {policy.name for policy in POLICIES}
    ids -= {FIREWALL[1], PREVIEW_LOGIN[1], WITHOUT_TEMPLATE}
    assert done.returncode != 0
    assert mandatory == {("mandatory", policy, policy) for policy in ids}, done.stdout
    assert {("advisory", FIREWALL[1], FIREWALL[1]), PREVIEW_LOGIN} <= found


@pytest.mark.long
def test_a_group_without_a_launch_template_is_stopped_too(bad: BadStack) -> None:
    bad.pulumi("config", "set", "old", "true")

    done = bad.preview()

    assert done.returncode != 0
    assert ("mandatory", WITHOUT_TEMPLATE, WITHOUT_TEMPLATE) in reported(done.stdout)


@pytest.mark.long
def test_a_stack_that_is_still_to_be_made_breaks_nothing_and_tells_what_it_cannot_know(
    prod: Rehearsed,
) -> None:
    preview = prod.pulumi("preview", *pack_options(prod.root))

    assert preview.returncode == 0, preview.stdout
    assert reported(preview.stdout) == {FIREWALL, *NOT_KNOWN_BEFORE_THE_FIRST_UP}


@pytest.mark.long
def test_the_pack_is_mandatory_without_config_and_stops_an_up_before_it_touches_anything(
    prod: Rehearsed,
) -> None:
    prod.engine.set_config(DELAY, "0", "--path")

    with pytest.raises(RehearsalEngineError) as refused:
        prod.engine.up(*pack_options(prod.root, "no-such-stack"))

    prod.engine.set_config(DELAY, "2", "--path")
    assert "target-group-deregistration-delay (web-01)" in str(refused.value)
    assert "deregistrationDelay is 0; expected 1 to 300 s" in str(refused.value)
    assert prod.client("elbv2").describe_load_balancers()["LoadBalancers"] == []


@pytest.mark.long
def test_an_up_under_the_pack_makes_the_stack_and_a_stage_then_has_one_advice(
    prod: Rehearsed,
) -> None:
    options = pack_options(prod.root)
    made = prod.engine.up(*options)
    prod.engine.set_config("weights", "90/10")

    preview = prod.pulumi("preview", *options)

    prod.engine.set_config("weights", "100/0")
    assert {change.operation for change in made.applied} == {"create"}
    assert preview.returncode == 0, preview.stdout
    assert reported(preview.stdout) == {FIREWALL}


@pytest.mark.long
def test_an_update_without_a_preview_stops_at_the_resource_that_breaks_a_policy(
    prod: Rehearsed,
) -> None:
    prod.engine.set_config(DELAY, "0", "--path")

    done = prod.pulumi("up", "--yes", "--skip-preview", *pack_options(prod.root))

    prod.engine.set_config(DELAY, "2", "--path")
    assert done.returncode != 0
    assert "target-group-deregistration-delay" in done.stdout
    assert "deregistrationDelay is 0; expected 1 to 300 s" in done.stdout
    assert delays(prod) == {"2"}


@pytest.mark.long
def test_dev_is_advised_of_what_it_does_without_and_stopped_by_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with rehearsed(tmp_path_factory.mktemp("policies-dev"), "dev") as dev:
        preview = dev.pulumi("preview", *pack_options(dev.root))

    assert preview.returncode == 0, preview.stdout
    assert reported(preview.stdout) == {
        ("advisory", "load-balancer-deletion-protection", "alb"),
        ("advisory", "load-balancer-zones", "alb"),
        *NOT_KNOWN_BEFORE_THE_FIRST_UP,
        # Its subnets are its own, and still to be made.
        *(
            ("advisory", "auto-scaling-group-zones", group)
            for group in ("portal-01", "portal-02", "web-01", "web-02")
        ),
    }


def delays(stack: Rehearsed) -> set[str]:
    elbv2 = stack.client("elbv2")
    return {
        attribute["Value"]
        for group in elbv2.describe_target_groups()["TargetGroups"]
        for attribute in elbv2.describe_target_group_attributes(
            TargetGroupArn=group["TargetGroupArn"]
        )["Attributes"]
        if attribute["Key"] == "deregistration_delay.timeout_seconds"
    }
