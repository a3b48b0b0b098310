"""What is made may get a chosen id: a rehearsal has the ids of the account that it stands for."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.error import HTTPError

import pytest

from rehearsal.account import images_of, self_signed_certificate
from rehearsal.local_aws import LocalAws, local_clients
from tests.rehearsal.data_plane.world import Process

ACCOUNT = "210987654321"
REGION = "us-east-1"
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
BALANCER = f"{ELB}:loadbalancer/app/shop/0123456789abcdef"
LISTENER = f"{ELB}:listener/app/shop/0123456789abcdef/fedcba9876543210"
GROUP = f"{ELB}:targetgroup/web-tg/00112233445566aa"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/6f2a1c0e-93b4-4d57-8a1e-2b7c5d9e0f13"


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    process = Process("rehearsal.control_plane", "--health", "clock", "--account-id", ACCOUNT)
    yield f"http://127.0.0.1:{process.said['port']}"
    process.stop()


def client(endpoint: str, service: str) -> Any:
    return local_clients(endpoint, REGION)(service)


def test_each_thing_gets_the_next_given_id_of_its_kind(endpoint: str) -> None:
    ec2, elb, acm = (client(endpoint, each) for each in ("ec2", "elbv2", "acm"))
    aws, images = LocalAws(endpoint), images_of(endpoint, REGION)
    aws.give("vpc-0a", "sg-0a", "sg-0b", "subnet-0a", "subnet-0b", "lt-0a", "i-0a")

    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="front", Description="front", VpcId=vpc)
    template = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1"}
    )
    server = ec2.run_instances(
        ImageId=images["v1"],
        MinCount=1,
        MaxCount=1,
        SubnetId=subnets[0]["Subnet"]["SubnetId"],
    )["Instances"][0]
    aws.give(GROUP, LISTENER, BALANCER, CERTIFICATE)
    pem, key = self_signed_certificate(["*.example"])
    certificate = acm.import_certificate(Certificate=pem, PrivateKey=key)["CertificateArn"]
    other, own = (
        elb.create_target_group(Name=name, Protocol="HTTP", Port=8080, VpcId=vpc)["TargetGroups"][0]
        for name in ("other-tg", "web-tg")
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    balancer = elb.create_load_balancer(Name="shop", Subnets=["subnet-0a", "subnet-0b"])
    listener = elb.create_listener(
        LoadBalancerArn=BALANCER,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": GROUP}],
    )["Listeners"][0]

    assert vpc == "vpc-0a"
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    named = {each["GroupName"]: each["GroupId"] for each in groups["SecurityGroups"]}
    assert named == {"default": "sg-0a", "front": "sg-0b"}
    assert group["GroupId"] == "sg-0b"
    assert [each["Subnet"]["SubnetId"] for each in subnets] == ["subnet-0a", "subnet-0b"]
    assert template["LaunchTemplate"]["LaunchTemplateId"] == "lt-0a"
    assert server["InstanceId"] == "i-0a"
    assert certificate == CERTIFICATE
    assert own["TargetGroupArn"] == GROUP
    assert other["TargetGroupArn"].startswith(f"{ELB}:targetgroup/other-tg/")
    assert balancer["LoadBalancers"][0]["LoadBalancerArn"] == BALANCER
    assert listener["ListenerArn"] == LISTENER
    (rule,) = elb.describe_rules(ListenerArn=LISTENER)["Rules"]
    assert rule["RuleArn"].startswith(LISTENER.replace(":listener/", ":listener-rule/"))


def test_what_is_made_without_a_given_id_has_one_of_its_own(endpoint: str) -> None:
    ec2 = client(endpoint, "ec2")

    made = [ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]

    assert len(set(made)) == 2


def test_the_local_aws_is_the_account_that_was_asked_for(endpoint: str) -> None:
    assert client(endpoint, "sts").get_caller_identity()["Account"] == ACCOUNT
    assert images_of(endpoint, REGION)["v2"] == "ami-0fa11000000000002"


@pytest.mark.parametrize("ids", [{"vpc": "vpc-1"}, [1]])
def test_ids_in_another_form_are_refused(endpoint: str, ids: Any) -> None:
    with pytest.raises(HTTPError, match="400"):
        LocalAws(endpoint)._ask("PUT", "ids", ids)  # pyright: ignore[reportPrivateUsage]
