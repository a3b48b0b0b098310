"""What the settings say of a config that is right, and of what it names in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fleets.auto_scaling_group.keys import ExistingInstances, NewInstances
from rollout.command import STICKINESS_OFF, without_stickiness
from rollout.errors import SettingsError
from rollout.problem import Problem
from rollout.split import Slot, Split
from settings.capacity import Capacity
from settings.load_balancer import ExistingLoadBalancer, NewLoadBalancer
from settings.lookup import (
    GroupFacts,
    ListenerFacts,
    LoadBalancerFacts,
    SubnetFacts,
    TargetGroupFacts,
)
from settings.network import ExistingNetwork, NewNetwork
from settings.settings import Settings
from settings.target_group import ExistingTargetGroup, NewTargetGroup
from tests.configs import (
    TOKEN,
    TOKEN_KEY,
    Config,
    FakeLookups,
    as_handed_over,
    parsed,
    stack_config,
    surroundings,
)

VPC = "vpc-0a1b2c3d4e5f60718"
ELB = "arn:aws:elasticloadbalancing:us-east-1:111122223333"
ALB_ARN = f"{ELB}:loadbalancer/app/shop/0123456789abcdef"
LISTENER_ARN = f"{ELB}:listener/app/shop/0123456789abcdef/fedcba9876543210"
GROUP_ARN = f"{ELB}:targetgroup/shop-web/0123456789abcdef"
LOCAL = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "PULUMI_DEBUG_PROVIDERS": "aws:7000"}


def problems(
    config: Config,
    lookups: FakeLookups | None = None,
    *,
    stack: str = "prod",
    environ: Mapping[str, str] | None = None,
    secret_keys: frozenset[str] = frozenset({TOKEN_KEY}),
) -> list[Problem]:
    context = surroundings(
        config, stack=stack, lookups=lookups, environ=environ, secret_keys=secret_keys
    )
    with pytest.raises(SettingsError) as caught:
        Settings.parse(as_handed_over(config), context)
    return list(caught.value.problems)


def with_existing_slot() -> tuple[Config, FakeLookups]:
    """A prod whose slot 01 of web is there already."""
    config, lookups = stack_config("prod"), FakeLookups()
    config["failover:services"]["web"]["slots"] = {
        "01": {
            "targetGroup": {"existing": "shop-web"},
            "autoScalingGroup": {"existing": "shop-web-asg"},
        }
    }
    del config["failover:images"]["web"]["01"]
    lookups.target_groups["shop-web"] = TargetGroupFacts(
        GROUP_ARN, "targetgroup/shop-web/0123456789abcdef", VPC, "instance", has_stickiness=False
    )
    lookups.groups["shop-web-asg"] = GroupFacts("shop-web-asg", frozenset({GROUP_ARN}))
    return config, lookups


def with_existing_load_balancer() -> tuple[Config, FakeLookups]:
    """A prod whose load balancer is there already."""
    config, lookups = stack_config("prod"), FakeLookups()
    config["failover:loadBalancer"] = {
        "arn": ALB_ARN,
        "listenerArn": LISTENER_ARN,
        "securityGroupId": "sg-0a1b2c3d4e5f60718",
    }
    del config["failover:network"]["albSubnetIds"]
    config["failover:accessLogs"] = False
    lookups.load_balancers[ALB_ARN] = LoadBalancerFacts(
        arn=ALB_ARN,
        arn_suffix="app/shop/0123456789abcdef",
        dns_name="shop.us-east-1.elb.amazonaws.com",
        load_balancer_type="application",
        vpc_id=VPC,
        security_group_ids=frozenset({"sg-0a1b2c3d4e5f60718", "sg-0ffffffffffffffff"}),
    )
    lookups.listeners[LISTENER_ARN] = ListenerFacts(ALB_ARN, "HTTPS")
    return config, lookups


def test_prod_says_what_its_stack_file_says() -> None:
    settings = parsed(stack_config("prod"))

    web = settings.services[1]
    assert [service.name for service in settings.services] == ["portal", "web"]
    assert settings.names.of_slot("web", Slot.SECOND, "tg") == "hankooktire-us-prd-web-02-tg"
    assert (web.split, web.port, web.rule.priority) == (Split(50, 50), 8080, 200)
    assert [web.rule.preview_priority(slot) for slot in Slot] == [198, 199]
    assert isinstance(settings.network, ExistingNetwork)
    assert isinstance(settings.load_balancer, NewLoadBalancer)
    assert (settings.protection, settings.access_logs, settings.dashboard) == (True, True, True)
    assert settings.preview_token == TOKEN


def test_dev_makes_its_own_network_from_fixed_places_in_its_block() -> None:
    settings = parsed(stack_config("dev"), stack="dev")

    assert isinstance(settings.network, NewNetwork)
    assert settings.network.subnet_cidrs() == (
        ("10.20.0.0/20", "10.20.16.0/20"),
        ("10.20.128.0/20", "10.20.144.0/20"),
    )
    assert settings.protection is False


def test_a_service_may_have_weights_of_its_own() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["weights"] = "90/10"

    settings = parsed(config)

    assert [service.split for service in settings.services] == [Split(50, 50), Split(90, 10)]


def test_a_slot_may_differ_from_its_service_in_capacity() -> None:
    config = stack_config("prod")
    config["failover:capacity"]["web"]["02"] = {"min": 5}

    _, web = parsed(config).services

    capacities = [s.fleet.capacity for s in web.slots if isinstance(s.fleet, NewInstances)]
    assert capacities == [
        Capacity(instance_type="m7i.large", min_size=3, max_size=12),
        Capacity(instance_type="m7i.large", min_size=5, max_size=12),
    ]


def test_a_service_may_be_known_by_its_hosts_or_by_its_paths_alone() -> None:
    config = stack_config("prod")
    del config["failover:services"]["web"]["paths"]
    del config["failover:services"]["portal"]["hosts"]

    portal, web = parsed(config).services

    assert (web.rule.hosts, web.rule.paths) == (("www.hankooktire.example",), ())
    assert (portal.rule.hosts, portal.rule.paths) == ((), ("/portal", "/portal/*"))


def test_six_wildcards_and_four_condition_values_are_allowed() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"] |= {"hosts": ["*.b.example"], "paths": ["/*/*", "/??", "/?"]}

    _, web = parsed(config).services

    assert len(web.rule.hosts) + len(web.rule.paths) == 4


def test_thirty_three_services_fit_on_one_load_balancer() -> None:
    config = stack_config("prod")
    for n in range(31):
        for key in ("failover:services", "failover:images", "failover:capacity"):
            config[key][f"s{n}"] = dict(config[key]["web"])
        config["failover:services"][f"s{n}"] |= {"priority": 1000 + 3 * n, "paths": [f"/s{n}"]}

    settings = parsed(config)

    assert len(settings.services) == 33


def test_an_image_by_a_numbered_parameter_is_read_once_and_pinned() -> None:
    config, lookups = stack_config("prod"), FakeLookups()
    config["failover:images"]["web"]["02"] = "ssm:/builds/web:7"
    lookups.parameters["/builds/web:7"] = "ami-0fffffffffffffff7"

    _, web = parsed(config, lookups).services

    assert isinstance(web.slots[1].fleet, NewInstances)
    assert web.slots[1].fleet.image_id == "ami-0fffffffffffffff7"
    assert lookups.asked.count("/builds/web:7") == 1


@pytest.mark.parametrize(
    ("held", "expected"),
    [({}, "/builds/web:7: not found"), ({"/builds/web:7": "latest"}, "holds 'latest'")],
)
def test_a_parameter_that_holds_no_image_is_refused(held: dict[str, str], expected: str) -> None:
    config, lookups = stack_config("prod"), FakeLookups()
    config["failover:images"]["web"]["02"] = "ssm:/builds/web:7"
    lookups.parameters = held

    (problem,) = problems(config, lookups)

    assert (problem.path, problem.found) == ('failover:images.web["02"]', "ssm:/builds/web:7")
    assert expected in problem.expected


def test_subnets_in_one_availability_zone_are_refused() -> None:
    config, lookups = stack_config("prod"), FakeLookups()
    lookups.subnets = {name: SubnetFacts(VPC, "us-east-1a") for name in lookups.subnets}

    found = problems(config, lookups)

    assert [problem.path for problem in found] == [
        "failover:network.albSubnetIds",
        "failover:network.instanceSubnetIds",
    ]
    assert "all of these are in us-east-1a" in found[0].expected
    assert found[0].fix == (
        "pulumi config set --path 'failover:network.albSubnetIds[1]' SUBNET_ID_IN_ANOTHER_ZONE"
    )


def test_subnets_of_another_vpc_or_of_none_are_refused() -> None:
    config, lookups = stack_config("prod"), FakeLookups()
    lookups.subnets["subnet-0a1b2c3d4e5f60712"] = SubnetFacts("vpc-0b", "us-east-1b")
    del lookups.subnets["subnet-0a1b2c3d4e5f60714"]

    found = problems(config, lookups)

    assert [(problem.path, problem.expected) for problem in found] == [
        (
            "failover:network.albSubnetIds[1]",
            f"a subnet of {VPC}; this one is in vpc-0b",
        ),
        (
            "failover:network.instanceSubnetIds[1]",
            "a subnet that can be read; subnet-0a1b2c3d4e5f60714: not found",
        ),
    ]


def test_what_aws_says_is_told_beside_what_the_config_says() -> None:
    config, lookups = stack_config("prod"), FakeLookups()
    config["failover:weights"] = "75/30"
    lookups.subnets["subnet-0a1b2c3d4e5f60712"] = SubnetFacts("vpc-0b", "us-east-1b")

    found = problems(config, lookups)

    assert {p.path for p in found} == {"failover:weights", "failover:network.albSubnetIds[1]"}


def test_an_existing_load_balancer_is_taken_as_it_is() -> None:
    config, lookups = with_existing_load_balancer()

    settings = parsed(config, lookups)

    assert settings.load_balancer == ExistingLoadBalancer(
        arn=ALB_ARN,
        listener_arn=LISTENER_ARN,
        security_group_id="sg-0a1b2c3d4e5f60718",
        arn_suffix="app/shop/0123456789abcdef",
        dns_name="shop.us-east-1.elb.amazonaws.com",
    )


def test_a_load_balancer_that_does_not_fit_is_refused_in_every_respect() -> None:
    config, lookups = with_existing_load_balancer()
    lookups.load_balancers[ALB_ARN] = LoadBalancerFacts(
        ALB_ARN, "net/shop/0", "shop", "network", "vpc-0b", frozenset({"sg-0ffffffffffffffff"})
    )
    lookups.listeners[LISTENER_ARN] = ListenerFacts(f"{ALB_ARN}0", "HTTP")

    found = problems(config, lookups)

    assert [(p.path.rpartition(".")[2], p.expected) for p in found] == [
        ("listenerArn", "a listener of the load balancer that arn names"),
        ("listenerArn", "an HTTPS listener; this one speaks HTTP"),
        ("arn", "an application load balancer; this is a network one"),
        ("arn", f"a load balancer in network.vpcId, {VPC}; it is in vpc-0b"),
        (
            "securityGroupId",
            "a security group of the load balancer, which has sg-0ffffffffffffffff",
        ),
    ]
    assert found[-1].fix == (
        "pulumi config set --path 'failover:loadBalancer.securityGroupId' sg-0ffffffffffffffff"
    )


def test_keys_that_do_nothing_beside_an_existing_load_balancer_are_refused() -> None:
    config, lookups = with_existing_load_balancer()
    config["failover:loadBalancer"]["idleTimeoutSeconds"] = 60
    config["failover:accessLogs"] = True
    config["failover:network"]["albSubnetIds"] = ["subnet-0a1b2c3d4e5f60711"] * 2

    found = problems(config, lookups)

    assert {p.path for p in found} == {
        "failover:loadBalancer.idleTimeoutSeconds",
        "failover:accessLogs",
        "failover:network.albSubnetIds",
    }
    assert all("it does nothing beside" in p.expected for p in found)


def test_a_slot_may_be_there_already_under_any_name() -> None:
    config, lookups = with_existing_slot()

    _, web = parsed(config, lookups).services

    assert web.slots[0].target_group == ExistingTargetGroup(
        name_or_arn="shop-web",
        arn=GROUP_ARN,
        arn_suffix="targetgroup/shop-web/0123456789abcdef",
    )
    assert web.slots[0].fleet == ExistingInstances(group_name="shop-web-asg")
    assert web.slots[1].target_group == NewTargetGroup(name="hankooktire-us-prd-web-02-tg")


def test_a_slot_of_ours_may_have_names_of_its_own() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["slots"] = {
        "01": {
            "targetGroup": {"name": "hankooktire-us-prd-web-tg"},
            "autoScalingGroup": {"name": "web-prod-1"},
        }
    }

    _, web = parsed(config).services

    assert web.slots[0].target_group == NewTargetGroup(name="hankooktire-us-prd-web-tg")
    assert isinstance(web.slots[0].fleet, NewInstances)
    assert web.slots[0].fleet.group_name == "web-prod-1"


def test_an_existing_slot_has_no_image_and_no_capacity_of_ours() -> None:
    config, lookups = with_existing_slot()
    config["failover:images"]["web"]["01"] = "ami-0a7d3c5e9b1f02468"
    config["failover:capacity"]["web"]["01"] = {"min": 2}

    found = problems(config, lookups)

    assert {p.path for p in found} == {
        'failover:images.web["01"]',
        'failover:capacity.web["01"]',
    }


@pytest.mark.parametrize("target_type", ["ip", "lambda", "alb"])
def test_an_existing_target_group_that_takes_no_instances_is_refused(target_type: str) -> None:
    config, lookups = with_existing_slot()
    lookups.target_groups["shop-web"] = TargetGroupFacts(
        GROUP_ARN, "targetgroup/shop-web/0", VPC, target_type, has_stickiness=False
    )

    (found,) = problems(config, lookups)

    assert found.path == 'failover:services.web.slots["01"].targetGroup.existing'
    assert found.expected.endswith(f"this one is of type {target_type}")


def test_an_existing_target_group_that_weights_cannot_move_is_refused() -> None:
    config, lookups = with_existing_slot()
    lookups.target_groups["shop-web"] = TargetGroupFacts(
        GROUP_ARN, "targetgroup/shop-web/0", "vpc-0b", "instance", has_stickiness=True
    )

    found = problems(config, lookups)

    assert [p.expected for p in found] == [
        f"a target group of {VPC}; this one is of vpc-0b",
        "a target group without stickiness, which would keep clients on a slot of weight 0; once "
        f"it is off, {STICKINESS_OFF}",
    ]
    assert found[1].fix == str(without_stickiness(GROUP_ARN, region="us-east-1"))


def test_an_existing_group_outside_the_slots_target_group_is_refused() -> None:
    config, lookups = with_existing_slot()
    lookups.groups["shop-web-asg"] = GroupFacts("shop-web-asg", frozenset())

    (problem,) = problems(config, lookups)

    assert problem.expected == (
        "an Auto Scaling group that is attached to shop-web; once attached, its instances take "
        "requests beside the other targets of that group"
    )
    source = f'[{{"Identifier":"{GROUP_ARN}","Type":"elbv2"}}]'
    assert problem.fix == (
        "aws autoscaling attach-traffic-sources --auto-scaling-group-name shop-web-asg "
        f"--traffic-sources '{source}' --region us-east-1"
    )


def test_an_existing_group_needs_the_target_group_that_it_is_in() -> None:
    config, lookups = with_existing_slot()
    del config["failover:services"]["web"]["slots"]["01"]["targetGroup"]

    (problem,) = problems(config, lookups)

    assert problem.path == 'failover:services.web.slots["01"].targetGroup.existing'


def test_a_slot_is_either_named_or_there() -> None:
    config, lookups = with_existing_slot()
    slot = config["failover:services"]["web"]["slots"]["01"]
    slot["targetGroup"]["name"] = "web-01"
    slot["autoScalingGroup"]["name"] = "web-01"

    found = problems(config, lookups)

    assert [(p.path.rpartition("]")[2], p.expected) for p in found] == [
        (".targetGroup.name", "not to be set: it does nothing beside existing"),
        (".autoScalingGroup.name", "not to be set: it does nothing beside existing"),
    ]


def test_the_floor_of_an_existing_group_is_waited_for_or_written() -> None:
    config, lookups = with_existing_slot()
    group = config["failover:services"]["web"]["slots"]["01"]["autoScalingGroup"]
    group["floor"] = "write"

    _, web = parsed(config, lookups).services
    group["floor"] = "always"
    (problem,) = problems(config, lookups)

    assert web.slots[0].fleet == ExistingInstances(group_name="shop-web-asg", floor="write")
    assert problem.path.endswith(".autoScalingGroup.floor")
    assert problem.expected == "wait or write"


def test_a_group_of_the_stack_has_its_floors_in_the_config() -> None:
    config, lookups = with_existing_slot()
    config["failover:services"]["web"]["slots"]["02"] = {"autoScalingGroup": {"floor": "write"}}

    (problem,) = problems(config, lookups)

    assert problem.path.endswith('["02"].autoScalingGroup.floor')
    assert problem.expected == "not to be set: it does nothing beside a group of the stack"


def test_what_is_not_there_is_refused_with_what_aws_says() -> None:
    config, lookups = with_existing_slot()
    lookups.target_groups.clear()
    lookups.groups.clear()

    found = problems(config, lookups)

    assert [p.expected for p in found] == [
        "a target group that can be read; shop-web: not found",
        "an Auto Scaling group that can be read; shop-web-asg: not found",
    ]


def test_a_target_group_that_can_be_none_is_refused_before_aws_is_asked() -> None:
    config, lookups = with_existing_slot()
    config["failover:services"]["web"]["slots"]["01"]["targetGroup"]["existing"] = "shop web"

    (problem,) = problems(config, lookups)

    assert problem.expected == "the name or the ARN of an existing target group"
    assert "shop web" not in lookups.asked


def test_a_load_balancer_that_is_not_there_is_refused_with_what_aws_says() -> None:
    config, lookups = with_existing_load_balancer()
    lookups.load_balancers.clear()
    lookups.listeners.clear()

    found = problems(config, lookups)

    assert [p.expected for p in found] == [
        f"a load balancer that can be read; {ALB_ARN}: not found",
        f"a listener that can be read; {LISTENER_ARN}: not found",
    ]


def test_an_existing_load_balancer_needs_its_listener_and_security_group() -> None:
    config, lookups = with_existing_load_balancer()
    config["failover:loadBalancer"] = {"arn": ALB_ARN}

    found = problems(config, lookups)

    assert {p.path for p in found} == {
        "failover:loadBalancer.listenerArn",
        "failover:loadBalancer.securityGroupId",
    }


def test_an_existing_load_balancer_lies_in_a_network_that_is_there_too() -> None:
    config, lookups = with_existing_load_balancer()
    config["failover:network"] = stack_config("dev")["failover:network"]

    (problem,) = problems(config, lookups)

    assert problem.path == "failover:network.create"
    assert problem.expected == "the VPC of the existing load balancer, by vpcId"


def test_a_service_of_existing_groups_has_no_capacity_of_ours() -> None:
    config, lookups = with_existing_slot()
    slots = config["failover:services"]["web"]["slots"]
    slots["02"] = {
        "targetGroup": {"existing": "shop-web-2"},
        "autoScalingGroup": {"existing": "shop-web-2-asg"},
    }
    del config["failover:images"]["web"]
    other = GROUP_ARN.replace("shop-web", "shop-web-2")
    lookups.target_groups["shop-web-2"] = TargetGroupFacts(
        other, "targetgroup/shop-web-2/0", VPC, "instance", has_stickiness=False
    )
    lookups.groups["shop-web-2-asg"] = GroupFacts("shop-web-2-asg", frozenset({other}))

    (problem,) = problems(config, lookups)
    del config["failover:capacity"]["web"]
    settings = parsed(config, lookups)

    assert problem.path == "failover:capacity.web"
    assert all(isinstance(s.fleet, ExistingInstances) for s in settings.services[1].slots)


def test_what_is_there_already_cannot_lie_in_a_network_yet_to_be_made() -> None:
    config, lookups = with_existing_slot()
    config["failover:network"] = stack_config("dev")["failover:network"]

    (problem,) = problems(config, lookups)

    assert problem.path == 'failover:services.web.slots["01"].targetGroup.existing'


def test_one_target_group_cannot_be_two_slots() -> None:
    config, lookups = with_existing_slot()
    slots = config["failover:services"]["web"]["slots"]
    slots["02"] = {"targetGroup": {"existing": "shop-web"}}

    (problem,) = problems(config, lookups)

    assert problem.path == 'failover:services.web.slots["02"].targetGroup.existing'
    assert problem.expected == "a targetGroup of its own; this one is web-01's already"


def test_a_token_in_plain_text_is_refused_without_showing_it() -> None:
    (problem,) = problems(stack_config("prod"), secret_keys=frozenset())

    assert (problem.path, problem.found) == (TOKEN_KEY, "[secret]")
    assert "plain text" in problem.expected


def test_the_token_is_not_shown_with_the_settings() -> None:
    settings = parsed(stack_config("prod"))

    assert settings.preview_token == TOKEN
    assert TOKEN not in repr(settings)


def test_values_that_the_stack_holds_as_secrets_are_not_shown() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["port"] = "hunter2"

    (problem,) = problems(config, secret_keys=frozenset({TOKEN_KEY, "failover:services"}))

    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(
    "environ",
    [
        LOCAL,
        {"AWS_ENDPOINT_URL": "http://localhost:4566"},
        {"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "http://[::1]:4566"},
        {"PULUMI_DEBUG_PROVIDERS": "random:1,aws:2"},
    ],
)
def test_no_stack_but_the_rehearsal_runs_on_a_local_aws(environ: dict[str, str]) -> None:
    lookups = FakeLookups()

    (problem,) = problems(stack_config("prod"), lookups, environ=environ)

    assert (problem.path, problem.found) == ("stack", "prod")
    assert problem.fix == f"unset {' '.join(sorted(environ))}"
    assert lookups.asked == []


def test_a_local_endpoint_in_the_stack_file_is_seen_too() -> None:
    config = stack_config("prod") | {"aws:endpoints": [{"elbv2": "http://127.0.0.1:4566"}]}

    (problem,) = problems(config)

    assert problem.fix == "pulumi config rm aws:endpoints"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"PULUMI_DEBUG_PROVIDERS": "aws:2"},
        {"AWS_ENDPOINT_URL": "https://ec2.us-east-1.amazonaws.com"},
        LOCAL | {"AWS_ENDPOINT_URL_EC2": "https://ec2.us-east-1.amazonaws.com"},
        LOCAL | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1.example.com:4566"},
    ],
)
def test_the_rehearsal_runs_on_a_local_aws_only(environ: dict[str, str]) -> None:
    lookups = FakeLookups()

    (problem,) = problems(stack_config("prod"), lookups, stack="rehearsal", environ=environ)

    assert (problem.path, problem.found) == ("stack", "rehearsal")
    assert problem.fix == 'eval "$(failover rehearse env)"'
    assert lookups.asked == []


def test_the_rehearsal_runs_on_a_local_aws() -> None:
    config = stack_config("prod")
    context = surroundings(config, stack="rehearsal", environ=LOCAL)

    settings = Settings.parse(as_handed_over(config), context)

    assert settings.names.environment == "prd"


def test_an_endpoint_elsewhere_is_nobody_elses_business() -> None:
    config = stack_config("prod")
    environ = {"AWS_ENDPOINT_URL_S3": "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com"}
    context = surroundings(config, environ=environ)

    settings = Settings.parse(as_handed_over(config), context)

    assert settings.region == "us-east-1"


def test_settings_of_target_groups_are_refused_where_none_is_made() -> None:
    config, lookups = with_existing_slot()
    config["failover:services"]["web"]["targetGroup"] = {"slowStartSeconds": 60}
    second = GROUP_ARN.replace("shop-web", "shop-web-2")
    config["failover:services"]["web"]["slots"]["02"] = {
        "targetGroup": {"existing": "shop-web-2"},
        "registered": True,
    }
    del config["failover:images"]["web"], config["failover:capacity"]["web"]
    lookups.target_groups["shop-web-2"] = replace(lookups.target_groups["shop-web"], arn=second)

    with pytest.raises(SettingsError) as caught:
        parsed(config, lookups)

    (problem,) = caught.value.problems
    assert problem.path == "failover:services.web.targetGroup"
    assert "it does nothing beside existing target groups in both slots" in problem.expected
