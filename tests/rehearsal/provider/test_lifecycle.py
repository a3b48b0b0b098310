"""Every resource type through the real engine, from nothing and back to nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.provider.families import RESOURCE_TYPES
from tests.rehearsal.provider.attached import Attached, attached, left_in_aws
from tests.rehearsal.provider.drift.mutation import declares, leaves

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("provider-lifecycle")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attached]:
    with attached(tmp_path_factory.mktemp("lifecycle")) as made:
        made.must("up", "--yes", "--skip-preview")
        yield made


def _changes(steps_json: str) -> dict[str, tuple[str, list[str]]]:
    """What a preview's digest says is done: operation and paths by logical name."""
    return {
        step["urn"].rpartition("::")[2]: (step["op"], sorted(step.get("detailedDiff") or ()))
        for step in json.loads(steps_json)["steps"]
        if step["op"] not in ("same", "refresh", "read")
    }


def _declared_groups(stack: Attached) -> list[str]:
    """The target groups of the weighted rule, in the program's order; AWS has one of its own."""
    (rule,) = [one for one in stack.exported() if one["urn"].endswith("::rule-forward")]
    return [group["arn"] for group in rule["inputs"]["actions"][0]["forward"]["targetGroups"]]


def _weights(stack: Attached) -> list[int]:
    rule = json.loads(stack.must("stack", "output", "--json"))["rule"]
    told = stack.client("elbv2").describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
    groups = told["ForwardConfig"]["TargetGroups"]
    by_arn = {group["TargetGroupArn"]: group["Weight"] for group in groups}
    return [by_arn[arn] for arn in _declared_groups(stack)]


def test_the_program_of_these_tests_declares_every_property(stack: Attached) -> None:
    declared = {
        (one["type"], leaf)
        for one in stack.exported()
        for leaf in leaves(RESOURCE_TYPES[one["type"]].properties)
        if declares(one["inputs"], leaf)
    }

    known = {(t, leaf) for t, kind in RESOURCE_TYPES.items() for leaf in leaves(kind.properties)}
    assert known - declared == {("aws:autoscaling/group:Group", "desiredCapacity")}


def test_nothing_is_left_to_change_after_an_up(stack: Attached) -> None:
    stack.must("preview", "--expect-no-changes")
    stack.must("refresh", "--yes", "--expect-no-changes")
    stack.must("preview", "--expect-no-changes")


def test_every_output_is_returned(stack: Attached) -> None:
    untold = {
        (one["type"], name)
        for one in stack.exported()
        for name in RESOURCE_TYPES[one["type"]].outputs
        if one["outputs"].get(name) in (None, "")
    }

    assert untold == set()


def test_a_stage_changes_two_weights_and_nothing_else(stack: Attached) -> None:
    stack.set_config(weights="75/25")

    previewed = _changes(stack.must("preview", "--json"))
    stack.must("up", "--yes", "--skip-preview")

    paths = [f"actions[0].forward.targetGroups[{at}].weight" for at in (0, 1)]
    assert previewed == {"rule-forward": ("update", paths)}
    assert _weights(stack) == [75, 25]
    stack.must("refresh", "--yes", "--expect-no-changes")


@pytest.mark.long
def test_what_changed_elsewhere_is_set_right_by_the_next_up_after_a_refresh(
    stack: Attached,
) -> None:
    rule = json.loads(stack.must("stack", "output", "--json"))["rule"]
    elbv2 = stack.client("elbv2")
    before = _weights(stack)
    actions = elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]
    first = _declared_groups(stack)[0]
    for group in actions[0]["ForwardConfig"]["TargetGroups"]:
        if group["TargetGroupArn"] == first:
            group["Weight"] = 3
    elbv2.modify_rule(RuleArn=rule, Actions=actions)

    stack.must("refresh", "--yes")
    previewed = _changes(stack.must("preview", "--json"))
    stack.must("up", "--yes", "--skip-preview")

    path = "actions[0].forward.targetGroups[0].weight"
    assert previewed == {"rule-forward": ("update", [path])}
    assert _weights(stack) == before


@pytest.mark.long
def test_what_was_deleted_elsewhere_is_made_again_after_a_refresh(stack: Attached) -> None:
    gone = next(one for one in stack.exported() if one["urn"].endswith("::rule-fixed"))
    stack.client("elbv2").delete_rule(RuleArn=gone["id"])

    stack.must("refresh", "--yes")
    previewed = _changes(stack.must("preview", "--json"))
    stack.must("up", "--yes", "--skip-preview")

    assert previewed == {"rule-fixed": ("create", [])}
    stack.must("preview", "--expect-no-changes")


@pytest.mark.long
def test_a_new_image_makes_the_next_template_version_and_renews_its_groups(
    stack: Attached,
) -> None:
    stack.set_config(imageId="ami-0fa11000000000002")

    previewed = _changes(stack.must("preview", "--json"))
    stack.must("up", "--yes", "--skip-preview")

    templates = {f"template-{form}": ("update", ["imageId"]) for form in _FORMS}
    assert previewed == {**templates, "scaled-by-id": ("update", ["launchTemplate.version"])}
    autoscaling = stack.client("autoscaling")
    told = autoscaling.describe_instance_refreshes(AutoScalingGroupName="drift-by-id")
    assert len(told["InstanceRefreshes"]) == 1
    stack.must("preview", "--expect-no-changes")


_FORMS = ("interfaces", "named", "by-arn")


@pytest.mark.long
def test_every_resource_is_imported_as_it_is(stack: Attached, tmp_path: Path) -> None:
    exported = stack.exported()
    wanted: list[dict[str, Any]] = [
        {"type": one["type"], "name": one["urn"].rpartition("::")[2], "id": one["id"]}
        for one in exported
    ]
    names = tmp_path / "import.json"
    names.write_text(json.dumps({"resources": wanted}))
    stack.must("stack", "init", "imported", "--copy-config-from", "drift")

    stack.must("import", "--file", str(names), "--yes", "--protect=false", "--generate-code=false")
    imported = {one["urn"].rpartition("::")[2]: one for one in stack.exported()}
    previewed = _changes(stack.must("preview", "--json"))
    stack.must("stack", "select", "drift")

    kept = {one["urn"].rpartition("::")[2]: one["id"] for one in exported}
    assert {name: one["id"] for name, one in imported.items()} == kept
    assert {name: step for name, step in previewed.items() if name in kept} == _NOT_STORED


_NOT_STORED: dict[str, tuple[str, list[str]]] = {
    **{f"bucket-{at}": ("update", ["forceDestroy"]) for at in range(2)},
    "listener-oidc": ("update", ["defaultActions[0].authenticateOidc.clientSecret"]),
    "rule-oidc": ("update", ["actions[0].authenticateOidc.clientSecret"]),
    **{
        f"scaled-{form}": ("update", ["instanceRefresh", "waitForCapacityTimeout"])
        for form in ("by-id", "by-name", "by-policy", "by-policy-name")
    },
}
"""What an import cannot know, because AWS does not store it, or does not show it."""


def test_a_protected_load_balancer_is_not_deleted_and_the_reason_is_aws_s(
    stack: Attached,
) -> None:
    elbv2 = stack.client("elbv2")
    arn = next(o["id"] for o in stack.exported() if o["urn"].endswith("::balancer-1"))
    attribute = {"Key": "deletion_protection.enabled", "Value": "true"}
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])

    refused = stack.pulumi("destroy", "--yes", "--skip-preview", "--target", _urn(stack, arn))
    attribute["Value"] = "false"
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])

    assert refused.returncode != 0
    assert "DeleteLoadBalancer: OperationNotPermitted" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def _urn(stack: Attached, resource_id: str) -> str:
    return next(one["urn"] for one in stack.exported() if one["id"] == resource_id)


def test_destroy_leaves_nothing(stack: Attached) -> None:
    stack.client("s3").put_object(Bucket="drift-logs-0", Key="alb/log", Body=b"x")

    stack.must("destroy", "--yes", "--skip-preview")

    assert stack.exported() == []
    assert left_in_aws(stack) == {}
