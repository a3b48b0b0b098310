from __future__ import annotations

from tests.components.stacks import declared, recording_of
from tests.configs import stack_config


def test_a_network_has_public_subnets_for_the_load_balancer_and_private_ones_for_instances() -> (
    None
):
    recording = recording_of("dev")

    subnets = {
        r.name: (
            r.inputs["availabilityZone"],
            r.inputs["cidrBlock"],
            r.inputs["mapPublicIpOnLaunch"],
        )
        for r in recording.of_type(":Subnet")
    }

    assert subnets == {
        "private-us-east-1a": ("us-east-1a", "10.20.128.0/20", False),
        "private-us-east-1b": ("us-east-1b", "10.20.144.0/20", False),
        "public-us-east-1a": ("us-east-1a", "10.20.0.0/20", False),
        "public-us-east-1b": ("us-east-1b", "10.20.16.0/20", False),
    }
    assert recording.one(":LoadBalancer", "alb").inputs["subnets"] == [
        "id-public-us-east-1a",
        "id-public-us-east-1b",
    ]
    assert recording.one("autoscaling/group:Group", "web-01").inputs["vpcZoneIdentifiers"] == [
        "id-private-us-east-1a",
        "id-private-us-east-1b",
    ]


def test_only_the_public_subnets_have_a_route_to_the_internet() -> None:
    recording = recording_of("dev")

    table = recording.one(":RouteTable", "public").inputs
    associated = [r.inputs["subnetId"] for r in recording.of_type(":RouteTableAssociation")]

    assert table["routes"] == [{"cidrBlock": "0.0.0.0/0", "gatewayId": "id-internet"}]
    assert associated == ["id-public-us-east-1a", "id-public-us-east-1b"]


def test_the_load_balancer_is_made_when_its_subnets_have_their_route() -> None:
    balancer = recording_of("dev").one(":LoadBalancer", "alb")

    assert {name for name in balancer.depends_on if "RouteTableAssociation" in name} == {
        "aws:ec2/routeTableAssociation:RouteTableAssociation public-us-east-1a",
        "aws:ec2/routeTableAssociation:RouteTableAssociation public-us-east-1b",
    }


def test_a_third_availability_zone_moves_no_subnet() -> None:
    config = stack_config("dev")
    config["failover:network"]["availabilityZones"].append("us-east-1c")
    before = {r.name: r.inputs for r in recording_of("dev").of_type(":Subnet")}

    after = {r.name: r.inputs for r in declared(config, stack="dev").of_type(":Subnet")}

    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"private-us-east-1c", "public-us-east-1c"}


def test_nothing_of_an_existing_network_is_declared() -> None:
    of_network = [
        r
        for r in recording_of("prod").registrations
        if r.parent == "failover:index:Network network"
    ]

    assert of_network == []
