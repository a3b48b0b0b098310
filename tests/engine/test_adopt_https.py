"""The adoption of a target group of HTTPS, and its ramp there and back under load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.adopt.probing import Probe, ProberProcess
from ops.traffic.plan import ConnectionRoute
from tests.engine.adopting import Adopting, adopting
from tests.ops.console_made import WEB_GROUP
from tests.rehearsal.data_plane.world import eventually

pytestmark = [pytest.mark.engine, pytest.mark.long]

URL = "https://www.hankooktire.example/"
ENCRYPTED = WEB_GROUP.replace("-web-", "-tls-")
MADE = ENCRYPTED.replace("-tg", "-02-tg")
CHECK_PORT = 8081


def test_a_group_of_https_is_adopted_with_all_of_its_settings_and_ramped(tmp_path: Path) -> None:
    with adopting(tmp_path) as shop:
        _encrypt(shop)

        adopted = shop.adopt("--apply", "--service", f"tls={ENCRYPTED}")

        assert adopted.returncode == 0, adopted.stdout
        assert " 0 failed" in adopted.stdout
        assert "not as target group" not in adopted.stdout
        file = yaml.safe_load(shop.stack.workspace.stack_file.read_text())
        assert file["config"]["failover:services"]["tls"]["targetGroup"] == {
            "protocol": "HTTPS",
            "algorithm": "least_outstanding_requests",
            "healthCheckPort": CHECK_PORT,
        }
        first, second = (
            _described(shop, ENCRYPTED),
            _described(shop, "hankooktire-us-prd-tls-02-tg"),
        )
        assert second == first
        shop.stack.engine.run("preview", "--refresh", "--expect-no-changes")
        again = shop.adopt("--apply", "--service", f"tls={ENCRYPTED}")
        assert again.stdout.splitlines()[-1] == "adopted already: nothing to change", again.stdout
        _ramped_there_and_back(shop)


def _encrypt(shop: Adopting) -> None:
    """A target group of HTTPS in place of the shop's, with a port for its health checks."""
    elb, asg = shop.stack.client("elbv2"), shop.stack.client("autoscaling")
    (plain,) = elb.describe_target_groups(Names=[WEB_GROUP])["TargetGroups"]
    (made,) = elb.create_target_group(
        Name=ENCRYPTED,
        Protocol="HTTPS",
        HealthCheckProtocol="HTTPS",
        HealthCheckPort=str(CHECK_PORT),
        HealthCheckTimeoutSeconds=3,
        **{key: plain[key] for key in ("Port", "VpcId", "HealthCheckPath")},
        HealthCheckIntervalSeconds=5,
    )["TargetGroups"]
    arn = made["TargetGroupArn"]
    attributes = {
        "load_balancing.algorithm.type": "least_outstanding_requests",
        "deregistration_delay.timeout_seconds": "7",
        "target_group_health.dns_failover.minimum_healthy_targets.count": "off",
    }
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": k, "Value": v} for k, v in attributes.items()]
    )
    _open(shop, plain["VpcId"])
    name = "Web_servers"
    asg.attach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=[arn])
    elb.modify_rule(
        RuleArn=shop.before["100"]["RuleArn"], Actions=[{"Type": "forward", "TargetGroupArn": arn}]
    )
    asg.detach_load_balancer_target_groups(
        AutoScalingGroupName=name, TargetGroupARNs=[plain["TargetGroupArn"]]
    )
    eventually(lambda: _states(elb, arn) == {"healthy"}, "the targets are healthy by HTTPS")


def _open(shop: Adopting, vpc_id: str) -> None:
    """Let the load balancer reach the port of the health checks."""
    ec2 = shop.stack.client("ec2")
    found = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    groups = {each["GroupName"]: each["GroupId"] for each in found["SecurityGroups"]}
    pair = {"UserIdGroupPairs": [{"GroupId": groups["launch-wizard-1"]}]}
    permission = {"IpProtocol": "tcp", "FromPort": CHECK_PORT, "ToPort": CHECK_PORT, **pair}
    ec2.authorize_security_group_ingress(
        GroupId=groups["launch-wizard-2"], IpPermissions=[permission]
    )


def _states(elb: Any, arn: str) -> set[str]:
    described = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {each["TargetHealth"]["State"] for each in described}


def _described(shop: Adopting, name: str) -> dict[str, Any]:
    """All that AWS reports of a target group, beside its name."""
    elb = shop.stack.client("elbv2")
    (group,) = elb.describe_target_groups(Names=[name])["TargetGroups"]
    arn = group["TargetGroupArn"]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    own = {"TargetGroupArn", "TargetGroupName"}
    return {
        **{key: value for key, value in group.items() if key not in own},
        **{each["Key"]: each["Value"] for each in attributes},
    }


def _ramped_there_and_back(shop: Adopting) -> None:
    engine = shop.stack.engine
    engine.write_config({"ramp.stages[0]": "50", "ramp.stages[1]": "100"})
    engine.write_config({"ramp.guard.healthyPolls": "1", "ramp.guard.pollSeconds": "1"})
    log = shop.stack.root / "load"
    log.mkdir()
    way = ConnectionRoute.from_environment(shop.env)
    probe = Probe((URL,), 50, way, log, expect="200")
    with ProberProcess(probe, shop.env) as prober:
        prober.wait_until_good(20, 30)
        for weights in ("50/50", "0/100", "100/0"):
            engine.run("config", "set", "weights", weights)
            engine.run("up", "--yes", "--skip-preview")
            prober.wait_until_good(50, 30)
        summary = prober.stop()

    assert summary is not None
    assert summary["requests"]["failed"] == 0
