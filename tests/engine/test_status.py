"""`failover status` on a rehearsed stack: the console changes something, and it is put right."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import pytest
from jsonschema import validate

from ops.drift.drift import drift_schema
from ops.status.as_json import status_schema
from ops.status.reader import StatusReader
from rehearsal.lifecycle import ROOT
from rehearsal.local_aws import LocalAws
from rollout.history_message import NewRamp
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.rollout.history import held

pytestmark = pytest.mark.engine

WHO = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]
RAMP = RampPlan(("portal", "web"), Slot.SECOND, Split(100, 0), (25, 100))


class Person:
    """Somebody with a shell in the project's folder."""

    def __init__(self, stack: Rehearsed) -> None:
        self.stack = stack

    def shell(self, command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A command as it was told, with a yes to what the CLI asks."""
        return subprocess.run(
            command,
            shell=True,
            cwd=self.stack.root,
            env={
                **self.stack.env,
                "PYTHONPATH": str(ROOT),
                "PULUMI_SKIP_CONFIRMATIONS": "true",
                "COLUMNS": "80",
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def status(self, options: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return self.shell(f"{sys.executable} -m ops.cli status {options}", **env)

    def document(self, options: str = "", **env: str) -> dict[str, Any]:
        document = json.loads(self.status(f"--json {options}", **env).stdout)
        validate(document, drift_schema() if "--drift" in options else status_schema())
        return document

    def drifted(self) -> list[dict[str, Any]]:
        return self.document("--drift")["drifted"]

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *WHO, *arguments], cwd=self.stack.root, check=True)

    def commit(self, message: str) -> None:
        self.git("add", "Pulumi.rehearsal.yaml")
        self.git("commit", "-q", "-m", message)

    def console_weights(self, service: str, weights: tuple[int, int]) -> None:
        elb = self.stack.client("elbv2")
        outputs = self.stack.engine.outputs()["services"][service]
        arn, slots = outputs["ruleArn"], outputs["targetGroupArns"]
        by_group = {slots[slot.value]: weight for slot, weight in zip(Slot, weights, strict=True)}
        (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
        forward = rule["Actions"][0]["ForwardConfig"]
        for group in forward["TargetGroups"]:  # in whatever order AWS lists them
            group["Weight"] = by_group[group["TargetGroupArn"]]
        elb.modify_rule(RuleArn=arn, Actions=[{"Type": "forward", "ForwardConfig": forward}])

    def console_min(self, group: str, size: int) -> None:
        self.stack.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=size
        )


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Generator[Person]:
    with rehearsed(tmp_path_factory.mktemp("status"), "dev") as stack:
        person = Person(stack)
        stack.engine.run("config", "set", "weights", "100/0")
        done = stack.pulumi("up", "--yes", "--skip-preview")
        assert done.returncode == 0, done.stdout
        person.git("init", "-q", "-b", "main")
        person.commit("the stack")
        yield person


@pytest.mark.long
def test_a_fresh_stack_agrees_everywhere(person: Person) -> None:
    shown, document = person.status("--exit-code"), person.document()

    assert shown.returncode == 0, shown.stdout
    assert "live, config, state and main agree" in shown.stdout
    assert "no ramp is running" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    everywhere = dict.fromkeys(("live", "config", "state", "main"), "100/0")
    assert {n: s["weights"] for n, s in document["services"].items()} == {
        "portal": everywhere,
        "web": everywhere,
    }
    (build,) = document["services"]["web"]["slots"]["01"]["inService"]
    assert build["pinned"]
    assert build["image"] == document["services"]["web"]["slots"]["01"]["images"]["config"]


@pytest.mark.long
def test_a_reading_of_a_watch_costs_one_call_a_group_and_two_more(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in person.stack.env.items():
        monkeypatch.setenv(name, value)
    aws, now = LocalAws(person.stack.running.endpoint), datetime.datetime.now(datetime.UTC)
    reader = StatusReader(person.stack.root, "rehearsal", person.stack.env)
    reader.read(now)
    mark = aws.mark()

    reader.read(now + datetime.timedelta(seconds=5))

    assert aws.calls(mark) == {
        "DescribeRules": 1,
        "DescribeAutoScalingGroups": 1,
        "DescribeTargetHealth": 4,
    }


@pytest.mark.long
def test_what_cannot_be_read_is_a_line_and_the_rest_is_shown(person: Person) -> None:
    aws = LocalAws(person.stack.running.endpoint)

    with aws.faulty({"answer": "AccessDenied", "operations": ["autoscaling:*", "cloudwatch:*"]}):
        denied = person.document()
    nowhere = "file:///nowhere/at/all"
    alone = person.status("--stack rehearsal", PULUMI_BACKEND_URL=nowhere, GIT_DIR="/nowhere")

    assert {each["what"] for each in denied["unread"]} == {"targets and instances", "alarms"}
    assert denied["services"]["web"]["weights"]["live"] == "100/0"
    assert alone.returncode == 0, alone.stdout
    for what in ("state", "live", "main", "who ramps"):
        assert f"{what}: not read: " in alone.stdout
    assert "100/0" in alone.stdout
    assert person.status("--exit-code", GIT_DIR="/nowhere").returncode == 3


@pytest.mark.long
def test_a_rule_that_the_console_moved_is_put_back_by_the_command_that_is_told(
    person: Person,
) -> None:
    person.console_weights("web", (60, 40))

    shown = person.status("--exit-code")
    (moved,) = person.drifted()
    put_back = person.shell(moved["ways"][1]["command"])

    assert shown.returncode == 1
    assert "web: the rule was changed outside Pulumi (live 60/40," in shown.stdout
    assert "state 100/0" in shown.stdout
    assert (moved["live"], moved["program"]) == ("60/40", "100/0")
    assert put_back.returncode == 0, put_back.stdout
    assert person.status("--exit-code").returncode == 0


@pytest.mark.long
def test_a_service_whose_requests_another_team_takes_gets_them_by_the_command_that_is_told(
    person: Person,
) -> None:
    elb = person.stack.client("elbv2")
    assert person.shell("pulumi config set weights 90/10 && pulumi up").returncode == 0
    config = person.document()["services"]
    listener = person.stack.engine.outputs()["listenerArn"]
    (portal,) = elb.describe_rules(RuleArns=[config["portal"]["ruleArn"]])["Rules"]
    (host,) = [c for c in portal["Conditions"] if c["Field"] == "host-header"]
    (rule,) = elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[
            {"Field": "host-header", "HostHeaderConfig": host["HostHeaderConfig"]},
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/portal*"]}},
        ],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    )["Rules"]
    try:
        shown, (told,) = person.status("--exit-code"), person.document()["hidden"]
        ramp = person.shell(f"{sys.executable} -m ops.cli ramp --yes --to 02")
        back = person.shell(f"{sys.executable} -m ops.cli rollback")
        given = person.shell(told["ways"][0]["command"])
        after = person.document()["hidden"]
        (moved,) = elb.describe_rules(RuleArns=[config["portal"]["ruleArn"]])["Rules"]
    finally:
        elb.delete_rule(RuleArn=rule["RuleArn"])
    assert "portal gets no request\n" in shown.stdout
    assert shown.returncode == 1
    assert told["service"] == "portal"
    assert ramp.returncode == 1, ramp.stdout
    assert told["what"] in ramp.stdout
    assert "pulumi up: " not in ramp.stdout
    assert back.returncode == 0, back.stdout
    assert "rolled back by hand: portal+web at 100/0" in back.stdout
    assert given.returncode == 0, given.stdout
    assert after == []
    assert int(moved["Priority"]) < 10
    put_back = "pulumi config set --path failover:services.portal.priority 100 && pulumi up"
    assert person.shell(put_back).returncode == 0


@pytest.mark.long
def test_a_min_that_the_console_changed_is_taken_over_by_the_command_that_is_told(
    person: Person,
) -> None:
    group = person.document()["services"]["web"]["slots"]["01"]["autoScalingGroup"]
    person.console_min(group["name"], 2)

    (changed,) = person.drifted()
    taken_over = person.shell(changed["ways"][0]["command"])

    assert changed["resource"] == "Auto Scaling group web-01"
    assert changed["property"] == "minSize"
    assert (changed["live"], changed["program"]) == ("2", str(group["min"]))
    assert changed["key"] == 'capacity["web"]["01"].min'
    assert [way["to"] for way in changed["ways"]] == ["take it over", "put it back"]
    assert taken_over.returncode == 0, taken_over.stdout
    assert person.drifted() == []


@pytest.mark.long
def test_who_ramps_is_told_from_the_stacks_history(person: Person) -> None:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=10)
    message = held(RAMP, NewRamp.of(RAMP), LeaseHolder("minho", "elsewhere", 7), until)

    person.stack.pulumi("up", "--yes", "--skip-preview", "--message", message)

    ramp = person.document()["ramp"]
    assert (ramp["by"], ramp["host"], ramp["is"]) == ("minho", "elsewhere", "held")
    assert ramp["services"] == ["portal", "web"]
    assert "minho@elsewhere (7) ramps: ramp of 02 from 100/0" in " ".join(
        person.status().stdout.split()
    )
