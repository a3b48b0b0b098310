from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from ops.adopt.answers import (
    Answers,
    EarlierAnswers,
    Flags,
    Naming,
    TakeDefaults,
    answered,
    pairs,
    suggested_naming,
    suggested_services,
)
from ops.adopt.config_check import FoundLookups, problems
from ops.adopt.config_merge import Config
from ops.adopt.first_slot import FirstSlot
from ops.adopt.proposal import Import, proposed
from ops.adopt.state import RULE, SERVICE, State, import_document, missing
from ops.errors import InputError
from ops.inspect.document import (
    Details,
    RuleConditionReport,
    TargetGroupReport,
    TemplateReport,
)
from settings.lookup import LaunchTemplateVersion, TemplateFacts
from tests.ops.balancers import (
    CHECK,
    PORTAL,
    SUBNETS,
    WEB,
    fleet,
    forward,
    group,
    inspection,
    listener,
    rule,
    rule_arn,
)

ANSWERS = Answers(
    services={"web": WEB, "portal": PORTAL},
    naming=Naming("acme", "us", "prd"),
    security_group_id="sg-0a1b2c3d",
)
FIRST = {"web": FirstSlot(), "portal": FirstSlot()}
ZONES: dict[str, str] = {SUBNETS[0]: "us-east-1a", SUBNETS[1]: "us-east-1b"}
NO_FLAGS = Flags({}, None, None, None, None, {}, {}, {}, {}, protection=True)


def test_the_config_says_what_is_there_and_the_program_takes_it() -> None:
    proposal = proposed(inspection(), ANSWERS, FIRST)

    assert proposal.config["failover:services"]["web"] == {
        "hosts": ["www.acme.example"],
        "paths": ["/*"],
        "priority": 20,
        "adoptedRule": True,
        "port": 8080,
        "healthCheck": {"path": "/healthz", "intervalSeconds": 10, "timeoutSeconds": 5},
        "deregistrationDelaySeconds": 30,
        "healthCheckGraceSeconds": 120,
        "instanceProfile": "web",
        "slots": {
            "01": {"targetGroup": {"existing": WEB}, "autoScalingGroup": {"existing": "web"}}
        },
    }
    assert proposal.config["failover:images"]["web"] == {"02": "ami-0a1b2c3d4e5f60718"}
    assert proposal.config["failover:capacity"]["web"] == {
        "instanceType": "m5.large",
        "min": 2,
        "max": 4,
    }
    assert proposal.imports == (Import("portal", rule_arn(10)), Import("web", rule_arn(20)))
    lookups = FoundLookups(inspection(), ZONES)
    assert problems(proposal.config, "prod", {}, lookups) == ()


def test_a_config_that_the_program_would_refuse_is_told_before_it_is_written() -> None:
    answers = replace(ANSWERS, naming=Naming("Acme", "us", "prd"))
    config = proposed(inspection(), answers, FIRST).config

    (found,) = problems(config, "prod", {}, FoundLookups(inspection(), ZONES))

    assert found.path == "failover:org"


def test_a_rule_that_has_two_weighted_groups_brings_both_slots_and_its_split() -> None:
    both = rule(20, WEB, "/*", actions=(forward((WEB, 3), ("spare", 1)),))
    found = inspection(
        listeners=(listener(rule(10, PORTAL, "/portal"), both),),
        target_groups=(group(PORTAL), group(WEB), group("spare")),
        auto_scaling_groups=(fleet("p", PORTAL), fleet("w", WEB), fleet("s", "spare")),
    )

    config = proposed(found, ANSWERS, FIRST).config

    web = config["failover:services"]["web"]
    assert web["weights"] == "75/25"
    assert web["slots"]["02"] == {
        "targetGroup": {"existing": "spare"},
        "autoScalingGroup": {"existing": "s"},
    }
    assert list(config["failover:images"]) == ["portal"]


def test_a_group_that_is_there_may_become_slot_02() -> None:
    spare = group("spare", details=Details((), False, 30))
    found = inspection(target_groups=(group(PORTAL), group(WEB), spare))
    answers = replace(ANSWERS, second_groups={"web": "spare"}, second_names={"portal": "short-tg"})

    services = proposed(found, answers, FIRST).config["failover:services"]

    assert services["web"]["slots"]["02"] == {"targetGroup": {"existing": "spare"}}
    assert services["portal"]["slots"]["02"] == {"targetGroup": {"name": "short-tg"}}


def encrypted(**changed: Any) -> TargetGroupReport:
    """The group of web, as a slow one of HTTPS that is checked by HTTP on another port."""
    attributes = {
        "slow_start.duration_seconds": "60",
        "load_balancing.algorithm.type": "round_robin",
        "load_balancing.algorithm.anomaly_mitigation": "off",
        "load_balancing.cross_zone.enabled": "false",
    }
    details = replace(group(WEB).details or Details((), False, 30), attributes=attributes)
    check = replace(group(WEB).check, port="8081", protocol="HTTP")
    return replace(group(WEB), protocol="HTTPS", check=check, details=details, **changed)


def test_the_group_of_slot_02_is_made_with_the_protocol_and_the_attributes_of_slot_01() -> None:
    found = inspection(target_groups=(group(PORTAL), encrypted()))

    services = proposed(found, ANSWERS, FIRST).config["failover:services"]

    assert services["web"]["targetGroup"] == {
        "protocol": "HTTPS",
        "slowStartSeconds": 60,
        "crossZone": False,
        "healthCheckPort": 8081,
        "healthCheckProtocol": "HTTP",
    }
    assert "targetGroup" not in services["portal"]


def test_the_settings_of_a_group_are_left_out_where_none_is_made() -> None:
    spare = group("spare", details=Details((), False, 30))
    found = inspection(target_groups=(group(PORTAL), encrypted(), spare))
    answers = replace(ANSWERS, second_groups={"web": "spare"})

    services = proposed(found, answers, FIRST).config["failover:services"]

    assert "targetGroup" not in services["web"]


@pytest.mark.parametrize("version", ["HTTP2", "GRPC"])
def test_no_group_is_made_for_a_version_that_the_prober_does_not_speak(version: str) -> None:
    found = inspection(target_groups=(group(PORTAL), encrypted(protocol_version=version)))

    with pytest.raises(
        InputError, match=f"HTTPS {version}, checked by HTTP on 8081\\) for slot 02: create one"
    ):
        proposed(found, ANSWERS, FIRST)


def with_template(**changed: Any) -> Any:
    template = TemplateReport("launch template", "web", **changed)
    web = fleet("web", WEB, template=template, instances=())
    return inspection(auto_scaling_groups=(fleet("portal", PORTAL), web))


@pytest.mark.parametrize(
    ("found", "answers", "said"),
    [
        (with_template(instance_type="m5.large"), ANSWERS, "pass --image web=AMI_ID"),
        (with_template(image_id="ami-1"), ANSWERS, "pass --instance-type web=TYPE"),
        (inspection(), replace(ANSWERS, services={"web": "nope"}), "--service web=nope: not the"),
        (inspection(), replace(ANSWERS, services={}), "pass --service NAME=TARGET_GROUP"),
        (inspection(), replace(ANSWERS, second_groups={"web": "x"}), "--second-group web=x: no"),
    ],
)
def test_what_cannot_be_known_is_asked_for_by_its_flag(
    found: Any, answers: Answers, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        proposed(found, answers, FIRST)

    assert said in str(refused.value)


def test_an_answer_fills_what_the_template_does_not_say() -> None:
    answers = replace(ANSWERS, images={"web": "ami-2"}, instance_types={"web": "m7i.large"})

    config = proposed(with_template(), answers, FIRST).config

    assert config["failover:images"]["web"] == {"02": "ami-2"}
    assert config["failover:capacity"]["web"]["instanceType"] == "m7i.large"


def test_the_root_volume_of_slot_01_is_taken_over() -> None:
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 100}}
    found = {"ImageId": "ami-0a1b2c3d4e5f60718", "RootDeviceName": "/dev/sda1"}
    first = FirstSlot(
        launch={"BlockDeviceMappings": [mapping]}, images={"ami-0a1b2c3d4e5f60718": found}
    )

    config = proposed(inspection(), ANSWERS, {**FIRST, "web": first}).config

    assert config["failover:capacity"]["web"] == {
        "instanceType": "m5.large",
        "min": 2,
        "max": 4,
        "rootDeviceName": "/dev/sda1",
        "rootVolumeGib": 100,
    }
    assert problems(config, "prod", {}, FoundLookups(inspection(), ZONES)) == ()


def test_the_target_group_and_the_group_of_slot_02_are_as_those_of_slot_01() -> None:
    attributes = {
        "slow_start.duration_seconds": "0",
        "load_balancing.algorithm.type": "least_outstanding_requests",
    }
    targets = group(WEB).details
    assert targets is not None
    web = group(
        WEB,
        protocol="HTTPS",
        check=replace(CHECK, protocol="HTTP", port="8081"),
        details=replace(targets, attributes=attributes),
    )
    elsewhere = ("subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712")
    found = inspection(
        target_groups=(group(PORTAL), web),
        auto_scaling_groups=(
            fleet("portal", PORTAL),
            fleet("web", WEB, subnet_ids=elsewhere),
        ),
    )
    suspended = [{"ProcessName": "AZRebalance"}, {"ProcessName": "Launch"}]
    first = FirstSlot(fleet={"SuspendedProcesses": suspended})

    config = proposed(found, ANSWERS, {**FIRST, "web": first}).config

    assert config["failover:services"]["web"]["targetGroup"] == {
        "protocol": "HTTPS",
        "algorithm": "least_outstanding_requests",
        "healthCheckPort": 8081,
        "healthCheckProtocol": "HTTP",
    }
    assert "targetGroup" not in config["failover:services"]["portal"]
    assert config["failover:capacity"]["web"]["autoScalingGroup"] == {
        "suspendedProcesses": ["AZRebalance"],
        "subnetIds": list(elsewhere),
    }
    zones = {**ZONES, elsewhere[0]: "us-east-1a", elsewhere[1]: "us-east-1b"}
    assert problems(config, "prod", {}, FoundLookups(found, zones)) == ()


@pytest.mark.parametrize(
    "spoiled",
    [
        group(WEB, protocol_version="GRPC"),
        group(WEB, check=replace(CHECK, protocol="TCP")),
    ],
)
def test_a_target_group_that_the_stack_cannot_make_needs_a_second_one(spoiled: Any) -> None:
    with pytest.raises(InputError, match="the stack makes no target group like it"):
        proposed(inspection(target_groups=(group(PORTAL), spoiled)), ANSWERS, FIRST)


DISTRIBUTION = {
    "OnDemandAllocationStrategy": "prioritized",
    "OnDemandBaseCapacity": 1,
    "OnDemandPercentageAboveBaseCapacity": 25,
    "SpotAllocationStrategy": "capacity-optimized",
    "SpotInstancePools": 2,
    "SpotMaxPrice": "0.05",
}


def mixed(*types: str, **changed: Any) -> FirstSlot:
    overrides = [{"InstanceType": each} for each in types]
    policy = {
        "LaunchTemplate": {"Overrides": overrides},
        "InstancesDistribution": {**DISTRIBUTION, **changed},
    }
    return FirstSlot(fleet={"MixedInstancesPolicy": policy})


def test_the_instance_types_and_the_spot_instances_of_slot_01_are_taken_over() -> None:
    first = mixed("m6i.large", "m7i.large")

    proposal = proposed(inspection(), ANSWERS, {**FIRST, "web": first})

    capacity = proposal.config["failover:capacity"]["web"]
    assert capacity["instanceType"] == "m6i.large"
    assert capacity["autoScalingGroup"]["mixedInstances"] == {
        "instanceTypes": ["m6i.large", "m7i.large"],
        "onDemandBase": 1,
        "onDemandPercentAboveBase": 25,
        "spotAllocationStrategy": "capacity-optimized",
        "maxPrice": 0.05,
    }
    assert problems(proposal.config, "prod", {}, FoundLookups(inspection(), ZONES)) == ()


def test_without_spot_instances_their_strategy_and_price_are_left_out() -> None:
    first = mixed("m5.large", OnDemandPercentageAboveBaseCapacity=100)

    config = proposed(inspection(), ANSWERS, {**FIRST, "web": first}).config

    assert config["failover:capacity"]["web"]["autoScalingGroup"]["mixedInstances"] == {
        "instanceTypes": ["m5.large"],
        "onDemandBase": 1,
        "onDemandPercentAboveBase": 100,
    }
    assert problems(config, "prod", {}, FoundLookups(inspection(), ZONES)) == ()


@pytest.mark.parametrize(
    "first",
    [
        mixed("m5.large", SpotAllocationStrategy="diversified-by-hand"),
        mixed("m5.large", ANewSetting="on"),
        mixed("m5.large", "m6g.large"),
        mixed(),
    ],
)
def test_a_policy_that_the_stack_cannot_make_is_left_out_with_a_note(first: FirstSlot) -> None:
    proposal = proposed(inspection(), ANSWERS, {**FIRST, "web": first})

    assert "autoScalingGroup" not in proposal.config["failover:capacity"]["web"]
    assert any("the mixed instances policy of" in line for line in proposal.unlike)


COPIED = LaunchTemplateVersion("lt-0a1b2c3d4e5f60718", None, 3)


def test_slot_02_is_made_from_the_template_of_slot_01() -> None:
    data = {"KeyName": "ops", "BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}]}
    first = FirstSlot(launch=data, version=COPIED)

    proposal = proposed(inspection(), ANSWERS, {**FIRST, "web": first})

    assert proposal.config["failover:capacity"]["web"] == {
        "instanceType": "m5.large",
        "min": 2,
        "max": 4,
        "02": {"launchTemplate": {"from": {"id": "lt-0a1b2c3d4e5f60718", "version": 3}}},
    }
    lookups = FoundLookups(
        inspection(), ZONES, {COPIED: TemplateFacts(data, COPIED.number, data)}.__getitem__
    )
    assert problems(proposal.config, "prod", {}, lookups) == ()


@pytest.mark.parametrize(
    "data",
    [
        {"Placement": {"AvailabilityZoneId": "use1-az1"}},
        {"UserData": base64.b64encode(b"<powershell>").decode()},
        {"UserData": base64.b64encode(b"#!" + b"a" * 16_000).decode()},
    ],
)
def test_a_template_that_the_stack_cannot_copy_is_left_out_with_a_note(
    data: dict[str, Any],
) -> None:
    first = FirstSlot(launch=data, version=COPIED)

    proposal = proposed(inspection(), ANSWERS, {**FIRST, "web": first})

    assert "02" not in proposal.config["failover:capacity"]["web"]
    assert any(
        "web-02: a launch template that is not a copy of" in line for line in proposal.unlike
    )


def test_names_suggest_the_services_and_the_naming() -> None:
    assert suggested_services(inspection()) == {"portal": PORTAL, "web": WEB}
    assert suggested_naming([WEB, PORTAL]) == Naming("acme", "us", "prd")
    assert suggested_naming(["Shop", WEB]) == Naming("acme", "us", "prd")
    assert suggested_naming(["Shop"]) is None


def test_with_yes_what_is_suggested_is_taken_and_what_is_not_is_refused_by_its_flag() -> None:
    answers = answered(inspection(), NO_FLAGS, EarlierAnswers(), TakeDefaults())

    assert answers == replace(ANSWERS, services={"portal": PORTAL, "web": WEB})
    unnamed = inspection(target_groups=(), listeners=(listener(rule(20, "Shop", "/*")),))
    with pytest.raises(InputError, match="pass --service"):
        answered(unnamed, NO_FLAGS, EarlierAnswers(), TakeDefaults())


class Silent(TakeDefaults):
    """Nobody who could be asked."""

    def text(self, question: str, flag: str, default: str | None) -> str:
        raise AssertionError(f"asked for {flag}")


def test_a_stack_that_has_adopted_is_asked_nothing_again() -> None:
    config = proposed(inspection(), ANSWERS, FIRST).config
    balancer = replace(inspection().load_balancer, security_group_ids=("sg-1", "sg-2"))
    several = inspection(load_balancer=balancer)

    answers = answered(several, NO_FLAGS, EarlierAnswers.of(config), Silent())

    assert answers == ANSWERS


@pytest.mark.parametrize("entries", [["web"], ["=x"], ["web=a", "web=b"]])
def test_a_pair_of_another_form_is_refused(entries: list[str]) -> None:
    with pytest.raises(InputError, match="expected SERVICE=VALUE, each service once"):
        pairs(entries, "--image")


def test_only_what_the_state_lacks_is_imported_under_the_component_it_has() -> None:
    component = f"urn:pulumi:prod::failover::{SERVICE}::web"
    held = f"urn:pulumi:prod::failover::{SERVICE}${RULE}::portal"
    state = State({component: "", held: rule_arn(10)})
    imports = (Import("portal", rule_arn(10)), Import("web", rule_arn(20)))

    absent = missing(imports, state)

    assert absent == (Import("web", rule_arn(20)),)
    assert import_document(absent, state) == {
        "nameTable": {"web": component},
        "resources": [
            {
                "type": RULE,
                "name": "web-rule",
                "logicalName": "web",
                "id": rule_arn(20),
                "parent": "web",
            }
        ],
    }


def test_every_condition_of_a_rule_is_kept() -> None:
    plain = rule(20, WEB)
    others = (
        RuleConditionReport("http-header", ("beta*",), "X-Stage"),
        RuleConditionReport("http-request-method", ("GET",)),
        RuleConditionReport("query-string", ("v=a=b", "x=on"), keys=("v", "")),
    )
    changed = replace(plain, conditions=others)
    found = inspection(listeners=(listener(rule(10, PORTAL, "/portal"), changed),))

    config = proposed(found, ANSWERS, FIRST).config

    web = config["failover:services"]["web"]
    assert web["conditions"] == {
        "headers": {"X-Stage": ["beta*"]},
        "methods": ["GET"],
        "queryStrings": [{"key": "v", "value": "a=b"}, {"value": "x=on"}],
    }
    assert {"hosts", "paths"}.isdisjoint(web)
    assert problems(config, "prod", {}, FoundLookups(found, ZONES)) == ()


def test_a_group_that_is_called_alike_is_suggested_but_not_where_an_adoption_began() -> None:
    second = f"{WEB.removesuffix('-tg')}-02-tg"
    empty = group(second, details=Details((), False, 30))
    found = inspection(target_groups=(group(PORTAL), group(WEB), empty))
    slots = {"01": {"targetGroup": {"existing": WEB}}}
    begun = {"failover:services": {"web": {"adoptedRule": True, "slots": slots}}}
    slots_of_both = {**slots, "02": {"targetGroup": {"existing": second}}}
    had = {"failover:services": {"web": {"adoptedRule": True, "slots": slots_of_both}}}
    flags = replace(NO_FLAGS, services={"web": WEB}, org="a", region_code="b", environment="c")

    def second_groups(config: Config) -> object:
        return answered(found, flags, EarlierAnswers.of(config), TakeDefaults()).second_groups

    assert second_groups({}) == {"web": second}
    assert second_groups(begun) == {}
    assert second_groups(had) == {"web": second}
