"""An inspected account is made again: an inspection of what was made finds the same."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from ops.inspect.cli import inspect
from rehearsal.account import images_of
from rehearsal.errors import NotSupportedError
from rehearsal.inspected.construction import construct
from rehearsal.inspected.document import read_inspection
from rehearsal.inspected.images import ImageChoices, only_second
from rehearsal.inspected.names import StackNames
from rehearsal.inspected.selection import selected
from rehearsal.inspected.site import ConstructionSite
from rehearsal.local_aws import local_clients
from rehearsal.stack_file import inspection_command
from tests.ops.console_made import click_together
from tests.ops.hand_registered import registered_by_hand
from tests.rehearsal.data_plane.world import Process
from tests.rehearsal.inspected.documents import (
    ACCOUNT,
    BALANCER,
    GROUPS,
    LISTENER,
    REGION,
    SECURITY_GROUP,
    SUBNETS,
    TEMPLATE,
    condition,
    config,
    document,
    fleet,
    forward,
    rule,
    slot,
    target_group,
    template,
)

Client = Callable[[str], Any]


@contextmanager
def local_aws(account_id: str = ACCOUNT) -> Generator[str]:
    arguments = ["--health", "clock", "--boot-seconds", "0", "--account-id", account_id]
    process = Process("rehearsal.control_plane", *arguments)
    try:
        yield f"http://127.0.0.1:{process.said['port']}"
    finally:
        process.stop()


@pytest.fixture
def endpoint() -> Generator[str]:
    with local_aws() as found:
        yield found


def make(endpoint: str, folder: Path, found: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """Make the account; the notes."""
    path = folder / "inspected.json"
    path.write_text(json.dumps(found))
    again = inspection_command(own, path)
    names = StackNames.of("Pulumi.prod.yaml", own)
    selection = selected(names, read_inspection(path, again), path.name, again)
    images = ImageChoices({}, only_second(own, selection))
    hosts = ("50.shop.example",)
    return list(construct(ConstructionSite(endpoint, selection, images, 1.0, hosts)))


def client(endpoint: str, service: str) -> Any:
    return local_clients(endpoint, REGION)(service)


def test_servers_rules_and_ids_are_those_of_the_account(endpoint: str, tmp_path: Path) -> None:
    notes = make(endpoint, tmp_path, document(), config())

    elb, ec2 = client(endpoint, "elbv2"), client(endpoint, "ec2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    assert (balancer["LoadBalancerArn"], balancer["VpcId"]) == (BALANCER, "vpc-0a1b2c3d4e5f60718")
    assert {each["SubnetId"] for each in balancer["AvailabilityZones"]} == set(SUBNETS)
    assert balancer["SecurityGroups"] == [SECURITY_GROUP]
    rules = elb.describe_rules(ListenerArn=LISTENER)["Rules"]
    assert [each["Priority"] for each in rules] == ["10", "default"]
    groups = {each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]}
    assert groups == set(GROUPS.values())
    health = elb.describe_target_health(TargetGroupArn=GROUPS["web-02-tg"])
    (target,) = health["TargetHealthDescriptions"]
    assert target["Target"] == {"Id": "i-00000000000000002", "Port": 8080}
    found = ec2.describe_instances(InstanceIds=["i-00000000000000001", "i-00000000000000002"])
    servers = [i for each in found["Reservations"] for i in each["Instances"]]
    own = images_of(endpoint, REGION)
    assert {i["PrivateIpAddress"]: i["ImageId"] for i in servers} == {
        "10.7.0.11": own["v1"],
        "10.7.0.12": own["v2"],
    }
    assert notes == ["target group legacy-tg: one server stands for all of its targets"]


def test_addresses_are_registered_and_one_outside_of_the_vpc_has_a_stand_in(
    endpoint: str, tmp_path: Path
) -> None:
    found = document()
    group = target_group("web-01-tg", "10.7.1.20", "192.168.7.7", "10.7.0.99")
    found["targetGroups"][0] = {**group, "targetType": "ip"}

    notes = make(endpoint, tmp_path, found, config())

    health = client(endpoint, "elbv2").describe_target_health(TargetGroupArn=GROUPS["web-01-tg"])
    own = {each["Target"]["Id"] for each in health["TargetHealthDescriptions"]}
    assert len(own) == 3
    assert own > {"10.7.1.20", "10.7.0.99"}
    assert any(each.startswith("target 192.168.7.7: outside of the VPC") for each in notes)


def test_a_group_launches_from_the_version_that_the_account_has(
    endpoint: str, tmp_path: Path
) -> None:
    found = document(
        autoScalingGroups=[fleet("web-asg", "web-01-tg", "4")],
        launchTemplates=[template(2, 4)],
    )
    own = config()
    own["failover:services"]["web"]["slots"]["01"] = slot(
        "web-01-tg", autoScalingGroup={"existing": "web-asg"}
    )

    notes = make(endpoint, tmp_path, found, own)

    (group,) = client(endpoint, "autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["LaunchTemplate"]["LaunchTemplateId"] == TEMPLATE
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (1, 3, 2)
    assert group["TargetGroupARNs"] == [GROUPS["web-01-tg"]]
    described = client(endpoint, "ec2").describe_launch_template_versions(
        LaunchTemplateId=TEMPLATE, Versions=["2", "4"]
    )["LaunchTemplateVersions"]
    data = {each["VersionNumber"]: each["LaunchTemplateData"] for each in described}
    assert {n: each["KeyName"] for n, each in data.items()} == {2: "key-2", 4: "key-4"}
    assert data[4]["ImageId"] == images_of(endpoint, REGION)["v1"]
    assert next(e for e in described if e["DefaultVersion"])["VersionNumber"] == 2
    assert f"launch template shop-{TEMPLATE}: an empty script is its user data" in notes


def test_what_the_local_aws_cannot_have_is_left_out_and_noted(
    endpoint: str, tmp_path: Path
) -> None:
    found = document()
    login = {
        "kind": "authenticate-oidc",
        "groups": [],
        "stickinessSeconds": None,
        "config": {
            "Issuer": "https://login.example",
            "AuthorizationEndpoint": "https://login.example/authorize",
            "TokenEndpoint": "https://login.example/token",
            "UserInfoEndpoint": "https://login.example/user",
            "ClientId": "shop",
        },
    }
    found["targetGroups"][2] |= {"targetType": "lambda"}
    pattern = condition("path-pattern", "^/a.*", isPattern=True)
    found["listeners"][0]["rules"] += [
        rule(20, forward("web-01-tg"), conditions=[pattern]),
        rule(30, login, forward("web-01-tg"), hasTransforms=True),
    ]
    group = found["network"]["securityGroups"][0]
    group["ingress"] = [
        {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "PrefixListIds": [{"PrefixListId": "pl-1"}],
            "UserIdGroupPairs": [{"GroupId": "sg-0ffffffffffffffff"}],
        }
    ]

    notes = make(endpoint, tmp_path, found, config())

    elb = client(endpoint, "elbv2")
    rules = {each["Priority"]: each for each in elb.describe_rules(ListenerArn=LISTENER)["Rules"]}
    assert set(rules) == {"10", "30", "default"}
    assert rules["10"]["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "503"
    assert [a["Type"] for a in rules["30"]["Actions"]] == ["authenticate-oidc", "forward"]
    assert notes == [
        f"security group {SECURITY_GROUP}: without the rules for sg-0ffffffffffffffff, pl-1",
        f"security group {SECURITY_GROUP}: also admits everyone on port 443, so that requests of "
        "this machine get through",
        "rule 10 on :443: does not forward to legacy-tg (targets of type lambda)",
        "rule 20 on :443: left out, because of a regular expression",
        "rule 30 on :443: does not rewrite requests",
        "rule 30 on :443: the secret of its login's client is invented",
    ]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("network", "cidrBlocks"), ["10.7.0.0/99"]),
        (("network", "subnets", 0, "zone"), "moon-1a"),
        (
            ("network", "securityGroups", 0, "ingress"),
            [{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": 7}]}],
        ),
        (("listeners", 0, "tlsPolicy"), "nope"),
        (("targetGroups", 0, "details", "targets", 0, "id"), "not an address"),
        (("servers", 0, "securityGroupIds"), ["sg-0"]),
    ],
    ids=str,
)
def test_a_value_that_aws_refuses_is_one_message(
    endpoint: str, tmp_path: Path, place: tuple[Any, ...], value: Any
) -> None:
    found: Any = document()
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value

    with pytest.raises(NotSupportedError, match="cannot be made in the local AWS") as refused:
        make(endpoint, tmp_path, found, config())

    assert "fix:" in str(refused.value)


def inspected(endpoint: str, name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `failover inspect --json` prints of a load balancer."""
    for variable, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(variable, value)
    told = CliRunner().invoke(inspect, ["--load-balancer", name, "--json"])
    assert told.exit_code == 0, told.output
    return json.loads(told.output)


def essence(found: dict[str, Any]) -> dict[str, Any]:
    """An inspection without what is of the moment: states, and ids that no config names."""
    for listener in found["listeners"]:
        for each in listener["rules"]:
            del each["arn"]
    for group in found["targetGroups"]:
        group["details"]["targets"] = sorted(each["id"] for each in group["details"]["targets"])
    keys = ("region", "loadBalancer", "listeners", "targetGroups", "network", "servers")
    return {key: found[key] for key in keys}


def stack_of(found: dict[str, Any], slots: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A config that names what a load balancer has; its service is at no rule's priority."""
    balancer = found["loadBalancer"]
    secure = next(each for each in found["listeners"] if each["protocol"] == "HTTPS")
    return {
        **config(),
        "failover:network": {"vpcId": balancer["vpcId"]},
        "failover:loadBalancer": {
            "arn": balancer["arn"],
            "listenerArn": secure["arn"],
            "securityGroupId": balancer["securityGroupIds"][0],
        },
        "failover:services": {
            name: {"priority": 9000 + n, "slots": slots[name]} for n, name in enumerate(slots)
        },
    }


def boto(endpoint: str) -> Client:
    session: Any = boto3.Session("test", "test", region_name=REGION)
    return lambda service: session.client(service, endpoint_url=endpoint)


def test_servers_registered_by_hand_are_found_again_by_an_inspection(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_aws() as original:
        made = registered_by_hand(boto(original), images_of(original, REGION))
        found = inspected(original, "by-hand", monkeypatch)
    names = {(s, n): arn.split("/")[1] for (s, n), arn in made.groups.items()}
    services = {"portal", "web"}
    slots = {s: {n: slot(names[s, n]) for n in ("01", "02")} for s in services}

    notes = make(endpoint, tmp_path, found, stack_of(found, slots))

    again = inspected(endpoint, "by-hand", monkeypatch)
    assert essence(again) == essence(found)
    assert notes == []


def test_auto_scaling_groups_are_found_again_by_an_inspection(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_aws() as original:
        shop = click_together(boto(original), images_of(original, REGION))
        found = inspected(original, "Shop-Front", monkeypatch)
    fleets = {
        group.split("-")[-2]: {
            "01": slot(group, autoScalingGroup={"existing": name}),
            "02": {},
        }
        for group, arn in shop.target_groups.items()
        for name in [e["name"] for e in found["autoScalingGroups"] if arn in e["targetGroupArns"]]
    }

    make(endpoint, tmp_path, found, stack_of(found, fleets))

    again = inspected(endpoint, "Shop-Front", monkeypatch)
    keys = ("region", "loadBalancer", "listeners", "network")
    before, after = essence(found), essence(again)
    assert {key: after[key] for key in keys} == {key: before[key] for key in keys}
    for key in ("launchConfigurations", "launchTemplates"):
        assert again[key] == found[key]
    settings = ("name", "minSize", "maxSize", "desired", "template", "subnetIds", "imageIds")
    groups = [
        [{key: each[key] for key in settings} for each in of["autoScalingGroups"]]
        for of in (again, found)
    ]
    assert groups[0] == groups[1]
