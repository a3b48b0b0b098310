"""The prod-like stack on the rehearsal, as a person uses it. The tests run in their order."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.adopt.probing import Probe, ProberProcess
from ops.traffic.plan import ConnectionRoute
from rehearsal.account import images_of
from rehearsal.local_aws import LocalAws
from rollout.split import Slot
from tests.engine.inventory import inventory
from tests.engine.kill import killed_mid_update
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.engine.renewal import watched_renewal

pytestmark = pytest.mark.engine

RATE = 50
URLS = ("https://www.hankooktire.example/", "https://www.hankooktire.example/portal")
WHY_NOTHING_IS_DELETED = ("protected", "will be destroyed but was not specified in --target list")
"""The engine's own reasons; another one would be a fault of the test."""
RULE = "aws:lb/listenerRule:ListenerRule"


@dataclass(frozen=True)
class Prod(Rehearsed):
    """The stack, and what the account held before it."""

    before: dict[str, set[str]]


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Generator[Prod]:
    with rehearsed(tmp_path_factory.mktemp("prod"), "prod") as stack:
        before = inventory(stack)
        stack.engine.set_config("weights", "100/0")
        stack.engine.run("up", "--yes", "--skip-preview")
        yield Prod(stack.workspace, stack.running, before)


def test_a_stage_updates_one_rule_per_service_and_nothing_else(prod: Rehearsed) -> None:
    prod.engine.set_config("weights", "90/10")
    result = prod.engine.up()

    for changes in (result.previewed, result.applied):
        assert [(change.type_token, change.operation) for change in changes] == [
            (RULE, "update"),
            (RULE, "update"),
        ]
        assert all(path.endswith("weight") for change in changes for path in change.paths)
    assert [service.weights for service in prod.observer().read()] == ["90/10", "90/10"]


def test_after_a_stage_there_is_nothing_left_to_change(prod: Rehearsed) -> None:
    preview = prod.pulumi("preview", "--refresh", "--expect-no-changes")

    assert preview.returncode == 0, preview.stdout


@pytest.mark.long
def test_a_provider_that_aws_throttles_asks_again_without_a_word(prod: Rehearsed) -> None:
    throttled = {"operations": ["DescribeSubnets"], "answer": "Throttling", "calls": 8}
    with LocalAws(prod.running.endpoint).faulty(throttled):
        preview = prod.pulumi("preview", "--expect-no-changes")
    refresh = prod.pulumi("refresh", "--yes", "--expect-no-changes")

    assert preview.returncode == 0, preview.stdout
    assert "throttles" not in preview.stdout
    assert refresh.returncode == 0, refresh.stdout


def test_outputs_tell_the_weights_as_they_are(prod: Rehearsed) -> None:
    services = prod.engine.outputs()["services"]

    assert {name: service["weights"] for name, service in services.items()} == {
        "portal": "90/10",
        "web": "90/10",
    }


@pytest.mark.long
def test_a_services_own_weights_override_the_common_ones(prod: Rehearsed) -> None:
    prod.engine.set_config("services.web.weights", "75/25", "--path")
    result = prod.engine.up()

    assert [change.type_token for change in result.applied] == [RULE]
    assert [(s.name, s.weights) for s in prod.observer().read()] == [
        ("portal", "90/10"),
        ("web", "75/25"),
    ]
    prod.engine.run("config", "rm", "--path", "services.web.weights")
    prod.engine.run("up", "--yes", "--skip-preview")


def test_a_new_image_renews_the_idle_slot_only_and_launches_before_it_terminates(
    prod: Rehearsed,
) -> None:
    prod.engine.set_config("weights", "100/0")
    prod.engine.run("up", "--yes", "--skip-preview")
    image = images_of(prod.running.endpoint, prod.running.region)["v2"]
    live_before = instance_ids(prod, Slot.FIRST)
    idle_before = instance_ids(prod, Slot.SECOND)

    for name in ("web", "portal"):
        prod.engine.set_config(f"images.{name}.02", image, "--path")
    with watched_renewal(prod) as renewal:
        result = prod.engine.up()
        renewal.wait_until_settled()

    changed = {change.name for change in result.applied}
    assert changed
    assert all("02" in name for name in changed), changed
    assert instance_ids(prod, Slot.FIRST) == live_before
    assert not instance_ids(prod, Slot.SECOND) & idle_before
    for service in prod.observer().read():
        idle = service.slots[Slot.SECOND]
        assert idle.image_ids == (image,)
        assert renewal.fewest_healthy[service.name, Slot.SECOND] >= idle.desired
        assert renewal.most_registered[service.name, Slot.SECOND] > idle.desired


@pytest.mark.long
def test_a_killed_engine_leaves_no_process_and_the_next_up_completes(prod: Rehearsed) -> None:
    prod.engine.set_config("weights", "90/10")

    left_behind = killed_mid_update(prod)

    assert left_behind == []
    prod.engine.run("up", "--yes", "--skip-preview")
    assert [service.weights for service in prod.observer().read()] == ["90/10", "90/10"]


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(f"{RULE}::web", marks=pytest.mark.long),
        pytest.param("SecurityGroupIngressRule::alb-https", marks=pytest.mark.long),
        pytest.param("aws:lb/listener:Listener::http", marks=pytest.mark.long),
        # With the groups, rules and alarms that stand on it.
        pytest.param("aws:lb/targetGroup:TargetGroup::web-01", marks=pytest.mark.long),
    ],
)
def test_what_the_state_has_lost_is_taken_back_by_the_printed_commands_without_a_lost_request(
    prod: Rehearsed, tmp_path: Path, lost: str
) -> None:
    before = inventory(prod)
    urn = next(urn for urn in urns_of(prod) if urn.endswith(lost))
    with constant_traffic(prod, tmp_path) as prober:
        prod.engine.run("state", "delete", urn, "--target-dependents", "--force", "--yes")

        refused = prod.pulumi("up", "--yes", "--skip-preview")
        while commands := imports_in(prod.pulumi("preview").stdout):
            for command in commands:
                prod.engine.run(*shlex.split(command)[1:])
        prod.engine.run("up", "--yes", "--skip-preview")
        again = prod.pulumi("preview", "--expect-no-changes")
        prober.wait_until_good(RATE, 60)
        prober.stop()

    assert refused.returncode != 0
    assert imports_in(refused.stdout), refused.stdout
    assert "PriorityInUse" not in refused.stdout
    assert again.returncode == 0, again.stdout
    assert inventory(prod) == before
    assert prober.failures == []


@pytest.mark.parametrize(
    "options",
    [
        "--skip-preview --continue-on-error",
        *(
            pytest.param(options, marks=pytest.mark.long)
            for options in (
                "",
                "--skip-preview",
                "--skip-preview --refresh --continue-on-error",
                "--skip-preview --run-program --continue-on-error",
                "--skip-preview --exclude-protected",
                "--skip-preview --exclude **ListenerRule** --continue-on-error",
                "--skip-preview --target **::web-01** --continue-on-error",
                "--skip-preview --target **SecurityGroup** --continue-on-error",
                "--skip-preview --target **Dashboard** --continue-on-error",
                "--skip-preview --target **MetricAlarm** --target-dependents",
                "--skip-preview --target **s3** --target-dependents --continue-on-error",
            )
        ),
    ],
)
def test_a_destroy_of_a_protected_stack_deletes_nothing_and_loses_no_request(
    prod: Rehearsed, tmp_path: Path, options: str
) -> None:
    before = inventory(prod)

    with constant_traffic(prod, tmp_path) as prober:
        destroyed = prod.pulumi("destroy", "--yes", *options.split())
        prober.wait_until_good(RATE, 60)
        prober.stop()

    assert inventory(prod) == before
    assert prober.failures == []
    is_refused = "--exclude-protected" not in options
    assert destroyed.returncode == is_refused, destroyed.stdout
    assert any(why in destroyed.stdout for why in WHY_NOTHING_IS_DELETED), destroyed.stdout


@pytest.mark.long
def test_what_only_watches_traffic_can_be_turned_off_while_the_stack_is_protected(
    prod: Rehearsed,
) -> None:
    prod.engine.set_config("dashboard", "false")
    result = prod.engine.up()
    prod.engine.set_config("dashboard", "true")
    prod.engine.run("up", "--yes", "--skip-preview")

    assert [(change.type_token, change.operation) for change in result.applied] == [
        ("aws:cloudwatch/dashboard:Dashboard", "delete"),
        ("aws:cloudwatch/dashboard:Dashboard", "delete"),
    ]


@pytest.mark.long
def test_another_port_is_refused_and_the_printed_updates_bring_it_without_a_lost_request(
    prod: Rehearsed, tmp_path: Path
) -> None:
    prod.engine.set_config("services.web.port", "9090", "--path")
    with constant_traffic(prod, tmp_path) as prober:
        preview, refused = prod.pulumi("preview"), prod.pulumi("up", "--yes", "--skip-preview")
        printed = re.findall(r"^ *(first|second|then): (.*?)(?:   #.*)?$", refused.stdout, re.M)
        steps = dict(printed)
        done = [typed(prod, steps[step]) for step in ("first", "second", "then")]
        again = prod.pulumi("preview", "--expect-no-changes")
        prober.wait_until_good(RATE, 60)
        prober.stop()

    for told in (preview.stdout, refused.stdout):
        assert re.search(r"refused: web: port: port 8080 -> 9090: AWS cannot change", told), told
        assert "a live slot is not rebuilt" not in told
        assert "both slots of web" not in told
    assert refused.returncode != 0
    assert [each.returncode for each in done] == [0, 0, 0], done
    assert again.returncode == 0, again.stdout
    assert prober.failures == []
    assert {s.name: s.weights for s in prod.observer().read()} == {
        "portal": "90/10",
        "web2": "90/10",
    }
    groups = prod.client("elbv2").describe_target_groups()["TargetGroups"]
    assert sorted(group["Port"] for group in groups) == [8080, 8080, 9090, 9090]


def typed(stack: Rehearsed, command: str) -> subprocess.CompletedProcess[str]:
    """A printed command as a person types it, who says yes to each update."""
    return subprocess.run(
        ["bash", "-ec", command.replace("pulumi up", "pulumi up --yes --non-interactive")],
        cwd=stack.root,
        env=stack.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_an_unprotected_stack_destroys_to_nothing_a_bucket_with_objects_included(
    prod: Prod,
) -> None:
    s3 = prod.client("s3")
    (bucket,) = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket=bucket, Key="AWSLogs/one.log.gz", Body=b"log")
    prod.engine.set_config("protection", "false")
    prod.engine.run("up", "--yes", "--skip-preview")

    destroyed = prod.pulumi("destroy", "--yes", "--skip-preview")

    assert destroyed.returncode == 0, destroyed.stdout
    assert inventory(prod) == prod.before


def urns_of(stack: Rehearsed) -> list[str]:
    """The URN of every resource in the state."""
    deployment = json.loads(stack.pulumi("stack", "export").stdout)["deployment"]
    return [resource["urn"] for resource in deployment["resources"]]


def imports_in(text: str) -> list[str]:
    """The `pulumi import` commands that a preview or an update prints, each once."""
    return list(dict.fromkeys(re.findall(r"fix: (pulumi import .*)", text)))


@contextlib.contextmanager
def constant_traffic(stack: Rehearsed, folder: Path) -> Generator[ProberProcess]:
    """Requests to both services all the time, from the first that is answered well."""
    probe = Probe(URLS, RATE, ConnectionRoute.from_environment(stack.env), folder)
    with ProberProcess(probe, stack.env) as prober:
        prober.wait_until_good(RATE, 60)
        yield prober


def instance_ids(stack: Rehearsed, slot: Slot) -> set[str]:
    """The in-service instances of `slot`, of every service."""
    groups = stack.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return {
        instance["InstanceId"]
        for group in groups
        if f"-{slot}-" in group["AutoScalingGroupName"]
        for instance in group["Instances"]
        if instance["LifecycleState"] == "InService"
    }
