"""The adoption of a rule that has both slots already, in any order, and looks at a header too."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.engine.adopting import adopting
from tests.ops.console_made import WEB_GROUP

pytestmark = [pytest.mark.engine, pytest.mark.long]

SECOND = WEB_GROUP.replace("-tg", "-02-tg")
STAGE = {
    "Field": "http-header",
    "HttpHeaderConfig": {"HttpHeaderName": "X-Stage", "Values": ["live*"]},
}


def test_slot_01_is_found_by_name_and_the_header_is_kept(tmp_path: Path) -> None:
    with adopting(tmp_path) as shop:
        elb = shop.stack.client("elbv2")
        (first,) = elb.describe_target_groups(Names=[WEB_GROUP])["TargetGroups"]
        alike = {
            key: first[key]
            for key in (
                "Protocol",
                "Port",
                "VpcId",
                "HealthCheckPath",
                "HealthCheckIntervalSeconds",
            )
        }
        (second,) = elb.create_target_group(Name=SECOND, **alike)["TargetGroups"]
        (admin,) = elb.describe_target_health(
            TargetGroupArn=shop.shop.target_groups["legacy-admin"]
        )["TargetHealthDescriptions"]
        elb.register_targets(
            TargetGroupArn=second["TargetGroupArn"], Targets=[{"Id": admin["Target"]["Id"]}]
        )
        rule = shop.before["100"]
        groups = [
            {"TargetGroupArn": second["TargetGroupArn"], "Weight": 1},
            {"TargetGroupArn": first["TargetGroupArn"], "Weight": 3},
        ]
        conditions = [
            {key: each[key] for key in each if key != "Values"} for each in rule["Conditions"]
        ]
        elb.modify_rule(
            RuleArn=rule["RuleArn"],
            Conditions=[*conditions, STAGE],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )

        adopted = shop.adopt("--apply", "--service", f"web={WEB_GROUP}")

        assert adopted.returncode == 0, adopted.stdout
        file = yaml.safe_load(shop.stack.workspace.stack_file.read_text())
        web = file["config"]["failover:services"]["web"]
        assert web["conditions"] == {"headers": {"X-Stage": ["live*"]}}
        assert web["weights"] == "75/25"
        assert web["slots"]["01"]["targetGroup"] == {"existing": WEB_GROUP}
        assert web["slots"]["02"] == {"targetGroup": {"existing": SECOND}, "registered": True}
        assert dict(shop.split_of("100")) == {WEB_GROUP: 75, SECOND: 25}
        assert STAGE in shop.rules()["100"]["Conditions"]
        shop.stack.engine.run("preview", "--refresh", "--expect-no-changes")
