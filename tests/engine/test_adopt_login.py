"""The adoption of a rule with a login, and its ramp there and back under the load of a session."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from ops.adopt.probing import Probe, ProberProcess
from ops.traffic.plan import ConnectionRoute
from tests.configs import OIDC, OIDC_SECRET
from tests.engine.adopting import Adopting, adopting
from tests.ops.console_made import WEB_GROUP

pytestmark = [pytest.mark.engine, pytest.mark.long]

URL = "https://www.hankooktire.example/"
SESSION = "AWSELBAuthSessionCookie-0=anything"
SECOND = WEB_GROUP.replace("-tg", "-02-tg")


def adopt(shop: Adopting, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shop.argv("--service", f"web={WEB_GROUP}", "--second-group", f"web={SECOND}", *options),
        cwd=shop.stack.root,
        env={**shop.env, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def with_login(shop: Adopting) -> None:
    """Slot 02 beside the shop's web group, and a login before its rule."""
    elb = shop.stack.client("elbv2")
    (first,) = elb.describe_target_groups(Names=[WEB_GROUP])["TargetGroups"]
    named = ("Protocol", "Port", "VpcId", "HealthCheckPath", "HealthCheckIntervalSeconds")
    alike = {key: first[key] for key in named}
    (second,) = elb.create_target_group(Name=SECOND, **alike)["TargetGroups"]
    described = elb.describe_target_health(TargetGroupArn=first["TargetGroupArn"])
    targets = [{"Id": each["Target"]["Id"]} for each in described["TargetHealthDescriptions"]]
    elb.register_targets(TargetGroupArn=second["TargetGroupArn"], Targets=targets)
    config = {name[0].upper() + name[1:]: value for name, value in OIDC.items()}
    login = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config}
    forward = {"Type": "forward", "Order": 2, "TargetGroupArn": first["TargetGroupArn"]}
    elb.modify_rule(RuleArn=shop.before["100"]["RuleArn"], Actions=[login, forward])


def test_a_rule_with_a_login_is_adopted_and_ramped_there_and_back(tmp_path: Path) -> None:
    with adopting(tmp_path) as shop:
        with_login(shop)
        secret = {"CLIENT_SECRET": OIDC_SECRET, "SESSION": SESSION}
        flags = ("--client-secret-from", "web=CLIENT_SECRET", "--cookie-from", "web=SESSION")

        without = adopt(shop)
        planned = adopt(shop, *flags, **secret)
        adopted = adopt(shop, "--apply", **secret)

        assert without.returncode == 2, without.stdout
        assert "--client-secret-from web=VARIABLE" in without.stdout
        assert "one target group becomes two, 100/0" in planned.stdout
        assert adopted.returncode == 0, adopted.stdout
        assert " 0 failed" in adopted.stdout
        file = yaml.safe_load(shop.stack.workspace.stack_file.read_text())
        login = file["config"]["failover:services"]["web"]["authenticate"]["oidc"]
        assert set(login.pop("clientSecret")) == {"secure"}
        assert login == {name: value for name, value in OIDC.items() if name != "clientSecret"}
        for said in (without, planned, adopted):
            assert OIDC_SECRET not in said.stdout
            assert SESSION not in said.stdout
        shop.stack.engine.run("preview", "--refresh", "--expect-no-changes")
        _ramped_there_and_back(shop)


def _ramped_there_and_back(shop: Adopting) -> None:
    engine = shop.stack.engine
    engine.write_config({"ramp.stages[0]": "50", "ramp.stages[1]": "100"})
    engine.write_config({"ramp.guard.healthyPolls": "1", "ramp.guard.pollSeconds": "1"})
    way = ConnectionRoute.from_environment(shop.env)
    log = shop.stack.root / "load"
    log.mkdir()
    probe = Probe((URL,), 50, way, log, expect="200", headers={URL: {"Cookie": SESSION}})
    with ProberProcess(probe, shop.env) as prober:
        prober.wait_until_good(20, 30)
        for weights in ("50/50", "0/100", "100/0"):
            engine.run("config", "set", "weights", weights)
            engine.run("up", "--yes", "--skip-preview")
            prober.wait_until_good(50, 30)
        summary = prober.stop()

    assert summary is not None
    assert summary["requests"]["failed"] == 0
    rule = shop.rules()["100"]["Actions"]
    assert [each["Type"] for each in rule] == ["authenticate-oidc", "forward"]


def test_a_service_of_the_default_action_gets_a_rule_of_its_own(tmp_path: Path) -> None:
    with adopting(tmp_path) as shop:
        with_login(shop)
        elb = shop.stack.client("elbv2")
        rules = elb.describe_rules(RuleArns=[shop.before["100"]["RuleArn"]])["Rules"]
        elb.delete_rule(RuleArn=shop.before["100"]["RuleArn"])
        config = {name[0].upper() + name[1:]: value for name, value in OIDC.items()}
        login = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config}
        elb.modify_listener(
            ListenerArn=shop.shop.listener_arn, DefaultActions=[login, rules[0]["Actions"][1]]
        )
        default = shop.rules()["default"]
        secret = {"CLIENT_SECRET": OIDC_SECRET, "SESSION": SESSION}
        flags = ("--client-secret-from", "web=CLIENT_SECRET", "--cookie-from", "web=SESSION")

        looked = adopt(shop, *flags, **secret)
        before = set(shop.rules())
        adopted = adopt(shop, "--apply", *flags, "--probe-url", URL, **secret)

        assert looked.returncode == 0, looked.stdout
        assert "--apply would add rule 1000 on :443 for web: path is /*" in looked.stdout
        assert "1000" not in before
        assert adopted.returncode == 0, adopted.stdout
        assert " 0 failed" in adopted.stdout
        assert shop.rules()["default"] == default
        actions = shop.rules()["1000"]["Actions"]
        assert [each["Type"] for each in actions] == ["authenticate-oidc", "forward"]
        assert len(actions[1]["ForwardConfig"]["TargetGroups"]) == 2
        shop.stack.engine.run("preview", "--refresh", "--expect-no-changes")
