from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rollout.errors import SettingsError
from rollout.problem import NOT_SET, Problem
from settings.settings import Settings
from tests.configs import TOKEN_KEY, Config, FakeLookups, parsed, stack_config
from tests.fixing import fixed

Change = Callable[[Config], object]
SERVICES, IMAGES, CAPACITY = "failover:services", "failover:images", "failover:capacity"
NETWORK, LOAD_BALANCER = "failover:network", "failover:loadBalancer"


def changed(*changes: Change) -> Config:
    config = stack_config("prod")
    for change in changes:
        change(config)
    return config


def problems(config: Config) -> list[Problem]:
    with pytest.raises(SettingsError) as caught:
        parsed(config, lookups_with_a_template())
    return list(caught.value.problems)


def lookups_with_a_template() -> FakeLookups:
    lookups = FakeLookups()
    lookups.templates = {f"{each} version 4": {} for each in ("shop-web", "lt-0a1b2c3d4e5f60718")}
    return lookups


@dataclass(frozen=True)
class Wrong:
    """A config with one thing wrong in it, and what must be said of it."""

    change: Change
    path: str
    found: str
    expected: str
    """Part of what is expected."""
    fix: str


def weights(text: object) -> Change:
    return lambda c: c.update({"failover:weights": text})


def service(name: str, **values: object) -> Change:
    return lambda c: c[SERVICES][name].update(values)


def ramp(**values: object) -> Change:
    return lambda c: c.update({"failover:ramp": values})


def freeze(**values: str | None) -> Change:
    whole = {"until": "2026-12-01T00:00:00Z", "reason": "Black Friday"} | values
    return lambda c: c.update({"failover:freeze": {k: v for k, v in whole.items() if v}})


def without(*path: str) -> Change:
    def change(config: Config) -> None:
        *way, last = path
        for step in way:
            config = config[step]
        del config[last]

    return change


def renamed(old: str, new: str) -> Change:
    def change(config: Config) -> None:
        for key in (SERVICES, IMAGES, CAPACITY):
            config[key][new] = config[key].pop(old)

    return change


def user_data(**values: str) -> Change:
    return lambda c: c[CAPACITY]["web"].update(launchTemplate={"userData": values})


def copy_of(**values: str | int) -> Change:
    return lambda c: c[CAPACITY]["web"].update(launchTemplate={"from": values})


def launch(**values: object) -> Change:
    return lambda c: c[CAPACITY]["web"].update(launchTemplate=values)


def volumes(*each: dict[str, object]) -> Change:
    return launch(volumes=list(each))


def group(**values: object) -> Change:
    return lambda c: c[CAPACITY]["web"].update(autoScalingGroup=values)


def mixed(**values: object) -> Change:
    return group(mixedInstances=values)


MIXED = "failover:capacity.web.autoScalingGroup.mixedInstances"
GROUP = "failover:capacity.web.autoScalingGroup"
LAUNCH = "failover:capacity.web.launchTemplate"
COPY = "failover:capacity.web.launchTemplate.from"


def target_group(**values: object) -> Change:
    """Its gates are such as no version of HTTP refuses."""
    gates = ramp(gates={"targets": True})
    return lambda c: (gates(c), service("web", targetGroup=values)(c))


def wrong_target_group(key: str, value: object, expected: str, instead: object) -> Wrong:
    path = f"failover:services.web.targetGroup.{key}"
    found = f'"{value}"' if str(value).isdigit() and isinstance(value, str) else str(value)
    fix = f"pulumi config set --path '{path}' {instead}"
    return Wrong(target_group(**{key: value}), path, found, expected, fix)


USER_DATA = "failover:capacity.web.launchTemplate.userData"
SUM = "sum to 100"
WRONG = {
    "weights over 100": Wrong(
        weights("75/30"),
        "failover:weights",
        "75/30",
        "the weights sum to 105",
        "pulumi config set weights WEIGHT_01/WEIGHT_02",
    ),
    "weights of words": Wrong(
        weights("abc"),
        "failover:weights",
        "abc",
        SUM,
        "pulumi config set weights WEIGHT_01/WEIGHT_02",
    ),
    "weights out of range": Wrong(
        weights("110/-10"),
        "failover:weights",
        "110/-10",
        "weight 110 is outside 0..100",
        "pulumi config set weights WEIGHT_01/WEIGHT_02",
    ),
    "one weight": Wrong(
        weights(75), "failover:weights", "75", SUM, "pulumi config set weights WEIGHT_01/WEIGHT_02"
    ),
    "no weight at all": Wrong(
        weights("0/0"),
        "failover:weights",
        "0/0",
        "the weights sum to 0",
        "pulumi config set weights WEIGHT_01/WEIGHT_02",
    ),
    "weights with fractions": Wrong(
        weights("75.5/24.5"),
        "failover:weights",
        "75.5/24.5",
        SUM,
        "pulumi config set weights WEIGHT_01/WEIGHT_02",
    ),
    "weights of a service": Wrong(
        service("web", weights="80/30"),
        "failover:services.web.weights",
        "80/30",
        "the weights sum to 110",
        "pulumi config set --path 'failover:services.web.weights' WEIGHT_01/WEIGHT_02",
    ),
    "no host or path": Wrong(
        lambda c: (without(SERVICES, "web", "hosts")(c), without(SERVICES, "web", "paths")(c)),
        "failover:services.web.hosts",
        NOT_SET,
        "at least one host, path or other condition",
        "pulumi config set --path 'failover:services.web.hosts[0]' www.hankooktire.example",
    ),
    "the same priority": Wrong(
        service("web", priority=100),
        "failover:services.web.priority",
        "100",
        "98 is taken by portal (preview rule of slot 01)",
        "pulumi config set --path 'failover:services.web.priority' 103",
    ),
    "a priority on a preview rule's": Wrong(
        service("web", priority=99),
        "failover:services.web.priority",
        "99",
        "98 is taken by portal (preview rule of slot 01)",
        "pulumi config set --path 'failover:services.web.priority' 103",
    ),
    "a preview rule on another's priority": Wrong(
        service("web", priority=102),
        "failover:services.web.priority",
        "102",
        "100 is taken by portal (rule)",
        "pulumi config set --path 'failover:services.web.priority' 103",
    ),
    "a priority without room for the previews": Wrong(
        service("web", priority=2),
        "failover:services.web.priority",
        "2",
        "from 3 to 50000",
        "pulumi config set --path 'failover:services.web.priority' 3",
    ),
    "a priority in quotes": Wrong(
        service("web", priority="200"),
        "failover:services.web.priority",
        '"200"',
        "without quotes",
        "pulumi config set --path 'failover:services.web.priority' 200",
    ),
    "the same host and path": Wrong(
        service("web", paths=["/shop", "/portal/*"]),
        "failover:services.web.paths",
        '["/shop", "/portal/*"]',
        "www.hankooktire.example with /portal/* is portal's already",
        "pulumi config set --path 'failover:services.web.paths[1]' '/web/*'",
    ),
    "the same host in other letters": Wrong(
        service("web", hosts=["WWW.hankooktire.example"], paths=["/portal"]),
        "failover:services.web.paths",
        '["/portal"]',
        "is portal's already",
        "pulumi config set --path 'failover:services.web.paths[0]' '/web/*'",
    ),
    "six condition values": Wrong(
        service("web", paths=["/a", "/b", "/c", "/d", "/e"]),
        "failover:services.web.paths",
        '["/a", "/b", "/c", "/d", "/e"]',
        "at most 4 hosts and paths together; there are 6",
        "pulumi config rm --path 'failover:services.web.paths[4]' && "
        "pulumi config rm --path 'failover:services.web.paths[3]'",
    ),
    "five, of which the preview rule needs one": Wrong(
        service("web", paths=["/a", "/b", "/c", "/d"]),
        "failover:services.web.paths",
        '["/a", "/b", "/c", "/d"]',
        "a preview rule needs one for its header",
        "pulumi config rm --path 'failover:services.web.paths[3]'",
    ),
    "seven wildcards": Wrong(
        service("web", paths=["/*/*/*/*", "/??/*"]),
        "failover:services.web.paths[0]",
        "/*/*/*/*",
        "at most 6 of * and ? in the hosts and paths together",
        "pulumi config set --path 'failover:services.web.paths[0]' '/*'",
    ),
    "a path that starts with neither slash nor star": Wrong(
        service("web", paths=["shop/*"]),
        "failover:services.web.paths[0]",
        "shop/*",
        "starts with / or *",
        "pulumi config set --path 'failover:services.web.paths[0]' '/*'",
    ),
    "a host without a dot": Wrong(
        service("web", hosts=["shop"]),
        "failover:services.web.hosts[0]",
        "shop",
        "a host name",
        "pulumi config set --path 'failover:services.web.hosts[0]' www.hankooktire.example",
    ),
    "a host that is no list": Wrong(
        service("web", hosts="shop.hankooktire.example"),
        "failover:services.web.hosts",
        "shop.hankooktire.example",
        "a list",
        "pulumi config rm --path 'failover:services.web.hosts' && "
        "pulumi config set --path 'failover:services.web.hosts[0]' shop.hankooktire.example",
    ),
    "names over 32 characters": Wrong(
        lambda c: c.update({"failover:org": "hankooktire-a-longer-one"}),
        "failover:org",
        "hankooktire-a-longer-one",
        "12 characters over the 32 that AWS takes",
        "pulumi config set org hankooktire",
    ),
    "a name that AWS keeps for itself": Wrong(
        lambda c: c.update({"failover:org": "internal"}),
        "failover:org",
        "internal",
        "not beginning with internal or sg",
        "pulumi config set org hankooktire",
    ),
    "a target group's name over 32 characters": Wrong(
        service("web", slots={"01": {"targetGroup": {"name": "a" * 33}}}),
        'failover:services.web.slots["01"].targetGroup.name',
        "a" * 33,
        "at most 32 letters",
        "pulumi config set --path 'failover:services.web.slots[\"01\"].targetGroup.name' "
        "hankooktire-us-prd-web-tg",
    ),
    "an unknown key": Wrong(
        lambda c: c.update({"failover:wieghts": "90/10"}),
        "failover:wieghts",
        "90/10",
        "did you mean weights?",
        "pulumi config rm wieghts",
    ),
    "an unknown key whose text is no map": Wrong(
        lambda c: c.update({"failover:freez": "until Monday"}),
        "failover:freez",
        "until Monday",
        "did you mean freeze?",
        "pulumi config rm freez",
    ),
    "an unknown key in a map": Wrong(
        lambda c: c[SERVICES]["web"].update(prt=c[SERVICES]["web"].pop("port")),
        "failover:services.web.prt",
        "8080",
        "did you mean port?",
        "pulumi config rm --path 'failover:services.web.prt' && "
        "pulumi config set --path 'failover:services.web.port' 8080",
    ),
    "a key of a later version": Wrong(
        lambda c: c.update({"failover:mirror": "02"}),
        "failover:mirror",
        "02",
        "no such key",
        "pulumi config rm mirror",
    ),
    "a slot key without quotes": Wrong(
        lambda c: c[IMAGES]["web"].update({"2": c[IMAGES]["web"].pop("02")}),
        'failover:images.web["2"]',
        "ami-0a7d3c5e9b1f02468",
        'the slot key "02": quote it',
        "pulumi config rm --path 'failover:images.web[\"2\"]' && "
        "pulumi config set --path 'failover:images.web[\"02\"]' ami-0a7d3c5e9b1f02468",
    ),
    "a slot key without quotes, of a map": Wrong(
        lambda c: c[CAPACITY]["web"].update({"1": {"min": 4}}),
        'failover:capacity.web["1"]',
        '{"min": 4}',
        'the slot key "01": quote it',
        "pulumi config rm --path 'failover:capacity.web[\"1\"]' && "
        "pulumi config set --path 'failover:capacity.web[\"01\"].min' 4",
    ),
    "min over max": Wrong(
        lambda c: c[CAPACITY]["web"].update(min=13),
        "failover:capacity.web.min",
        "13",
        "no more than max, 12",
        "pulumi config set --path 'failover:capacity.web.min' 12",
    ),
    "a slot's min over the service's max": Wrong(
        lambda c: c[CAPACITY]["web"].update({"02": {"min": 13}}),
        'failover:capacity.web["02"].min',
        "13",
        "no more than max, 12",
        "pulumi config set --path 'failover:capacity.web[\"02\"].min' 12",
    ),
    "no certificate": Wrong(
        without(LOAD_BALANCER, "certificateArn"),
        "failover:loadBalancer.certificateArn",
        NOT_SET,
        "the ARN of a certificate in ACM",
        "pulumi config set --path 'failover:loadBalancer.certificateArn' CERTIFICATE_ARN",
    ),
    "a certificate of another region": Wrong(
        lambda c: c.update(
            {
                "aws:region": "eu-west-1",
                "failover:network": NEW_NETWORK
                | {"availabilityZones": ["eu-west-1a", "eu-west-1b"]},
            }
        ),
        "failover:loadBalancer.certificateArn",
        "arn:aws:acm:us-east-1:111122223333:certificate/6f2a1c0e-93b4-4d57-8a1e-2b7c5d9e0f13",
        "in the load balancer's region, eu-west-1",
        "pulumi config set --path 'failover:loadBalancer.certificateArn' CERTIFICATE_ARN",
    ),
    "no image": Wrong(
        without(IMAGES, "web", "02"),
        'failover:images.web["02"]',
        NOT_SET,
        "an AMI id",
        "pulumi config set --path 'failover:images.web[\"02\"]' AMI_ID",
    ),
    "no min": Wrong(
        without(CAPACITY, "web", "min"),
        "failover:capacity.web.min",
        NOT_SET,
        "a whole number from 0 to 1000",
        "pulumi config set --path 'failover:capacity.web.min' 2",
    ),
    "a flag in quotes": Wrong(
        lambda c: c[LOAD_BALANCER].update(create="true"),
        "failover:loadBalancer.create",
        '"true"',
        "true or false",
        "pulumi config set --path 'failover:loadBalancer.create' true",
    ),
    "no load balancer": Wrong(
        lambda c: c[LOAD_BALANCER].pop("create"),
        "failover:loadBalancer.create",
        NOT_SET,
        "true, or an existing load balancer's arn and listenerArn",
        "pulumi config set --path 'failover:loadBalancer.create' true",
    ),
    "a load balancer that is both made and there": Wrong(
        lambda c: c[LOAD_BALANCER].update(securityGroupId="sg-0a1b2c3d4e5f60718"),
        "failover:loadBalancer.securityGroupId",
        "sg-0a1b2c3d4e5f60718",
        "it does nothing beside create: true",
        "pulumi config rm --path 'failover:loadBalancer.securityGroupId'",
    ),
    "a network that is both made and there": Wrong(
        lambda c: c.update({NETWORK: NEW_NETWORK | {"vpcId": "vpc-0a1b2c3d4e5f60718"}}),
        "failover:network.vpcId",
        "vpc-0a1b2c3d4e5f60718",
        "it does nothing beside create: true",
        "pulumi config rm --path 'failover:network.vpcId'",
    ),
    "a network to make without a block": Wrong(
        lambda c: c.update({NETWORK: {k: v for k, v in NEW_NETWORK.items() if k != "cidr"}}),
        "failover:network.cidr",
        NOT_SET,
        "an IPv4 block from /16 to /24",
        "pulumi config set --path 'failover:network.cidr' 10.20.0.0/16",
    ),
    "a block of words": Wrong(
        lambda c: c.update({NETWORK: NEW_NETWORK | {"cidr": "everything"}}),
        "failover:network.cidr",
        "everything",
        "an IPv4 block from /16 to /24",
        "pulumi config set --path 'failover:network.cidr' 10.20.0.0/16",
    ),
    "a block too small to cut": Wrong(
        lambda c: c.update({NETWORK: NEW_NETWORK | {"cidr": "10.20.0.0/25"}}),
        "failover:network.cidr",
        "10.20.0.0/25",
        "an IPv4 block from /16 to /24",
        "pulumi config set --path 'failover:network.cidr' 10.20.0.0/16",
    ),
    "no subnets for the load balancer": Wrong(
        without(NETWORK, "albSubnetIds"),
        "failover:network.albSubnetIds",
        NOT_SET,
        "a list of 2 to 8 entries, each a subnet id",
        "pulumi config set --path 'failover:network.albSubnetIds[0]' SUBNET_ID && "
        "pulumi config set --path 'failover:network.albSubnetIds[1]' SUBNET_ID_IN_ANOTHER_ZONE",
    ),
    "tags that are no map": Wrong(
        lambda c: c.update({"failover:tags": ["CostCenter"]}),
        "failover:tags",
        '["CostCenter"]',
        "a map of at most 40 strings",
        "pulumi config rm tags && pulumi config set --path 'failover:tags.CostCenter' web",
    ),
    "weights that are a map": Wrong(
        service("web", weights={"01": 75, "02": 25}),
        "failover:services.web.weights",
        '{"01": 75, "02": 25}',
        SUM,
        "pulumi config rm --path 'failover:services.web.weights' && "
        "pulumi config set --path 'failover:services.web.weights' 75/25",
    ),
    "an image that is no AMI id": Wrong(
        lambda c: c[IMAGES]["web"].update({"02": "ami-xyz"}),
        'failover:images.web["02"]',
        "ami-xyz",
        "an AMI id",
        "pulumi config set --path 'failover:images.web[\"02\"]' AMI_ID",
    ),
    "an image by a parameter without a version": Wrong(
        lambda c: c[IMAGES]["web"].update({"02": "ssm:/builds/web"}),
        'failover:images.web["02"]',
        "ssm:/builds/web",
        "without one the next `up` would take whatever the parameter holds by then",
        "pulumi config set --path 'failover:images.web[\"02\"]' ssm:/builds/web:1",
    ),
    "a timeout that is not below the interval": Wrong(
        lambda c: c[SERVICES]["web"]["healthCheck"].update(intervalSeconds=5),
        "failover:services.web.healthCheck.timeoutSeconds",
        "5",
        "less than intervalSeconds, 5",
        "pulumi config set --path 'failover:services.web.healthCheck.timeoutSeconds' 4",
    ),
    "an interval under 5 seconds": Wrong(
        lambda c: c[SERVICES]["web"]["healthCheck"].update(intervalSeconds=4, timeoutSeconds=2),
        "failover:services.web.healthCheck.intervalSeconds",
        "4",
        "from 5 to 300",
        "pulumi config set --path 'failover:services.web.healthCheck.intervalSeconds' 5",
    ),
    "a deregistration delay over an hour": Wrong(
        service("web", deregistrationDelaySeconds=3601),
        "failover:services.web.deregistrationDelaySeconds",
        "3601",
        "from 0 to 3600",
        "pulumi config set --path 'failover:services.web.deregistrationDelaySeconds' 3600",
    ),
    "a CIDR block that is none": Wrong(
        lambda c: c.update({NETWORK: NEW_NETWORK | {"cidr": "10.20.0.1/16"}}),
        "failover:network.cidr",
        "10.20.0.1/16",
        "from /16 to /24",
        "pulumi config set --path 'failover:network.cidr' 10.20.0.0/16",
    ),
    "one Availability Zone": Wrong(
        lambda c: c.update({NETWORK: NEW_NETWORK | {"availabilityZones": ["us-east-1a"]}}),
        "failover:network.availabilityZones",
        '["us-east-1a"]',
        "a list of 2 to 4",
        "pulumi config rm --path 'failover:network.availabilityZones' && "
        "pulumi config set --path 'failover:network.availabilityZones[0]' us-east-1a && "
        "pulumi config set --path 'failover:network.availabilityZones[1]' us-east-1b",
    ),
    "an Availability Zone of another region": Wrong(
        lambda c: c.update(
            {NETWORK: NEW_NETWORK | {"availabilityZones": ["us-east-1a", "us-west-2b"]}}
        ),
        "failover:network.availabilityZones[1]",
        "us-west-2b",
        "an Availability Zone of aws:region, us-east-1",
        "pulumi config set --path 'failover:network.availabilityZones[1]' us-east-1b",
    ),
    "a key that does nothing": Wrong(
        lambda c: c[NETWORK].update(cidr="10.20.0.0/16"),
        "failover:network.cidr",
        "10.20.0.0/16",
        "it does nothing beside an existing VPC",
        "pulumi config rm --path 'failover:network.cidr'",
    ),
    "no region": Wrong(
        without("aws:region"),
        "aws:region",
        NOT_SET,
        "the region of the stack",
        "pulumi config set aws:region us-east-1",
    ),
    "no account": Wrong(
        without("aws:allowedAccountIds"),
        "aws:allowedAccountIds",
        NOT_SET,
        "the account of the stack",
        "pulumi config set --path 'aws:allowedAccountIds[0]' ACCOUNT_ID",
    ),
    "no preview token": Wrong(
        without(TOKEN_KEY),
        TOKEN_KEY,
        NOT_SET,
        "a secret of 16 to 96 letters",
        'pulumi config set --secret previewToken "$(openssl rand -hex 16)"',
    ),
    "an image of no service": Wrong(
        lambda c: c[IMAGES].update(wbe={"01": "ami-0a7d3c5e9b1f02468"}),
        "failover:images.wbe",
        "wbe",
        "did you mean web?",
        "pulumi config rm --path 'failover:images.wbe'",
    ),
    "no services": Wrong(
        lambda c: [c.update({key: {}}) for key in (SERVICES, IMAGES, CAPACITY)],
        SERVICES,
        NOT_SET,
        "at least one service",
        "pulumi config set --path 'failover:services.web.hosts[0]' www.hankooktire.example",
    ),
    "a service that is no map": Wrong(
        lambda c: c[SERVICES].update(web="www.hankooktire.example"),
        "failover:services.web",
        "www.hankooktire.example",
        "a map: hosts, paths",
        "pulumi config rm --path 'failover:services.web'",
    ),
    "a service named like a slot": Wrong(
        renamed("web", "web-01"),
        "failover:services.web-01",
        "web-01",
        "does not end in -01 or -02",
        "pulumi config rm --path 'failover:services.web-01'",
    ),
    "a tag of AWS's own": Wrong(
        lambda c: c.update({"failover:tags": {"aws:team": "web"}}),
        "failover:tags",
        '{"aws:team": "web"}',
        "does not begin with aws:",
        "pulumi config rm tags && pulumi config set --path 'failover:tags.CostCenter' web",
    ),
    "a candidate without quotes": Wrong(
        lambda c: c.update({"failover:candidate": 2}),
        "failover:candidate",
        "2",
        "01 or 02",
        "pulumi config set candidate 02",
    ),
    "a candidate that is no slot": Wrong(
        lambda c: c.update({"failover:candidate": "green"}),
        "failover:candidate",
        "green",
        "01 or 02",
        "pulumi config set candidate 02",
    ),
    "an override without words": Wrong(
        lambda c: c.update({"failover:override": " "}),
        "failover:override",
        '" "',
        "a reason in words",
        "pulumi config set override 'both slots are down, 02 is the less bad one'",
    ),
    "a freeze without an offset": Wrong(
        freeze(until="2026-12-01T00:00:00"),
        "failover:freeze.until",
        "2026-12-01T00:00:00",
        "with its offset",
        "pulumi config set --path 'failover:freeze.until' UNTIL",
    ),
    "a freeze without a reason": Wrong(
        freeze(reason=None),
        "failover:freeze.reason",
        NOT_SET,
        "a reason in words",
        "pulumi config set --path 'failover:freeze.reason' 'Black Friday'",
    ),
    "a floor that is no number": Wrong(
        lambda c: c[CAPACITY]["web"].update(floors={"01": "three"}),
        'failover:capacity.web.floors["01"]',
        "three",
        "a whole number",
        "pulumi config set --path 'failover:capacity.web.floors[\"01\"]' 3",
    ),
    "stages that fall": Wrong(
        ramp(stages=[10, 50, 25, 100]),
        "failover:ramp.stages",
        "[10, 50, 25, 100]",
        "each above the one before",
        "pulumi config rm --path 'failover:ramp.stages' && "
        "pulumi config set --path 'failover:ramp.stages[0]' 10 && "
        "pulumi config set --path 'failover:ramp.stages[1]' 25 && "
        "pulumi config set --path 'failover:ramp.stages[2]' 50 && "
        "pulumi config set --path 'failover:ramp.stages[3]' 100",
    ),
    "stages that do not end in all": Wrong(
        ramp(stages=[50]),
        "failover:ramp.stages",
        "[50]",
        "the last one 100",
        "pulumi config rm --path 'failover:ramp.stages' && "
        "pulumi config set --path 'failover:ramp.stages[0]' 50 && "
        "pulumi config set --path 'failover:ramp.stages[1]' 100",
    ),
    "a stage of nothing": Wrong(
        ramp(stages=[0, 100]),
        "failover:ramp.stages[0]",
        "0",
        "from 1 to 100",
        "pulumi config set --path 'failover:ramp.stages[0]' 1",
    ),
    "a bake too short for metrics": Wrong(
        ramp(bakeSeconds=60, gates={"targets": {}, "metrics": {}}),
        "failover:ramp.bakeSeconds",
        "60",
        "at least 180 with ramp.gates.metrics",
        "pulumi config set --path 'failover:ramp.bakeSeconds' 180",
    ),
    "a wait shorter than the polls": Wrong(
        ramp(guard={"healthyPolls": 10, "pollSeconds": 5, "waitSeconds": 20}),
        "failover:ramp.guard.waitSeconds",
        "20",
        "at least 45: 10 polls 5 s apart",
        "pulumi config set --path 'failover:ramp.guard.waitSeconds' 45",
    ),
    "a gate of no such name": Wrong(
        ramp(gates={"target": {}}),
        "failover:ramp.gates.target",
        "{}",
        "did you mean targets?",
        "pulumi config rm --path 'failover:ramp.gates.target'",
    ),
    "a gate limit beyond all": Wrong(
        ramp(gates={"probe": {"maxFailedPercent": 101}}),
        "failover:ramp.gates.probe.maxFailedPercent",
        "101",
        "a number from 0 to 100",
        "pulumi config set --path 'failover:ramp.gates.probe.maxFailedPercent' 0.1",
    ),
    "a command gate without a command": Wrong(
        ramp(gates={"command": {}}),
        "failover:ramp.gates.command.run",
        NOT_SET,
        "a list of 1 to 100 entries",
        "pulumi config set --path 'failover:ramp.gates.command.run[0]' ./check.sh",
    ),
    "alarms without a threshold": Wrong(
        lambda c: c.update(
            {"failover:alarms": {"topicArn": "arn:aws:sns:us-east-1:111122223333:on-call"}}
        ),
        "failover:alarms.target5xxPerMinute",
        NOT_SET,
        "a whole number from 1",
        "pulumi config set --path 'failover:alarms.target5xxPerMinute' 50",
    ),
    "user data from a file and as text": Wrong(
        user_data(file="boot/web.sh", text="#!/bin/sh\n"),
        f"{USER_DATA}.text",
        "[secret]",
        "does nothing beside file",
        f"pulumi config rm --path '{USER_DATA}.text'",
    ),
    "user data from neither": Wrong(
        user_data(file=""),
        f"{USER_DATA}.file",
        NOT_SET,
        "or text in its place",
        f"pulumi config set --path '{USER_DATA}.file' SCRIPT_FILE",
    ),
    "user data from a file that is not there": Wrong(
        user_data(file="boot/none.sh"),
        f"{USER_DATA}.file",
        "boot/none.sh",
        "a file that can be read; boot/none.sh: not found",
        f"pulumi config set --path '{USER_DATA}.file' SCRIPT_FILE",
    ),
    "user data from outside the project": Wrong(
        user_data(file="/etc/web.sh"),
        f"{USER_DATA}.file",
        "/etc/web.sh",
        "from the folder with Pulumi.yaml",
        f"pulumi config set --path '{USER_DATA}.file' SCRIPT_FILE",
    ),
    "user data of another kind": Wrong(
        user_data(text="#include\nhttps://shop.example/boot?token=s3cret\n"),
        f"{USER_DATA}.text",
        "[secret]",
        "a shell script, from `#!`, or cloud-config",
        f"pulumi config set --path '{USER_DATA}.text' SCRIPT_TEXT",
    ),
    "user data over the limit": Wrong(
        user_data(text="#!/bin/sh\n" + "# 123456\n" * 1800),
        f"{USER_DATA}.text",
        "[secret]",
        "at most 16384 bytes",
        f"pulumi config set --path '{USER_DATA}.text' SCRIPT_TEXT",
    ),
    "user data that merges by itself": Wrong(
        user_data(text="#cloud-config\nmerge_how: dict(replace)\nruncmd: []\n"),
        f"{USER_DATA}.text",
        "[secret]",
        "without merge_how and merge_type",
        f"pulumi config set --path '{USER_DATA}.text' SCRIPT_TEXT",
    ),
    "user data under a wrong key": Wrong(
        user_data(txt="#!/bin/sh\nTOKEN=s3cret\n"),
        f"{USER_DATA}.txt",
        "[secret]",
        "did you mean text?",
        f"pulumi config rm --path '{USER_DATA}.txt'",
    ),
    "a template by id and by name": Wrong(
        copy_of(id="lt-0a1b2c3d4e5f60718", name="shop-web", version=4),
        f"{COPY}.name",
        "shop-web",
        "does nothing beside id",
        f"pulumi config rm --path '{COPY}.name'",
    ),
    "a template by neither": Wrong(
        copy_of(version=4),
        f"{COPY}.id",
        NOT_SET,
        "or a name in its place",
        f"pulumi config set --path '{COPY}.id' LAUNCH_TEMPLATE_ID",
    ),
    "the latest version of a template": Wrong(
        copy_of(name="shop-web", version="$Latest"),
        f"{COPY}.version",
        "$Latest",
        "a whole number from 1",
        f"pulumi config set --path '{COPY}.version' VERSION",
    ),
    "a version that is not there": Wrong(
        copy_of(name="shop-web", version=5),
        f"{COPY}.version",
        "5",
        "a version that shop-web has; its latest one is 4",
        f"pulumi config set --path '{COPY}.version' VERSION",
    ),
    "a template that is not there": Wrong(
        copy_of(name="shop-wbe", version=4),
        f"{COPY}.name",
        "shop-wbe",
        "a launch template that can be read; there is no shop-wbe",
        f"pulumi config set --path '{COPY}.name' LAUNCH_TEMPLATE_NAME",
    ),
    "a security group by name": Wrong(
        launch(securityGroupIds=["shop-web"]),
        f"{LAUNCH}.securityGroupIds[0]",
        "shop-web",
        "the id of a security group: sg-...",
        f"pulumi config set --path '{LAUNCH}.securityGroupIds[0]' sg-0a1b2c3d4e5f60718",
    ),
    "a key pair without a name": Wrong(
        launch(keyName=" "),
        f"{LAUNCH}.keyName",
        '" "',
        "the name of an EC2 key pair",
        f"pulumi config set --path '{LAUNCH}.keyName' KEY_PAIR_NAME",
    ),
    "a KMS key by its id": Wrong(
        launch(kmsKeyId="0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
        f"{LAUNCH}.kmsKeyId",
        "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        "the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:...",
        f"pulumi config set --path '{LAUNCH}.kmsKeyId' "
        "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    ),
    "a volume without a device": Wrong(
        volumes({"sizeGib": 100}),
        f"{LAUNCH}.volumes[0].deviceName",
        NOT_SET,
        "a device name",
        f"pulumi config set --path '{LAUNCH}.volumes[0].deviceName' /dev/sdf",
    ),
    "a volume with an unknown field": Wrong(
        volumes({"deviceName": "/dev/sdf", "sizeGib": 100, "iop": 4000}),
        f"{LAUNCH}.volumes[0].iop",
        "4000",
        "no such field; did you mean iops? Known here: deviceName, sizeGib, type, iops",
        f"pulumi config rm --path '{LAUNCH}.volumes[0].iop'",
    ),
    "a volume of an unknown type": Wrong(
        volumes({"deviceName": "/dev/sdf", "sizeGib": 100, "type": "ssd"}),
        f"{LAUNCH}.volumes[0].type",
        "ssd",
        "a type of volume: gp3, gp2",
        f"pulumi config set --path '{LAUNCH}.volumes[0].type' gp3",
    ),
    "a volume with a size in quotes": Wrong(
        volumes({"deviceName": "/dev/sdf", "sizeGib": "200"}),
        f"{LAUNCH}.volumes[0].sizeGib",
        '"200"',
        "without quotes",
        f"pulumi config set --path '{LAUNCH}.volumes[0].sizeGib' 200",
    ),
    "a fast volume without its speed": Wrong(
        volumes({"deviceName": "/dev/sdf", "sizeGib": 100, "type": "io2"}),
        f"{LAUNCH}.volumes[0].iops",
        NOT_SET,
        "which io2 needs",
        f"pulumi config set --path '{LAUNCH}.volumes[0].iops' 6000",
    ),
    "a volume with a speed that its type has not": Wrong(
        volumes({"deviceName": "/dev/sdf", "sizeGib": 100, "type": "gp2", "throughput": 250}),
        f"{LAUNCH}.volumes[0].throughput",
        "250",
        "no throughput: gp2 takes none",
        f"pulumi config rm --path '{LAUNCH}.volumes[0].throughput'",
    ),
    "two volumes of one device": Wrong(
        volumes(
            {"deviceName": "/dev/sdf", "sizeGib": 100}, {"deviceName": "/dev/sdf", "sizeGib": 10}
        ),
        f"{LAUNCH}.volumes[1].deviceName",
        "/dev/sdf",
        "that no other entry of the list has",
        f"pulumi config set --path '{LAUNCH}.volumes[1].deviceName' /dev/sdg",
    ),
    "a further volume without a size": Wrong(
        volumes({"deviceName": "/dev/sdf", "type": "gp3"}),
        f"{LAUNCH}.volumes[0].sizeGib",
        NOT_SET,
        "the size of the volume, in GiB",
        f"pulumi config set --path '{LAUNCH}.volumes[0].sizeGib' 100",
    ),
    "two sizes of the root": Wrong(
        lambda c: c[CAPACITY]["web"].update(
            rootVolumeGib=30,
            launchTemplate={"volumes": [{"deviceName": "/dev/xvda", "sizeGib": 40}]},
        ),
        "failover:capacity.web.rootVolumeGib",
        "30",
        f"does nothing beside the sizeGib of /dev/xvda in {LAUNCH}.volumes",
        "pulumi config rm --path 'failover:capacity.web.rootVolumeGib'",
    ),
    "a suspended process that ramps need": Wrong(
        group(suspendedProcesses=["Launch"]),
        f"{GROUP}.suspendedProcesses[0]",
        "Launch",
        "another process: no instance would start",
        f"pulumi config rm --path '{GROUP}.suspendedProcesses[0]'",
    ),
    "a suspended process that AWS has not": Wrong(
        group(suspendedProcesses=["Rebalance"]),
        f"{GROUP}.suspendedProcesses[0]",
        "Rebalance",
        "a process that may be suspended: HealthCheck, ReplaceUnhealthy",
        f"pulumi config set --path '{GROUP}.suspendedProcesses[0]' AZRebalance",
    ),
    "a subnet of the instances by name": Wrong(
        group(subnetIds=["private-a", "subnet-0a1b2c3d4e5f60714"]),
        f"{GROUP}.subnetIds[0]",
        "private-a",
        "a subnet id",
        f"pulumi config set --path '{GROUP}.subnetIds[0]' SUBNET_ID",
    ),
    "a subnet of the instances that is not there": Wrong(
        group(subnetIds=["subnet-0a1b2c3d4e5f60719", "subnet-0a1b2c3d4e5f60714"]),
        f"{GROUP}.subnetIds[0]",
        "subnet-0a1b2c3d4e5f60719",
        "a subnet that can be read",
        f"pulumi config set --path '{GROUP}.subnetIds[0]' SUBNET_ID",
    ),
    "two metrics to scale by": Wrong(
        group(scaling={"cpuPercent": 50, "requestsPerTarget": 900}),
        f"{GROUP}.scaling.requestsPerTarget",
        "900",
        "beside cpuPercent: target tracking follows one of them",
        f"pulumi config rm --path '{GROUP}.scaling.requestsPerTarget'",
    ),
    "no metric to scale by": Wrong(
        group(scaling={"cpuPercent": ""}),
        f"{GROUP}.scaling.cpuPercent",
        NOT_SET,
        "or requestsPerTarget in its place",
        f"pulumi config set --path '{GROUP}.scaling.cpuPercent' 60",
    ),
    "requests that are no number": Wrong(
        group(scaling={"requestsPerTarget": 0}),
        f"{GROUP}.scaling.requestsPerTarget",
        "0",
        "a whole number from 1 to 10000000",
        f"pulumi config set --path '{GROUP}.scaling.requestsPerTarget' 1",
    ),
    "a percentage beside scaling": Wrong(
        lambda c: c[CAPACITY]["web"].update(
            cpuTargetPercent=50, autoScalingGroup={"scaling": {"requestsPerTarget": 900}}
        ),
        "failover:capacity.web.cpuTargetPercent",
        "50",
        f"does nothing beside {GROUP}.scaling",
        "pulumi config rm --path 'failover:capacity.web.cpuTargetPercent'",
    ),
    "a protocol of another load balancer": wrong_target_group(
        "protocol", "TCP", "HTTP or HTTPS", "HTTPS"
    ),
    "a version of HTTP that is none": wrong_target_group(
        "protocolVersion", "HTTP3", "HTTP1, HTTP2 or GRPC", "HTTP1"
    ),
    "a slow start that is too short": wrong_target_group(
        "slowStartSeconds", 20, "0, or a whole number from 30 to 900", 30
    ),
    "a slow start in quotes": wrong_target_group(
        "slowStartSeconds", "30", "0, or a whole number from 30 to 900, without quotes", 30
    ),
    "an algorithm that is none": wrong_target_group(
        "algorithm", "random", "least_outstanding_requests or", "least_outstanding_requests"
    ),
    "a port of the health checks in quotes": wrong_target_group(
        "healthCheckPort", "8081", "traffic-port, or a whole number from 1 to 65535", 8081
    ),
    "a protocol of the health checks that is none": wrong_target_group(
        "healthCheckProtocol", "TCP", "HTTP or HTTPS", "HTTPS"
    ),
    "a slow start with an algorithm that has none": Wrong(
        target_group(slowStartSeconds=60, algorithm="least_outstanding_requests"),
        "failover:services.web.targetGroup.slowStartSeconds",
        "60",
        "0 with algorithm least_outstanding_requests",
        "pulumi config set --path 'failover:services.web.targetGroup.slowStartSeconds' 0",
    ),
    "an anomaly mitigation without its algorithm": Wrong(
        target_group(anomalyMitigation=True),
        "failover:services.web.targetGroup.anomalyMitigation",
        "true",
        "false with algorithm round_robin: AWS has it for weighted_random only",
        "pulumi config set --path 'failover:services.web.targetGroup.anomalyMitigation' false",
    ),
    "an anomaly mitigation that is no flag": wrong_target_group(
        "anomalyMitigation", "on", "true or false", "false"
    ),
    "cross-zone that is no flag": wrong_target_group("crossZone", "off", "true or false", "true"),
    "status codes of HTTP with GRPC": Wrong(
        lambda c: (
            target_group(protocolVersion="GRPC")(c),
            c[SERVICES]["web"]["healthCheck"].update(matcher="200"),
        ),
        "failover:services.web.healthCheck.matcher",
        '"200"',
        "codes of GRPC from 0 to 99, with targetGroup.protocolVersion GRPC",
        "pulumi config set --path 'failover:services.web.healthCheck.matcher' 0",
    ),
    "codes of GRPC with HTTP": Wrong(
        lambda c: c[SERVICES]["web"]["healthCheck"].update(matcher="0-99"),
        "failover:services.web.healthCheck.matcher",
        "0-99",
        "HTTP status codes from 200 to 499, with targetGroup.protocolVersion HTTP1",
        "pulumi config set --path 'failover:services.web.healthCheck.matcher' 200",
    ),
    "GRPC with the default gates": Wrong(
        service("web", targetGroup={"protocolVersion": "GRPC"}),
        "failover:ramp.gates",
        NOT_SET,
        "gates without probe and smoke, whose requests are HTTP/1.1",
        "pulumi config set --path 'failover:ramp.gates.targets' true",
    ),
    "HTTP2 with a probe": Wrong(
        lambda c: (
            target_group(protocolVersion="HTTP2")(c),
            ramp(gates={"probe": {}, "smoke": {"requests": 5}})(c),
        ),
        "failover:ramp.gates",
        '{"probe": {}, "smoke": {"requests": 5}}',
        "services.web.targetGroup.protocolVersion is HTTP2, and AWS answers them with 464",
        "pulumi config rm --path 'failover:ramp.gates.probe' && "
        "pulumi config rm --path 'failover:ramp.gates.smoke' && "
        "pulumi config set --path 'failover:ramp.gates.targets' true",
    ),
    "an instance type with a weight": Wrong(
        mixed(instanceTypes=[{"type": "m7i.large", "weight": 2}]),
        f"{MIXED}.instanceTypes[0]",
        '{"type": "m7i.large", "weight": 2}',
        "without a weight: guards and ramps count instances",
        f"pulumi config set --path '{MIXED}.instanceTypes[0]' m7i.large",
    ),
    "mixed instances without types": Wrong(
        mixed(onDemandBase=2),
        f"{MIXED}.instanceTypes",
        NOT_SET,
        "a list of 1 to 40 entries, each an instance type",
        f"pulumi config set --path '{MIXED}.instanceTypes[0]' m7i.large && "
        f"pulumi config set --path '{MIXED}.instanceTypes[1]' m6i.large",
    ),
    "mixed instances without the slot's own type": Wrong(
        mixed(instanceTypes=["m6i.large"]),
        f"{MIXED}.instanceTypes",
        '["m6i.large"]',
        "a list with the instanceType of slot 01, m7i.large",
        f"pulumi config set --path '{MIXED}.instanceTypes[0]' m7i.large",
    ),
    "mixed instances of two architectures": Wrong(
        mixed(instanceTypes=["m7i.large", "m7g.large"]),
        f"{MIXED}.instanceTypes[1]",
        "m7g.large",
        "a type that runs the same images as m7i.large",
        f"pulumi config rm --path '{MIXED}.instanceTypes[1]'",
    ),
    "an On-Demand base that is no number": Wrong(
        mixed(instanceTypes=["m7i.large"], onDemandBase="2"),
        f"{MIXED}.onDemandBase",
        '"2"',
        "without quotes",
        f"pulumi config set --path '{MIXED}.onDemandBase' 2",
    ),
    "an On-Demand share over all": Wrong(
        mixed(instanceTypes=["m7i.large"], onDemandPercentAboveBase=120),
        f"{MIXED}.onDemandPercentAboveBase",
        "120",
        "a whole number from 0 to 100",
        f"pulumi config set --path '{MIXED}.onDemandPercentAboveBase' 100",
    ),
    "a Spot strategy that AWS has not": Wrong(
        mixed(
            instanceTypes=["m7i.large"], onDemandPercentAboveBase=50, spotAllocationStrategy="best"
        ),
        f"{MIXED}.spotAllocationStrategy",
        "best",
        "a Spot allocation strategy: price-capacity-optimized",
        f"pulumi config set --path '{MIXED}.spotAllocationStrategy' price-capacity-optimized",
    ),
    "a Spot price that is no number": Wrong(
        mixed(instanceTypes=["m7i.large"], onDemandPercentAboveBase=50, maxPrice="$1"),
        f"{MIXED}.maxPrice",
        "$1",
        "a number from 0.0001 to 1000",
        f"pulumi config set --path '{MIXED}.maxPrice' 0.05",
    ),
    "a Spot price without Spot instances": Wrong(
        mixed(instanceTypes=["m7i.large"], maxPrice=0.1),
        f"{MIXED}.maxPrice",
        "0.1",
        "it does nothing beside onDemandPercentAboveBase: 100",
        f"pulumi config rm --path '{MIXED}.maxPrice'",
    ),
    "an old TLS policy": Wrong(
        lambda c: c[LOAD_BALANCER].update(sslPolicy="ELBSecurityPolicy-2016-08"),
        "failover:loadBalancer.sslPolicy",
        "ELBSecurityPolicy-2016-08",
        "with TLS 1.2 or 1.3 at least",
        "pulumi config set --path 'failover:loadBalancer.sslPolicy' "
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    ),
}
NEW_NETWORK = {
    "create": True,
    "cidr": "10.20.0.0/16",
    "availabilityZones": ["us-east-1a", "us-east-1b"],
}
STAYS_WRONG = (
    "no services",  # takes more than one command
    "a service that is no map",  # leaves the images and capacity of the service
    "a service named like a slot",
)


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_config_is_refused_with_key_value_expectation_and_fix(name: str) -> None:
    wrong = WRONG[name]

    (problem,) = problems(changed(wrong.change))

    assert (problem.path, problem.found, problem.fix) == (wrong.path, wrong.found, wrong.fix)
    assert wrong.expected in problem.expected


@pytest.mark.parametrize("name", [name for name in WRONG if name not in STAYS_WRONG])
def test_the_command_in_the_message_fixes_the_config(name: str) -> None:
    config = changed(WRONG[name].change)
    known = {
        "WEIGHT_01/WEIGHT_02": "75/25",
        "CERTIFICATE_ARN": "arn:aws:acm:{}:111122223333:certificate/{}".format(
            config.get("aws:region"), "6f2a1c0e-93b4-4d57-8a1e-2b7c5d9e0f13"
        ),
        "AMI_ID": "ami-0a7d3c5e9b1f02468",
        "ACCOUNT_ID": "111122223333",
        "UNTIL": "2026-12-01T00:00:00Z",
        "SCRIPT_FILE": "boot/web.sh",
        "LAUNCH_TEMPLATE_NAME": "shop-web",
        "LAUNCH_TEMPLATE_ID": "lt-0a1b2c3d4e5f60718",
        "VERSION": "4",
        "SCRIPT_TEXT": "#!/bin/sh",
        "SUBNET_ID_IN_ANOTHER_ZONE": "subnet-0a1b2c3d4e5f60712",
        "SUBNET_ID": "subnet-0a1b2c3d4e5f60711",
    }
    (problem,) = problems(config)
    command = problem.fix
    for placeholder, value in known.items():
        command = command.replace(placeholder, value)
    lookups = lookups_with_a_template()
    lookups.parameters["/builds/web:1"] = "ami-0a7d3c5e9b1f02468"
    lookups.files["boot/web.sh"] = b"#!/bin/sh\n"

    settings = parsed(fixed(config, command), lookups)

    assert isinstance(settings, Settings)


def test_all_problems_of_a_config_are_in_one_message() -> None:
    names = ("weights over 100", "min over max", "no certificate", "an unknown key")
    config = changed(*(WRONG[name].change for name in names))

    found = problems(config)

    assert {problem.path for problem in found} == {WRONG[name].path for name in names}
    assert str(SettingsError(tuple(found))).startswith("4 problems in the stack config")


def test_an_empty_config_is_refused_with_everything_that_it_lacks() -> None:
    found = problems({})

    assert {problem.path for problem in found} >= {
        "aws:region",
        "aws:allowedAccountIds",
        "failover:weights",
        "failover:org",
        "failover:regionCode",
        "failover:environment",
        "failover:services",
        "failover:network.vpcId",
        "failover:loadBalancer.certificateArn",
        "failover:previewToken",
    }
    assert all(problem.found == NOT_SET for problem in found)


def test_names_too_long_by_the_convention_are_refused_for_each_slot() -> None:
    found = problems(changed(renamed("web", "webshop-checkout")))

    assert [(problem.path, problem.found, problem.fix) for problem in found] == [
        (
            f'failover:services.webshop-checkout.slots["{slot}"].targetGroup.name',
            f"hankooktire-us-prd-webshop-checkout-{slot}-tg",
            "pulumi config set --path "
            f"'failover:services.webshop-checkout.slots[\"{slot}\"].targetGroup.name' "
            f"webshop-checkout-{slot}-tg",
        )
        for slot in ("01", "02")
    ]


def test_more_services_than_a_load_balancer_takes_are_refused() -> None:
    config = stack_config("prod")
    for n in range(34):
        for key in (SERVICES, IMAGES, CAPACITY):
            config[key][f"s{n}"] = dict(config[key]["web"])
        config[SERVICES][f"s{n}"] |= {"priority": 1000 + 10 * n, "paths": [f"/s{n}/*"]}

    (problem,) = problems(config)

    assert problem.path == SERVICES
    assert problem.found == "36 services"
    assert "at most 33 services" in problem.expected


def test_a_secret_never_stands_in_a_message() -> None:
    config = changed(lambda c: c.update({TOKEN_KEY: "hunter2 hunter2"}))

    (problem,) = problems(config)

    assert problem.found == "[secret]"
    assert "hunter2" not in str(problem)
