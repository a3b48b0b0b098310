"""Plans, a merge's deployment and drift, by the real engine and the workflows' scripts."""

from __future__ import annotations

import json
from collections.abc import Generator

import pytest

from tests.engine.rehearsed import rehearsed
from tests.engine.team import Team
from tests.ops.plan.cases import BY_NAME
from tests.ops.plan.record import deploy

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Generator[Team]:
    folder = tmp_path_factory.mktemp("plan")
    with rehearsed(folder, "prod") as stack:
        deploy(stack)
        yield Team(stack, folder)


@pytest.mark.parametrize(
    "name", ["weight-change", pytest.param("no-change", marks=pytest.mark.long)]
)
def test_a_live_plan_is_the_reviewed_one_and_shows_no_secret(team: Team, name: str) -> None:
    case, file = BY_NAME[name], team.stack.workspace.stack_file
    kept = file.read_text()
    token = team.stack.engine.run("config", "get", "previewToken").strip()

    case.change(team.stack.engine)
    summary = team.folder / f"{name}-summary.md"
    done = team.run(
        team.stack.root, "scripts/preview.sh", "rehearsal", "plan.md",
        GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    file.write_text(kept)

    written = (team.stack.root / "plan.md").read_text()
    assert done.returncode == case.exit_code, done.stderr + written
    assert written == case.example.read_text(encoding="utf-8")
    assert summary.read_text() == written
    assert token not in f"{done.stdout}{done.stderr}{written}"
    (team.stack.root / "plan.md").unlink()


@pytest.mark.long
def test_a_mandatory_violation_is_a_refusal_with_the_policys_name(team: Team) -> None:
    levels = team.folder / "levels.json"
    levels.write_text(json.dumps({"load-balancer-firewall": "mandatory"}))

    done = team.run(team.stack.root, "failover", "plan", "--policy-pack-config", str(levels))

    assert done.returncode == 1, done.stderr
    assert "policy load-balancer-firewall: alb" in done.stdout


@pytest.mark.long
def test_a_clone_that_does_not_know_of_a_ramp_deploys_nothing(team: Team) -> None:
    ramping, behind = team.clone("ramping"), team.clone("behind")
    team.run(ramping, "pulumi", "config", "set", "weights", "90/10")
    moved = team.run(ramping, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
    team.commit(ramping, "stage 90/10")
    team.run(behind, "pulumi", "config", "set", "--path", "alarms.target5xxPerMinute", "60")
    team.commit(behind, "another threshold")
    live = team.live()

    done = team.run(behind, "scripts/deploy.sh", "rehearsal", "HEAD^1")

    assert moved.returncode == 0, moved.stdout
    assert live == ["90/10", "90/10"]
    assert done.returncode == 1
    for service in ("portal", "web"):
        assert f"{service}: live 90/10, merged 100/0" in done.stderr
    assert "refused" in done.stderr
    assert team.live() == live

    team.git(ramping, "push", "-q", "origin", "main")
    team.git(behind, "pull", "-q", "--rebase", "origin", "main")
    after = team.run(behind, "scripts/deploy.sh", "rehearsal", "HEAD^1")

    assert after.returncode == 0, after.stdout + after.stderr
    assert team.live() == live
    assert "4 to update" in after.stdout
    history = json.loads(team.run(behind, "pulumi", "stack", "history", "--json").stdout)
    assert history[0]["message"].startswith("deploy ")

    again = team.run(behind, "scripts/deploy.sh", "rehearsal", "HEAD^1")

    assert again.returncode == 0
    assert "nothing to deploy" in again.stdout


@pytest.mark.long
def test_what_somebody_changed_by_hand_is_drift_in_plain_words(team: Team) -> None:
    elb = team.stack.client("elbv2")
    web = team.stack.engine.outputs()["services"]["web"]
    arn, slots = web["ruleArn"], web["targetGroupArns"]
    (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
    forward = rule["Actions"][0]["ForwardConfig"]
    for group in forward["TargetGroups"]:
        group["Weight"] = 60 if group["TargetGroupArn"] == slots["01"] else 40

    elb.modify_rule(RuleArn=arn, Actions=[{"Type": "forward", "ForwardConfig": forward}])
    done = team.run(team.folder / "behind", "scripts/drift.sh", "rehearsal")

    assert done.returncode == 1, done.stdout
    assert "listener rule web weights: 60/40 in AWS, 90/10 by the program" in done.stdout
    assert team.live() == ["90/10", "60/40"]
