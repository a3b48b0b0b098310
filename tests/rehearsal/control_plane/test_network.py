"""Security groups, and what a network's parts hold each other by."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import V1, Aws, refusal


def security_group(aws: Aws, name: str = "one") -> str:
    return aws.ec2.create_security_group(GroupName=name, Description="d", VpcId=aws.vpc_id)[
        "GroupId"
    ]


def ingress(aws: Aws, group_id: str, **end: Any) -> str:
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **end}
    return aws.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])[
        "SecurityGroupRules"
    ][0]["SecurityGroupRuleId"]


def shown(aws: Aws, rule_id: str) -> dict[str, Any]:
    (rule,) = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])[
        "SecurityGroupRules"
    ]
    return rule


def test_a_rule_that_refers_to_a_group_keeps_its_description(aws: Aws) -> None:
    one, two = security_group(aws, "one"), security_group(aws, "two")

    rule_id = ingress(
        aws, one, UserIdGroupPairs=[{"GroupId": two, "Description": "from the other"}]
    )

    rule = shown(aws, rule_id)
    assert rule["Description"] == "from the other"
    assert rule["ReferencedGroupInfo"] == {"GroupId": two}


@pytest.mark.parametrize(
    "end",
    [
        {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
    ],
)
def test_a_second_rule_that_differs_in_its_description_alone_is_a_duplicate(
    aws: Aws, end: dict[str, Any]
) -> None:
    group_id = security_group(aws)
    ingress(aws, group_id, **end)
    ((kind, (ranges,)),) = end.items()
    again = {kind: [{**ranges, "Description": "again"}]}

    code, _ = refusal(ingress, aws=aws, group_id=group_id, **again)

    assert code == "InvalidPermission.Duplicate"


def test_every_kind_of_rule_can_be_modified(aws: Aws) -> None:
    one, two, three = (security_group(aws, n) for n in ("one", "two", "three"))
    rules = {
        ingress(aws, one, IpRanges=[{"CidrIp": "10.0.0.0/8"}]): {"CidrIpv4": "10.1.0.0/16"},
        ingress(aws, one, Ipv6Ranges=[{"CidrIpv6": "::/0"}]): {"CidrIpv6": "fd00::/8"},
        ingress(aws, one, UserIdGroupPairs=[{"GroupId": two}]): {"ReferencedGroupId": three},
    }

    for rule_id, end in rules.items():
        wanted = {
            "IpProtocol": "udp",
            "FromPort": 1,
            "ToPort": 2,
            "Description": "changed",
            **end,
        }
        aws.ec2.modify_security_group_rules(
            GroupId=one,
            SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}],
        )

    for rule_id, end in rules.items():
        rule = shown(aws, rule_id)
        if "ReferencedGroupId" in end:
            assert rule["ReferencedGroupInfo"]["GroupId"] == end["ReferencedGroupId"]
        else:
            assert {k: rule[k] for k in end} == end
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("udp", 1, 2)
        assert rule["Description"] == "changed"


def test_a_modification_that_makes_two_rules_the_same_is_refused_and_changes_nothing(
    aws: Aws,
) -> None:
    group_id = security_group(aws)
    first = ingress(aws, group_id, IpRanges=[{"CidrIp": "10.0.0.0/8"}])
    second = ingress(aws, group_id, IpRanges=[{"CidrIp": "10.1.0.0/16"}])
    as_first = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"}

    code, _ = refusal(
        aws.ec2.modify_security_group_rules,
        GroupId=group_id,
        SecurityGroupRules=[{"SecurityGroupRuleId": second, "SecurityGroupRule": as_first}],
    )

    assert code == "InvalidPermission.Duplicate"
    assert shown(aws, first)["CidrIpv4"] == "10.0.0.0/8"
    assert shown(aws, second)["CidrIpv4"] == "10.1.0.0/16"


def test_a_rule_stays_of_its_kind(aws: Aws) -> None:
    group_id = security_group(aws)
    rule_id = ingress(aws, group_id, IpRanges=[{"CidrIp": "10.0.0.0/8"}])
    wanted = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"}

    code, _ = refusal(
        aws.ec2.modify_security_group_rules,
        GroupId=group_id,
        SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}],
    )

    assert code == "InvalidParameterValue"


def test_the_default_egress_can_be_revoked_by_its_id(aws: Aws) -> None:
    group_id = security_group(aws)
    listed = aws.ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group_id]}]
    )["SecurityGroupRules"]
    (default,) = [r["SecurityGroupRuleId"] for r in listed if r["IsEgress"]]

    aws.ec2.revoke_security_group_egress(GroupId=group_id, SecurityGroupRuleIds=[default])

    (group,) = aws.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    assert group["IpPermissionsEgress"] == []


def test_several_permissions_in_one_call_are_all_answered(aws: Aws) -> None:
    group_id = security_group(aws)
    permissions = [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
        }
        for port in (80, 443)
    ]

    answer = aws.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=permissions)

    assert [r["FromPort"] for r in answer["SecurityGroupRules"]] == [80, 443]


def test_a_security_group_that_something_uses_cannot_be_deleted(aws: Aws) -> None:
    referred, in_balancer, on_instance, free = (
        security_group(aws, n) for n in ("referred", "balancer", "instance", "free")
    )
    ingress(aws, free, UserIdGroupPairs=[{"GroupId": referred}])
    aws.elbv2.create_load_balancer(Name="a", Subnets=aws.subnet_ids, SecurityGroups=[in_balancer])
    aws.ec2.run_instances(
        ImageId=V1,
        MinCount=1,
        MaxCount=1,
        SubnetId=aws.subnet_ids[0],
        SecurityGroupIds=[on_instance],
    )

    codes = {
        refusal(aws.ec2.delete_security_group, GroupId=group_id)[0]
        for group_id in (referred, in_balancer, on_instance)
    }
    aws.ec2.delete_security_group(GroupId=free)
    aws.ec2.delete_security_group(GroupId=referred)

    assert codes == {"DependencyViolation"}


def test_what_something_lives_in_cannot_be_deleted_or_detached(aws: Aws) -> None:
    assert aws.load_balancer_arn
    (gateway,) = aws.ec2.describe_internet_gateways(
        Filters=[{"Name": "attachment.vpc-id", "Values": [aws.vpc_id]}]
    )["InternetGateways"]
    security_group(aws)

    codes = {
        refusal(aws.ec2.delete_subnet, SubnetId=aws.subnet_ids[0])[0],
        refusal(aws.ec2.delete_vpc, VpcId=aws.vpc_id)[0],
        refusal(
            aws.ec2.detach_internet_gateway,
            InternetGatewayId=gateway["InternetGatewayId"],
            VpcId=aws.vpc_id,
        )[0],
    }

    assert codes == {"DependencyViolation"}


def test_a_default_group_lets_only_its_own_members_in(aws: Aws) -> None:
    (default,) = aws.ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [aws.vpc_id]}]
    )["SecurityGroups"]

    (permission,) = default["IpPermissions"]

    assert permission["IpProtocol"] == "-1"
    assert [pair["GroupId"] for pair in permission["UserIdGroupPairs"]] == [default["GroupId"]]
    assert permission["IpRanges"] == []


def test_an_instance_is_in_the_groups_that_it_was_given_last(aws: Aws) -> None:
    target = aws.group(aws.template(), 1)
    (instance,) = [each["InstanceId"] for each in aws.instances(target)]
    (default,) = latest_groups(aws, instance)
    one, other = security_group(aws, "one"), security_group(aws, "other")

    aws.ec2.modify_instance_attribute(InstanceId=instance, Groups=[one])
    by_instance = latest_groups(aws, instance)
    (interface,) = aws.ec2.describe_network_interfaces(
        Filters=[{"Name": "attachment.instance-id", "Values": [instance]}]
    )["NetworkInterfaces"]
    aws.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[other]
    )

    assert default.startswith("sg-")
    assert by_instance == (one,)
    assert latest_groups(aws, instance) == (other,)


def latest_groups(aws: Aws, instance_id: str) -> tuple[str, ...]:
    (found,) = [i for i in aws.plane.changes.latest[1].instances if i.instance_id == instance_id]
    return found.security_group_ids
