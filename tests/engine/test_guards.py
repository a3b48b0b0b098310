"""What a bare `pulumi up` refuses, waits for and lets through. The tests run in their order."""

from __future__ import annotations

import contextlib
import functools
import re
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.local_aws import LocalAws, ServiceObserver
from rehearsal.provider.aws import REHEARSAL_CREDENTIAL
from rehearsal.traffic.run import LoadBalancerAddress, TrafficRun
from rollout.split import Slot
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine

NEVER_HEALTHY = "ami-0fa11bad000000001"
SLOW_BOOT = "ami-0fa11bad000000008"
"""Boots for 15 s in a rehearsal; with less grace than that and its checks it would be replaced."""
ROLE = "arn:aws:iam::123456789012:role/deployer"
UP = ("up", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    """Two services at 100/0, three targets a slot for web, whose slot 02 never gets healthy."""
    with rehearsed(tmp_path_factory.mktemp("guards"), "dev", 0.75, only_serves=True) as made:
        configure(
            made,
            {
                "weights": "100/0",
                "images/web/02": NEVER_HEALTHY,
                "capacity/web/min": 3,
                "capacity/web/max": 6,
                "ramp/guard/waitSeconds": 4,
                "ramp/guard/healthyPolls": 2,
            },
        )
        made.engine.run(*UP)
        yield made


def aws(stack: Rehearsed) -> LocalAws:
    return LocalAws(stack.running.endpoint)


def configure(stack: Rehearsed, values: dict[str, Any]) -> None:
    """Set values of the config, by path, or remove those that are None.

    In the stack's file itself: fifteen commands of the CLI would take as long as two updates.
    """
    file = stack.workspace.stack_file
    document = yaml.safe_load(file.read_text())
    for path, value in values.items():
        key, *rest = path.split("/")
        place, steps = document["config"], [key if ":" in key else f"failover:{key}", *rest]
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        if value is None:
            del place[steps[-1]]
        else:
            place[steps[-1]] = value
    file.write_text(yaml.safe_dump(document, sort_keys=False))


@functools.cache
def observer(stack: Rehearsed) -> ServiceObserver:
    """One for all tests: to ask the engine for the ARNs each time would cost half of a refusal."""
    return stack.observer()


def live(stack: Rehearsed) -> dict[str, str]:
    return {service.name: service.weights for service in observer(stack).read()}


def both(split: str) -> dict[str, str]:
    return {"portal": split, "web": split}


def refused(stack: Rehearsed, *options: str, **env: str) -> str:
    """What an `up` says that is refused; no rule may have been modified by it."""
    mark, before = aws(stack).mark(), live(stack)
    result = stack.pulumi(*UP, *options, **env)
    assert result.returncode != 0, result.stdout
    assert "ModifyRule" not in aws(stack).calls(mark), result.stdout
    assert live(stack) == before
    return result.stdout


def passed(stack: Rehearsed, *options: str) -> str:
    result = stack.pulumi(*UP, *options)
    assert result.returncode == 0, result.stdout
    return result.stdout


def modify(stack: Rehearsed, service: str, weight_01: int, weight_02: int) -> None:
    """Change a rule behind the stack's back."""
    found: Any = stack.engine.outputs()["services"]
    arns = [found[service]["targetGroupArns"][slot] for slot in Slot]
    groups = [
        {"TargetGroupArn": arn, "Weight": weight}
        for arn, weight in zip(arns, (weight_01, weight_02), strict=True)
    ]
    stack.client("elbv2").modify_rule(
        RuleArn=found[service]["ruleArn"],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    )


def test_a_slot_that_never_gets_healthy_gets_no_weight_and_no_other_service_moves(
    stack: Rehearsed,
) -> None:
    configure(stack, {"weights": "90/10"})

    preview = stack.pulumi("preview")
    told = refused(stack, "--parallel", "1")

    assert preview.returncode == 0, preview.stdout
    assert re.search(
        r"judgement: will wait: web: 100/0 -> 90/10: for 3 of \d targets of web-02: i-",
        preview.stdout,
    )
    assert "judgement: passes: portal: 100/0 -> 90/10" in preview.stdout
    assert "~ 2 to update" in preview.stdout
    assert re.search(r"judgement: refused: .*not ready within 4 s; no rule was modified", told)
    assert re.search(r"for 3 of \d targets of web-02: i-\w+ (initial|unhealthy) ", told)
    assert "fix: pulumi config set weights 100/0" in told


@pytest.mark.long
def test_a_priority_that_is_taken_or_that_hides_a_service_is_refused_before_anything_changes(
    stack: Rehearsed,
) -> None:
    elbv2 = stack.client("elbv2")
    made = elbv2.create_rule(
        ListenerArn=stack.engine.outputs()["listenerArn"],
        Priority=249,
        Conditions=[{"Field": "path-pattern", "Values": ["/batch/*"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Rules"][0]
    mark = aws(stack).mark()

    configure(stack, {"weights": "100/0", "services/web/priority": 250})
    taken = refused(stack)
    configure(stack, {"services/web/priority": 50})
    hiding = refused(stack)
    configure(stack, {"services/web/priority": 200, "weights": "90/10"})

    assert "SetRulePriorities" not in aws(stack).calls(mark)
    assert (
        "priority 249, for its preview rule web-02, is taken by rule 249 (path /batch/*; " in taken
    )
    assert made["RuleArn"] in taken
    assert "set --path failover:services.web.priority 252 && pulumi up" in taken
    assert "judgement: refused: web: priority 200 -> 50: the rule of portal at 100 (" in hiding
    assert "set --path failover:services.web.priority 200   # as it is" in hiding
    elbv2.delete_rule(RuleArn=made["RuleArn"])


@pytest.mark.long
def test_an_image_that_does_not_exist_is_refused_before_anything_changes(
    stack: Rehearsed,
) -> None:
    mark = aws(stack).mark()
    configure(stack, {"images/web/02": "ami-0123456789abcdef0", "weights": "100/0"})

    preview = stack.pulumi("preview")
    told = refused(stack)
    configure(stack, {"images/web/02": NEVER_HEALTHY, "weights": "90/10"})

    why = "web: slot 02: image ami-0123456789abcdef0: there is no such image in this account"
    assert f"judgement: will be refused: {why}" in preview.stdout
    assert f"judgement: refused: {why}" in told
    assert f'images.web["02"]\' {NEVER_HEALTHY}   # as it is' in told
    assert "CreateLaunchTemplateVersion" not in aws(stack).calls(mark)


def test_after_a_refusal_the_outputs_still_tell_the_truth(stack: Rehearsed) -> None:
    services: Any = stack.engine.outputs()["services"]

    assert {name: found["weights"] for name, found in services.items()} == both("100/0")


def test_ctrl_c_ends_a_wait_with_the_guards_own_words(stack: Rehearsed) -> None:
    configure(stack, {"ramp/guard/waitSeconds": 120})
    argv = ["pulumi", *UP, "--non-interactive"]
    with subprocess.Popen(
        argv, cwd=stack.root, env=stack.env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            if "judgement: waiting" in line and "stopped" not in said:
                process.send_signal(signal.SIGINT)
                said += "stopped by the test\n"
            said += line

    assert process.returncode != 0
    assert "stopped; no rule was modified" in said
    assert live(stack) == both("100/0")


WAITS = {
    "web": re.compile(r"judgement: waiting: web: 100/0 -> 90/10: for \d of \d targets of web-02: "),
    "portal": re.compile(
        r"judgement: waiting: portal: 100/0 -> 90/10: for \d of \d instances of portal-02 that run "
        r"an old build; "
    ),
}


def launches_held(stack: Rehearsed, *slots: str) -> contextlib.ExitStack:
    """Let the groups of `slots` launch nothing until it is closed, which may be done twice.

    However long a release boots, on a busy machine it may have booted by the first look.
    """
    scaling, held = stack.client("autoscaling"), contextlib.ExitStack()
    for group in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]:
        name = group["AutoScalingGroupName"]
        if name.endswith(tuple(f"-{slot}-asg" for slot in slots)):
            asked = {
                "AutoScalingGroupName": name,
                "ScalingProcesses": ["Launch", "InstanceRefresh"],
            }
            scaling.suspend_processes(**asked)
            held.callback(scaling.resume_processes, **asked)
    return held


@pytest.mark.long
def test_a_release_that_boots_slowly_is_waited_for_and_then_gets_its_weight(
    stack: Rehearsed,
) -> None:
    configure(
        stack,
        {
            "images/web/02": SLOW_BOOT,
            "images/portal/02": "ami-0fa11000000000002",
            "services/web/healthCheckGraceSeconds": 30,
            "services/portal/healthCheckGraceSeconds": 30,
            "weights": "100/0",
            "ramp/guard/waitSeconds": 120,
        },
    )
    seen_at: dict[str, dict[str, str]] = {}

    with launches_held(stack, "web-02", "portal-02") as held:
        assert "judgement: passes: web: slot 02: image" in passed(stack)
        configure(stack, {"weights": "90/10"})
        with subprocess.Popen(
            ["pulumi", *UP, "--non-interactive"],
            cwd=stack.root,
            env=stack.env,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                for service, words in WAITS.items():
                    if words.search(line) and service not in seen_at:
                        seen_at[service] = live(stack)
                if len(seen_at) == len(WAITS):
                    held.close()

    assert process.returncode == 0
    assert seen_at == dict.fromkeys(WAITS, both("100/0"))
    assert live(stack) == both("90/10")


@pytest.mark.long
def test_a_stage_may_not_be_skipped_nor_a_live_slot_rebuilt_but_by_an_override(
    stack: Rehearsed,
) -> None:
    configure(stack, {"weights": "50/50", "images/web/01": "ami-0fa11000000000003"})

    told = refused(stack)
    configure(
        stack,
        {"images/web/01": "ami-0fa11000000000001", "override": "the other data centre burns"},
    )
    allowed = passed(stack)

    expected = "web: 90/10 -> 50/50: next stage is 75/25 (slot 02 is the candidate"
    assert f"judgement: refused: {expected}" in told
    assert "or: pulumi config set weights 90/10" in told
    assert "web-01 carries 90 % of the traffic, and a live slot is not rebuilt" in told
    assert 'images.web["01"]\' ami-0fa11000000000001' in told
    assert "judgement: override: web: 90/10 -> 50/50: let through (the other" in allowed
    assert live(stack) == both("50/50")
    configure(stack, {"override": None})


@pytest.mark.long
def test_a_rule_that_somebody_else_changed_stops_an_update_until_it_is_decided(
    stack: Rehearsed,
) -> None:
    modify(stack, "web", 60, 40)

    unchanged = refused(stack)
    refreshed = refused(stack, "--refresh")
    stack.engine.run("refresh", "--yes", "--skip-preview")
    # Both slots are live: they may grow and be tagged, by the same update.
    configure(
        stack,
        {"services/web/weights": "60/40", "capacity/portal/min": 2, "tags/CostCenter": "web"},
    )
    passed(stack)

    outside = "the live rule is at 60/40, and the stack recorded 50/50"
    assert f"changed outside Pulumi: web: 60/40 -> 50/50: {outside}" in unchanged
    assert outside in refreshed
    assert live(stack) == {"portal": "50/50", "web": "60/40"}
    configure(stack, {"services/web/weights": None})


@pytest.mark.long
def test_the_way_back_passes_at_once_as_the_role_of_the_stack(stack: Rehearsed) -> None:
    configure(stack, {"weights": "100/0", "aws:assumeRoles": [{"roleArn": ROLE}]})
    mark = aws(stack).mark()

    told = passed(stack)

    made = aws(stack).calls(mark)
    assert (made["AssumeRole"], made["ModifyRule"]) == (2, 2)
    for own in (stack.env["AWS_ACCESS_KEY_ID"], REHEARSAL_CREDENTIAL):
        assert aws(stack).calls(mark, own) == {"AssumeRole": 1}
    assert "judgement: passes: web: 60/40 -> 100/0: rollback to slot 01, without waiting" in told
    assert "judgement: waiting" not in told
    assert live(stack) == both("100/0")
    configure(stack, {"aws:assumeRoles": None})


@pytest.mark.long
def test_credentials_that_have_expired_are_said_to_be(stack: Rehearsed) -> None:
    configure(stack, {"weights": "90/10"})

    with aws(stack).faulty({"operations": ["elbv2:DescribeRules"], "answer": "ExpiredToken"}):
        told = stack.pulumi(*UP)

    assert told.returncode != 0
    assert "judgement: refused: all services: unseen: cannot read AWS" in told.stdout
    assert "the AWS credentials have expired" in told.stdout
    assert live(stack) == both("100/0")


@pytest.mark.long
def test_the_way_back_is_free_after_an_update_that_failed_half_way(stack: Rehearsed) -> None:
    with aws(stack).faulty({"operations": ["ModifyRule"], "answer": "AccessDenied", "calls": 1}):
        cut_short = stack.pulumi(*UP)
    halfway = live(stack)
    configure(stack, {"weights": "100/0"})
    told = passed(stack)

    assert cut_short.returncode != 0
    assert sorted(halfway.values()) == ["100/0", "90/10"]
    assert "90/10 -> 100/0: rollback to slot 01, without waiting" in told
    assert "changed outside Pulumi" not in told
    assert live(stack) == both("100/0")


@pytest.mark.long
def test_a_new_service_that_never_gets_healthy_gets_no_rule(stack: Rehearsed) -> None:
    portal = yaml.safe_load(stack.workspace.stack_file.read_text())["config"]
    configure(
        stack,
        {
            "services/shop": {
                **portal["failover:services"]["portal"],
                "paths": ["/shop/*"],
                "priority": 50,
            },
            "images/shop": {slot.value: NEVER_HEALTHY for slot in Slot},
            "capacity/shop": portal["failover:capacity"]["portal"],
            "ramp/guard/waitSeconds": 4,
        },
    )
    mark = aws(stack).mark()

    told = stack.pulumi(*UP)

    assert told.returncode != 0
    assert re.search(
        r"judgement: refused: shop: new at 100/0: not ready within 4 s; its rule was not created; "
        r"it waited for \d of \d targets of shop-01: ",
        told.stdout,
    ), told.stdout
    assert aws(stack).calls(mark)["CreateRule"] == len(Slot), "those of the preview header"
    assert live(stack) == both("100/0")


@pytest.mark.long
def test_a_new_service_takes_its_paths_over_without_losing_a_request(
    stack: Rehearsed, tmp_path: Path
) -> None:
    configure(
        stack,
        {
            "images/shop": {slot.value: SLOW_BOOT for slot in Slot},
            "services/shop/healthCheckGraceSeconds": 30,
            "ramp/guard/waitSeconds": 60,
        },
    )
    traffic = TrafficRun(tmp_path, rate_per_s=60)
    urls: Any = stack.engine.outputs()["urls"]
    address = LoadBalancerAddress("127.0.0.1", stack.running.https_port, stack.workspace.ca_file)
    traffic.start(address, {"web": urls["web"]}, ["shop/cart"])
    try:
        told = passed(stack)
        at_s = time.time()
        assert traffic.wait_until(lambda: len(traffic.since(at_s)) > 20, 30)
        requests, failed = traffic.counts()
    finally:
        traffic.abandon()

    assert re.search(r"judgement: waiting: shop: new at 100/0: for . of . targets of shop-01", told)
    assert set(stack.engine.outputs()["services"]) == {"portal", "shop", "web"}
    assert requests > 20
    assert failed == 0
