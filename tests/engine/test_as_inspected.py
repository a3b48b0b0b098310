"""A stack that names what only its account has, rehearsed from an inspection of that account."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.engine import copy_project
from rehearsal.errors import BadInspectionError, BusyError, NotSupportedError
from rehearsal.lifecycle import ROOT, Inspected, start
from rehearsal.local_aws import LocalAws
from rehearsal.workspace import Workspace
from rollout.split import Slot
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed
from tests.rehearsal.inspected.documents import (
    ACCOUNT,
    LISTENER,
    TEMPLATE,
    config,
    document,
    fleet,
    server,
    slot,
    target_group,
    template,
)

pytestmark = [pytest.mark.engine, pytest.mark.long]

LIKE = "adopted"
BOOT_SECONDS = 0.5


def account() -> dict[str, Any]:
    """Slot 01 is an Auto Scaling group, slot 02 has two servers that are registered by hand."""
    found = document(
        autoScalingGroups=[fleet("web-asg", "web-01-tg", "2")],
        launchTemplates=[template(1, 2)],
    )
    second = server("i-00000000000000005", "ami-0bbbbbbbbbbbbbbbb", "10.7.0.15")
    found["servers"].append(second)
    found["targetGroups"][1] = target_group("web-02-tg", "i-00000000000000002", second["id"])
    return found


def stack_file() -> dict[str, Any]:
    own = config()
    web = own["failover:services"]["web"]
    web["slots"]["01"] = slot("web-01-tg", autoScalingGroup={"existing": "web-asg"})
    web |= {
        "port": 8080,
        "adoptedRule": True,
        "healthCheck": {"path": "/healthz", "intervalSeconds": 5, "timeoutSeconds": 2},
        "deregistrationDelaySeconds": 20,
    }
    ramp = {"stages": [50, 100], "bakeSeconds": 1, "holdSeconds": 1, "watchSeconds": 1}
    guard = {"healthyPolls": 1, "pollSeconds": 1, "waitSeconds": 60}
    gates = {"targets": True, "probe": {"slotHeader": ""}, "smoke": {"slotHeader": ""}}
    return {
        "config": {
            **own,
            "failover:weights": "100/0",
            "failover:protection": "true",
            "failover:previewToken": {"secure": "v1:of-another-stack"},
            "failover:ramp": {**ramp, "guard": guard, "gates": gates},
        }
    }


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_project(ROOT, tmp_path_factory.mktemp("inspected") / "clone")
    (root / f"Pulumi.{LIKE}.yaml").write_text(yaml.safe_dump(stack_file(), sort_keys=False))
    (root / "inspected.json").write_text(json.dumps(account()))
    return root


@pytest.fixture(scope="module")
def stack(clone: Path) -> Generator[Rehearsed]:
    workspace, inspected = Workspace(clone), Inspected(clone / "inspected.json")
    started = start(
        workspace, LIKE, BOOT_SECONDS, lambda _: None, tethered=True, inspected=inspected
    )
    assert started.supervisor is not None
    try:
        yield Rehearsed(workspace, started.running)
    finally:
        started.supervisor.terminate()
        started.supervisor.communicate()
        workspace.remove()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("not json", BadInspectionError),
        ({**account(), "targetGroups": []}, BadInspectionError),
        (
            {**account(), "network": {**account()["network"], "cidrBlocks": ["x"]}},
            NotSupportedError,
        ),
    ],
    ids=["another-file", "of-too-little", "refused-halfway"],
)
def test_a_file_that_cannot_be_made_leaves_nothing(
    clone: Path, content: Any, error: type[Exception]
) -> None:
    file = clone / "bad.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    before = (clone / f"Pulumi.{LIKE}.yaml").read_text()
    workspace = Workspace(clone)

    with pytest.raises(error):
        start(workspace, LIKE, BOOT_SECONDS, lambda _: None, inspected=Inspected(file))

    assert workspace.wait_until_free(5.0)
    assert not workspace.folder.exists()
    assert not workspace.stack_file.exists()
    assert (clone / f"Pulumi.{LIKE}.yaml").read_text() == before


def test_the_copy_differs_in_the_token_and_the_guards_alone(clone: Path, stack: Rehearsed) -> None:
    copied = yaml.safe_load(stack.workspace.stack_file.read_text())["config"]
    own = yaml.safe_load((clone / f"Pulumi.{LIKE}.yaml").read_text())["config"]

    assert {key for key in copied | own if copied.get(key) != own.get(key)} == {
        "failover:previewToken"
    }
    assert stack.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_another_file_is_refused_while_it_runs(stack: Rehearsed) -> None:
    other = Inspected(stack.root / "other.json")
    other.file.write_text(json.dumps(account()))

    with pytest.raises(BusyError, match=r"like adopted as .*/inspected.json runs"):
        start(stack.workspace, LIKE, BOOT_SECONDS, lambda _: None, inspected=other)


def test_the_first_up_makes_the_rules_alone_and_leaves_nothing_to_change(stack: Rehearsed) -> None:
    made = stack.pulumi("up", "--yes", "--skip-preview")
    preview = stack.pulumi("preview", "--expect-no-changes")

    assert made.returncode == 0, made.stdout
    assert preview.returncode == 0, preview.stdout
    rules = stack.client("elbv2").describe_rules(ListenerArn=LISTENER)["Rules"]
    assert {"10", "50", "default"} < {each["Priority"] for each in rules}
    groups = stack.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert [each["AutoScalingGroupName"] for each in groups] == ["web-asg"]
    assert groups[0]["LaunchTemplate"]["LaunchTemplateId"] == TEMPLATE


def test_a_bare_up_is_one_change_of_one_rule(stack: Rehearsed) -> None:
    aws = LocalAws(stack.running.endpoint)
    stack.engine.set_config("weights", "50/50")
    mark = aws.mark()

    moved = stack.pulumi("up", "--yes", "--skip-preview")

    calls = aws.calls(mark)
    stack.engine.set_config("weights", "100/0")
    returned = stack.pulumi("up", "--yes", "--skip-preview")
    assert moved.returncode == 0, moved.stdout
    assert returned.returncode == 0, returned.stdout
    assert calls["ModifyRule"] == 1
    (service,) = stack.observer().read()
    assert [service.slots[each].desired for each in Slot] == [2, 2]


def test_a_ramp_moves_all_requests_and_loses_none(stack: Rehearsed) -> None:
    ramped = ramping.failover(stack, "ramp", "--to", "02", "--yes")
    preview = stack.pulumi("preview", "--expect-no-changes")

    assert ramped.returncode == 0, ramped.stdout
    assert preview.returncode == 0, preview.stdout
    assert [service.weights for service in stack.observer().read()] == ["0/100"]
