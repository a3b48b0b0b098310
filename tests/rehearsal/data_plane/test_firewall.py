"""Who is let through by which security groups: decided on values, then met by real requests."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.control_plane.topology import (
    Forward,
    SecurityGroup,
    SecurityGroupRule,
    Topology,
    TopologyInstance,
    TopologyListener,
    TopologyLoadBalancer,
    TopologyRule,
    WeightedTargetGroup,
)
from rehearsal.data_plane.firewall import Firewall
from tests.rehearsal.data_plane.browser import Connection
from tests.rehearsal.data_plane.world import Rehearsed, eventually

PORT = 8080
LISTENER = TopologyListener(
    "l",
    443,
    "HTTPS",
    None,
    (),
    {},
    (TopologyRule("r", 1, (), Forward((WeightedTargetGroup("tg", 1),), False, None)),),
)
BALANCER = TopologyLoadBalancer(
    "alb",
    "alb",
    "dns",
    "internet-facing",
    ("a", "b"),
    ("10.0.0.0/24", "10.0.1.0/24"),
    ("sg-alb",),
    {},
    (LISTENER,),
)
INSTANCE = TopologyInstance(
    "i-1",
    "ami",
    "v1",
    "running",
    0.0,
    "a",
    "10.0.9.7",
    ("sg-web",),
    "",
    {},
    None,
    None,
    None,
    None,
)


def rule(
    *cidrs: str,
    ports: tuple[int, int] | None = (PORT, PORT),
    group: str | None = None,
    is_egress: bool = False,
    protocol: str = "tcp",
) -> SecurityGroupRule:
    low, high = ports or (None, None)
    return SecurityGroupRule(is_egress, protocol if ports else "-1", low, high, cidrs, group)


OUT_TO_INSTANCES = rule(group="sg-web", is_egress=True)
IN_FROM_BALANCER = rule(group="sg-alb")


def firewall(
    of_balancer: list[SecurityGroupRule],
    of_instance: list[SecurityGroupRule],
    balancer: TopologyLoadBalancer = BALANCER,
) -> Firewall:
    groups = (
        SecurityGroup("sg-alb", tuple(of_balancer)),
        SecurityGroup("sg-web", tuple(of_instance)),
    )
    return Firewall(Topology((balancer,), (), (INSTANCE,), (), groups))


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        (rule("0.0.0.0/0", ports=(443, 443)), True),
        (rule("0.0.0.0/0", ports=(1, 65535)), True),
        (rule("0.0.0.0/0", ports=None), True),
        (rule("0.0.0.0/0", ports=(80, 80)), False),
        (rule("0.0.0.0/0", ports=(443, 443), protocol="udp"), False),
        (rule("0.0.0.0/0", ports=(443, 443), is_egress=True), False),
        (rule("::/0", ports=(443, 443)), False),
        (rule("10.0.0.0/8", ports=(443, 443)), False),
        (rule(ports=(443, 443), group="sg-office"), False),
    ],
)
def test_a_client_on_the_internet_needs_a_rule_that_holds_it(
    granted: SecurityGroupRule, expected: bool
) -> None:
    assert firewall([granted], []).lets_clients_in(BALANCER, LISTENER) is expected


def test_a_client_of_an_internal_load_balancer_may_lie_beside_it() -> None:
    internal = replace(BALANCER, scheme="internal")
    inside, elsewhere = rule("10.0.0.0/8", ports=(443, 443)), rule("192.168.0.0/16", ports=None)

    assert firewall([inside], [], internal).lets_clients_in(internal, LISTENER)
    assert not firewall([elsewhere], [], internal).lets_clients_in(internal, LISTENER)


def passes(of_balancer: list[SecurityGroupRule], of_instance: list[SecurityGroupRule]) -> bool:
    return firewall(of_balancer, of_instance).lets_requests_through("tg", "i-1", PORT)


@pytest.mark.parametrize(
    "way_out",
    [
        OUT_TO_INSTANCES,
        rule("10.0.9.0/24", is_egress=True),
        rule("0.0.0.0/0", ports=None, is_egress=True),
    ],
)
@pytest.mark.parametrize(
    "way_in", [IN_FROM_BALANCER, rule("10.0.0.0/16"), rule("10.0.0.0/24", "10.0.1.0/24")]
)
def test_a_request_needs_the_way_out_of_the_load_balancer_and_the_way_in_to_the_instance(
    way_out: SecurityGroupRule, way_in: SecurityGroupRule
) -> None:
    assert passes([way_out], [way_in])
    assert not passes([], [way_in])
    assert not passes([way_out], [])


def test_an_instance_that_lets_in_one_subnet_of_the_load_balancer_only_is_not_reached() -> None:
    assert not passes([OUT_TO_INSTANCES], [rule("10.0.0.0/24")])


def test_a_target_that_is_no_instance_needs_the_way_out_alone() -> None:
    out = rule("0.0.0.0/0", ports=None, is_egress=True)

    assert firewall([out], []).lets_requests_through("tg", "127.0.0.1", PORT)
    assert not firewall([], []).lets_requests_through("tg", "127.0.0.1", PORT)


cidrs_ = st.builds(
    lambda address, bits: str(ipaddress.ip_network((address, bits), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
rules_ = st.builds(
    SecurityGroupRule,
    st.booleans(),
    st.sampled_from(["tcp", "udp", "-1"]),
    st.integers(0, 9000),
    st.integers(0, 9000),
    st.lists(cidrs_, max_size=2).map(tuple),
    st.sampled_from([None, "sg-alb", "sg-web"]),
)


@given(st.lists(rules_, max_size=4), st.lists(rules_, max_size=4), rules_, st.booleans())
def test_one_rule_more_never_keeps_anybody_out(
    of_balancer: list[SecurityGroupRule],
    of_instance: list[SecurityGroupRule],
    more: SecurityGroupRule,
    is_the_balancers: bool,
) -> None:
    before = firewall(of_balancer, of_instance)
    after = firewall(
        [*of_balancer, more] if is_the_balancers else of_balancer,
        of_instance if is_the_balancers else [*of_instance, more],
    )

    assert before.lets_clients_in(BALANCER, LISTENER) <= after.lets_clients_in(BALANCER, LISTENER)
    assert before.lets_requests_through("tg", "i-1", PORT) <= after.lets_requests_through(
        "tg", "i-1", PORT
    )


def fenced(aws: Rehearsed, name: str) -> str:
    """A security group that lets nobody in and everything out."""
    return aws.ec2.create_security_group(
        GroupName=f"{name}-{aws.next()}", Description="d", VpcId=aws.vpc_id
    )["GroupId"]


def status(aws: Rehearsed, host: str) -> int:
    with closing(Connection(host, aws.https_port, aws.ca)) as fresh:
        return fresh.get().status


def test_a_client_without_a_rule_gets_no_connection_and_gets_it_with_the_rule(
    aws: Rehearsed,
) -> None:
    group = fenced(aws, "front")
    arn = aws.elbv2.create_load_balancer(
        Name="fenced", Subnets=aws.subnet_ids, SecurityGroups=[group]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "in"}
    listener = aws.elbv2.create_listener(
        LoadBalancerArn=arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
    )["Listeners"][0]["ListenerArn"]
    rule_in = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}

    def port() -> int | None:
        listed = {entry["arn"]: entry["loopbackPort"] for entry in aws.report()["listeners"]}
        return listed.get(listener)

    at = "127.0.0.1", eventually(port, "its port")

    def outcome() -> str:
        try:
            with socket.create_connection(at, timeout=0.3) as connected:
                connected.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connected.recv(12).decode()
        except TimeoutError:
            return "timed out"
        except ConnectionError:
            return "refused"

    try:
        eventually(lambda: outcome() == "timed out", "nobody is let in")
        aws.ec2.authorize_security_group_ingress(**rule_in, CidrIp="0.0.0.0/0")
        eventually(lambda: outcome().endswith("200"), "everybody is let in")
        aws.ec2.revoke_security_group_ingress(**rule_in, CidrIp="0.0.0.0/0")
        eventually(lambda: outcome() == "timed out", "nobody is let in any more")
        aws.ec2.authorize_security_group_ingress(**rule_in, CidrIp="0.0.0.0/0")
        eventually(lambda: outcome().endswith("200"), "everybody is let in again")
    finally:
        aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)


@pytest.mark.long
def test_instances_without_a_way_in_time_out_and_come_back_with_the_rule(aws: Rehearsed) -> None:
    host = "fenced.example.test"
    group = aws.target_group()
    aws.rule(host, (group, 1))
    name = aws.group("ami-0fa11000000000001", group)
    aws.wait_for(group, "healthy")
    (instance,) = aws.health(group)
    own = aws.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0][
        "SecurityGroups"
    ][0]["GroupId"]
    fence = fenced(aws, "back")

    aws.ec2.modify_instance_attribute(InstanceId=instance, Groups=[fence])
    eventually(
        lambda: aws.health(group) == {instance: ("unhealthy", "Target.Timeout")}, "it times out"
    )
    lost = status(aws, host)
    aws.let_in_from(fence, own, PORT)
    aws.wait_for(group, "healthy", seconds=60)
    back = status(aws, host)
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)

    assert lost == 504
    assert back == 200
