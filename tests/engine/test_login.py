"""A service behind a login, on the local AWS: stages, refreshes, and what shows its secret."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest

from ops.traffic.page import PageAnswer, fetched
from ops.traffic.plan import ConnectionRoute
from rollout.split import Slot, Split
from tests.configs import OIDC, OIDC_SECRET
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.engine.test_guards import configure

pytestmark = [pytest.mark.engine, pytest.mark.long]

SECRET = 'services["web"].authenticate.oidc.clientSecret'
COOKIE = 'services["web"].probe.cookie'
SESSION = {"Cookie": "AWSELBAuthSessionCookie-0=anything"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("login"), "dev", only_serves=True) as made:
        plain = {name: value for name, value in OIDC.items() if name != "clientSecret"}
        configure(made, {"weights": "100/0", "services/web/authenticate": {"oidc": plain}})
        made.engine.run("config", "set", "--secret", "--path", SECRET, OIDC_SECRET)
        made.engine.run("up", "--yes", "--skip-preview")
        yield made


def asked(stack: Rehearsed, headers: dict[str, str]) -> PageAnswer:
    address = f"127.0.0.1:{stack.running.https_port}"
    way = ConnectionRoute(address, str(stack.workspace.ca_file))
    urls: Any = stack.engine.outputs()["urls"]
    return fetched(urls["web"], way, headers, 10.0)


def rule_of(stack: Rehearsed) -> list[dict[str, Any]]:
    outputs: Any = stack.engine.outputs()
    arn = outputs["services"]["web"]["ruleArn"]
    (rule,) = stack.client("elbv2").describe_rules(RuleArns=[arn])["Rules"]
    return rule["Actions"]


def test_a_refresh_finds_the_login_as_it_is_declared(stack: Rehearsed) -> None:
    stack.engine.run("preview", "--refresh", "--expect-no-changes")


def test_a_request_without_a_session_goes_to_the_login_and_others_to_the_slot(
    stack: Rehearsed,
) -> None:
    preview = stack.engine.run("stack", "output", "previewHeaders", "--json", "--show-secrets")
    name, _, value = json.loads(preview)["02"].partition(": ")

    assert asked(stack, {}).status == 302
    assert asked(stack, {name: value}).status == 302
    assert asked(stack, SESSION).headers["x-slot"] == "01"
    assert asked(stack, {**SESSION, name: value}).headers["x-slot"] == "02"


def test_a_stage_changes_the_forward_alone_and_shows_no_secret(stack: Rehearsed) -> None:
    stack.engine.run("config", "set", "weights", "90/10")
    login, _ = rule_of(stack)

    plan = ramping.failover(stack, "plan", "--json")
    up = stack.engine.run("up", "--yes")

    document = json.loads(plan.stdout)
    assert document["services"]["web"]["weights"] == {"before": "100/0", "after": "90/10"}
    changed = {each["name"]: each for each in document["changes"]}
    assert set(changed) == {"web", "portal"}
    assert all("forward" in each["path"] for each in changed["web"]["properties"])
    assert rule_of(stack)[0] == login
    shown = [plan.stdout, up, stack.engine.run("stack", "export"), stack.engine.run("stack")]
    files = [each for each in stack.root.rglob("*") if each.is_file() and ".venv" not in each.parts]
    assert [text for text in shown if OIDC_SECRET in text] == []
    assert [each for each in files if OIDC_SECRET.encode() in each.read_bytes()] == []


def test_weights_that_someone_else_sets_are_reported_and_a_drift_shows_no_secret(
    stack: Rehearsed,
) -> None:
    outputs: Any = stack.engine.outputs()
    login, forward = rule_of(stack)
    groups = forward["ForwardConfig"]["TargetGroups"]
    for group in groups:
        group["Weight"] = 50
    login["AuthenticateOidcConfig"]["UseExistingClientSecret"] = True
    stack.client("elbv2").modify_rule(
        RuleArn=outputs["services"]["web"]["ruleArn"], Actions=[login, forward]
    )

    drift = ramping.failover(stack, "drift")

    stack.engine.run("config", "set", "override", "back to the weights of the config")
    stack.engine.run("up", "--refresh", "--yes", "--skip-preview")
    stack.engine.run("config", "rm", "override")
    back = [group["Weight"] for group in rule_of(stack)[1]["ForwardConfig"]["TargetGroups"]]
    assert "50/50" in drift.stdout
    assert OIDC_SECRET not in drift.stdout
    assert sorted(back) == [10, 90]


def test_a_ramp_needs_a_session_and_then_sees_both_slots(stack: Rehearsed) -> None:
    stack.engine.run("config", "set", "weights", "100/0")
    stack.engine.run("up", "--yes", "--skip-preview")
    ramping.configure(stack, {**ramping.PROMPT, "stages": "[100]"})
    stack.engine.write_config({"ramp.gates.smoke.requests": "5", "ramp.gates.smoke.body": "v2"})
    ramping.release(stack, "v2", Slot.SECOND)
    refused = ramping.failover(stack, "ramp", "--yes")
    stack.engine.run("config", "set", "--secret", "--path", COOKIE, SESSION["Cookie"])

    ramp = ramping.failover(stack, "ramp", "--yes")

    assert refused.returncode == 2
    assert "web has a login, and no request of ours has a session" in refused.stdout
    assert ramp.returncode == 0, ramp.stdout
    assert ramping.live(stack) == {Split(0, 100)}
    files = [each for each in stack.root.rglob("*") if each.is_file() and ".venv" not in each.parts]
    assert [each for each in files if b"Cookie-0=anything" in each.read_bytes()] == []
