"""What of an account a stack needs, and what stays out because the stack makes it itself."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.errors import BadInspectionError, NotSupportedError
from rehearsal.inspected.document import read_inspection
from rehearsal.inspected.images import ImageChoices, chosen_builds, only_second
from rehearsal.inspected.names import StackNames
from rehearsal.inspected.selection import Selection, selected
from rehearsal.stack_file import inspection_command
from tests.rehearsal.inspected.documents import (
    GROUPS,
    LISTENER,
    SECURITY_GROUP,
    SUBNETS,
    TEMPLATE,
    config,
    document,
    fleet,
    forward,
    rule,
    slot,
    target_group,
    template,
)

FILE = "inspected.json"


def selection(folder: Path, found: dict[str, Any], own: dict[str, Any]) -> Selection:
    path = folder / FILE
    path.write_text(json.dumps(found))
    names = StackNames.of("Pulumi.prod.yaml", own)
    again = inspection_command(own, Path(FILE))
    return selected(names, read_inspection(path, again), FILE, again)


def web(**slots: Any) -> dict[str, Any]:
    """The config with other slots: `s01`, `s02`."""
    own = config()
    named = own["failover:services"]["web"]["slots"]
    named |= {name.removeprefix("s"): value for name, value in slots.items()}
    return own


def scaled(**own: Any) -> dict[str, Any]:
    """An account whose slot 01 is an Auto Scaling group."""
    return document(
        autoScalingGroups=[fleet("web-asg", "web-01-tg", "2", **own)],
        launchTemplates=[template(1, 2, 4)],
    )


SCALED = web(s01=slot("web-01-tg", autoScalingGroup={"existing": "web-asg"}))


def test_the_rule_of_a_service_stays_out_and_all_others_are_made(tmp_path: Path) -> None:
    found = selection(tmp_path, document(), config())

    (listener,) = found.listeners
    assert [each.priority for each in listener.rules] == [10, None]
    groups = {each.group.name: [t.id for t in each.targets] for each in found.groups}
    assert groups == {
        "web-01-tg": ["i-00000000000000001"],
        "web-02-tg": ["i-00000000000000002"],
        "legacy-tg": [],
    }


def test_preview_rules_of_the_stack_stay_out_and_those_of_others_are_made(tmp_path: Path) -> None:
    found = document()
    found["listeners"][0]["rules"] += [
        rule(48, forward("web-01-tg"), isPreview=True),
        rule(49, forward("legacy-tg"), isPreview=True),
    ]

    (listener,) = selection(tmp_path, found, config()).listeners

    assert [each.priority for each in listener.rules] == [10, None, 49]


def test_a_second_rule_of_another_team_to_the_same_group_is_made(tmp_path: Path) -> None:
    found = document()
    found["listeners"][0]["rules"].append(rule(60, forward("web-01-tg")))

    (listener,) = selection(tmp_path, found, config()).listeners

    assert 60 in [each.priority for each in listener.rules]


def test_a_rule_of_another_team_at_the_priority_of_a_service_is_made(tmp_path: Path) -> None:
    found = document()
    found["listeners"][0]["rules"][1] = rule(50, forward("legacy-tg"))

    (listener,) = selection(tmp_path, found, config()).listeners

    assert [each.priority for each in listener.rules] == [10, 50, None]


def test_what_the_stack_makes_in_a_slot_stays_out(tmp_path: Path) -> None:
    found = document()
    group = target_group("web-02-tg", "i-00000000000000002")
    found["targetGroups"][1] = {**group, "name": "shop-us-prd-web-02-tg"}

    made = selection(tmp_path, found, web(s02={}))

    assert [each.group.name for each in made.groups] == ["web-01-tg", "legacy-tg"]
    assert [each.priority for each in made.listeners[0].rules] == [10, None]
    assert made.unsupported == {GROUPS["web-02-tg"]: "a group that the stack makes"}


def test_a_slot_of_an_auto_scaling_group_has_that_group_and_its_template(tmp_path: Path) -> None:
    found = selection(tmp_path, scaled(), SCALED)

    assert [each.name for each in found.fleets] == ["web-asg"]
    assert [each.id for each in found.templates] == [TEMPLATE]
    (first, *_) = found.groups
    assert first.targets == (), "its instance is launched by the group"


def test_the_targets_of_a_registered_slot_are_servers_whatever_launched_them(
    tmp_path: Path,
) -> None:
    found = selection(tmp_path, scaled(), config())

    assert found.fleets == ()
    assert [t.id for t in found.groups[0].targets] == ["i-00000000000000001"]


def without(path: str) -> dict[str, Any]:
    """The account of `scaled` without one entry, such as `network.subnets.0`."""
    found = scaled()
    *way, last = path.split(".")
    place: Any = found
    for key in way:
        place = place[int(key) if key.isdigit() else key]
    del place[int(last) if last.isdigit() else last]
    return found


COPIES = {
    **SCALED,
    "failover:capacity": {
        "web": {"02": {"launchTemplate": {"from": {"id": TEMPLATE, "version": 4}}}}
    },
}


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (without("listeners.0"), f"loadBalancer.listenerArn: {LISTENER}"),
        (without("network.securityGroups.0"), "loadBalancer.securityGroupId: sg-"),
        (without("network.subnets.1"), f"subnet {SUBNETS[1]}"),
        (without("targetGroups.1"), "services.web.slots.02.targetGroup.existing: web-02-tg"),
        (
            without("autoScalingGroups.0"),
            "services.web.slots.01.autoScalingGroup.existing: web-asg",
        ),
        (without("launchTemplates.0"), f"version 2 of launch template shop-{TEMPLATE}"),
        (without("launchTemplates.0.versions.1"), "version 2 of launch template"),
        (without("launchTemplates.0.versions.2"), f"launchTemplate.from: version 4 of {TEMPLATE}"),
        (
            document(targetGroups=[{**target_group("web-01-tg"), "details": None}]),
            "web-01-tg: its targets were not read",
        ),
        (
            scaled(template={**fleet("x", "web-01-tg", "2")["template"], "isGone": True}),
            "web-asg: what it launches from",
        ),
    ],
    ids=lambda value: value[-30:] if isinstance(value, str) else "account",
)
def test_what_the_stack_names_and_the_file_does_not_have_is_named(
    tmp_path: Path, found: dict[str, Any], missing: str
) -> None:
    with pytest.raises(BadInspectionError) as refused:
        selection(tmp_path, found, COPIES)

    assert missing in str(refused.value)
    assert "fix:      failover inspect --load-balancer arn:aws:" in str(refused.value)
    assert str(refused.value).rstrip().endswith("> inspected.json")


def test_everything_that_is_missing_is_one_message_with_the_templates_to_add(
    tmp_path: Path,
) -> None:
    own = copy.deepcopy(config())
    own["failover:network"]["vpcId"] = "vpc-00000000000000000"
    own["failover:capacity"] = {
        "web": {"launchTemplate": {"from": {"name": "golden", "version": 3}}}
    }

    with pytest.raises(BadInspectionError) as refused:
        selection(tmp_path, document(targetGroups=[]), own)

    text = str(refused.value)
    for part in ("network.vpcId: vpc-0000", "web-01-tg", "web-02-tg", "version 3 of golden"):
        assert part in text
    assert "--json --launch-template golden > inspected.json" in text


def test_security_groups_and_subnets_of_instances_that_the_stack_makes_are_needed_too(
    tmp_path: Path,
) -> None:
    own = {
        **config(),
        "failover:capacity": {
            "web": {
                "launchTemplate": {"securityGroupIds": ["sg-0bbbbbbbbbbbbbbbb"]},
                "02": {"autoScalingGroup": {"subnetIds": ["subnet-0ffffffffffffffff"]}},
            }
        },
    }

    with pytest.raises(BadInspectionError) as refused:
        selection(tmp_path, document(), own)

    assert "capacity: security group sg-0bbbbbbbbbbbbbbbb" in str(refused.value)
    assert "network: subnet subnet-0ffffffffffffffff" in str(refused.value)


def test_only_security_groups_that_are_needed_are_made_with_those_that_their_rules_name(
    tmp_path: Path,
) -> None:
    found = document()
    (front,) = found["network"]["securityGroups"]
    peers = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0ccccccccccccccc1"}]}]
    for group_id, rules in {
        "sg-0bbbbbbbbbbbbbbbb": peers,
        "sg-0ccccccccccccccc1": [],
        "sg-0ddddddddddddddd1": [],
    }.items():
        found["network"]["securityGroups"].append(
            {**front, "id": group_id, "name": group_id, "ingress": rules}
        )
    own = {
        **config(),
        "failover:capacity": {
            "web": {"launchTemplate": {"securityGroupIds": ["sg-0bbbbbbbbbbbbbbbb"]}}
        },
    }

    made = [group.id for group in selection(tmp_path, found, own).security_groups]

    assert made == [SECURITY_GROUP, "sg-0bbbbbbbbbbbbbbbb", "sg-0ccccccccccccccc1"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("aws:region", "eu-west-1", "of another region than Pulumi.prod.yaml: us-east-1"),
        ("aws:allowedAccountIds", ["111122223333"], "of another account than Pulumi.prod.yaml"),
    ],
)
def test_a_file_of_another_place_is_refused(
    tmp_path: Path, key: str, value: Any, said: str
) -> None:
    with pytest.raises(BadInspectionError, match=said):
        selection(tmp_path, document(), {**config(), key: value})


def test_a_file_of_another_load_balancer_is_refused(tmp_path: Path) -> None:
    own = config()
    own["failover:loadBalancer"]["arn"] += "0"

    with pytest.raises(BadInspectionError, match="of another load balancer than"):
        selection(tmp_path, document(), own)


def test_a_stack_that_names_nothing_as_existing_needs_no_file() -> None:
    own = {**config(), "failover:loadBalancer": {"create": True}}

    with pytest.raises(NotSupportedError, match="leave out --as"):
        StackNames.of("Pulumi.prod.yaml", own)


def test_a_group_of_the_stack_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    found = document()
    found["targetGroups"][0] |= {"targetType": "lambda"}

    with pytest.raises(NotSupportedError, match=r"web-01-tg \(targets of type lambda\)"):
        selection(tmp_path, found, config())


def test_images_that_slot_02_alone_has_become_another_build(tmp_path: Path) -> None:
    own = {**config(), "failover:images": {"web": {"02": "ami-0ccccccccccccccc1"}}}
    found = selection(tmp_path, document(), own)
    images = ImageChoices(chosen_builds(["ami-0dddddddddddddddd=errors"]), only_second(own, found))

    builds = {
        image: images.build_of(image)
        for image in (
            "ami-0aaaaaaaaaaaaaaaa",
            "ami-0bbbbbbbbbbbbbbbb",
            "ami-0ccccccccccccccc1",
            "ami-0dddddddddddddddd",
            "ami-0fa11000000000003",
            "resolve:ssm:/shop/ami",
        )
    }

    assert list(builds.values()) == ["v1", "v2", "v2", "errors", "v3", "v1"]


def test_the_image_of_an_auto_scaling_group_is_that_of_the_version_it_launches(
    tmp_path: Path,
) -> None:
    account = scaled()
    for version in account["launchTemplates"][0]["versions"]:
        version["data"]["ImageId"] = f"ami-0000000000000000{version['number']}"
    own = {**SCALED, "failover:images": {"web": {"02": "ami-00000000000000002"}}}

    found = selection(tmp_path, account, own)

    assert only_second(own, found) == frozenset({"ami-0bbbbbbbbbbbbbbbb"})


@pytest.mark.parametrize("option", ["ami-1", "=v1", "ami-1=v9", "ami-1="])
def test_a_build_that_does_not_exist_is_refused(option: str) -> None:
    with pytest.raises(BadInspectionError, match="expected: AMI=BUILD"):
        chosen_builds([option])
