from __future__ import annotations

import base64
import email

import pytest
import yaml

from tests.components.stacks import declared, recording_of
from tests.configs import Config, FakeLookups, stack_config
from tests.settings.test_values import GROUP_ARN, with_existing_slot


def test_a_target_group_has_its_name_and_health_check_and_waits_for_running_requests() -> None:
    group = recording_of("prod").one(":TargetGroup", "web-01")

    assert group.inputs == {
        "name": "hankooktire-us-prd-web-01-tg",
        "port": 8080,
        "protocol": "HTTP",
        "vpcId": "vpc-0a1b2c3d4e5f60718",
        "targetType": "instance",
        "deregistrationDelay": 30,
        "stickiness": {"enabled": False, "type": "lb_cookie"},
        "healthCheck": {
            "enabled": True,
            "path": "/healthz",
            "port": "traffic-port",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 10,
            "timeout": 5,
            "healthyThreshold": 3,
            "unhealthyThreshold": 2,
        },
        "targetGroupHealth": {
            "dnsFailover": {
                "minimumHealthyTargetsCount": "off",
                "minimumHealthyTargetsPercentage": "off",
            },
            "unhealthyStateRouting": {
                "minimumHealthyTargetsCount": 1,
                "minimumHealthyTargetsPercentage": "off",
            },
        },
        "tags": {
            "Name": "hankooktire-us-prd-web-01-tg",
            "Environment": "prd",
            "Service": "web",
            "Slot": "01",
        },
    }


def test_a_target_group_speaks_and_chooses_as_the_config_has_it_in_both_slots() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["targetGroup"] = {
        "protocol": "HTTPS",
        "protocolVersion": "HTTP1",
        "algorithm": "round_robin",
        "slowStartSeconds": 60,
        "healthCheckPort": 8081,
        "healthCheckProtocol": "HTTP",
    }
    plain = recording_of("prod")

    recording = declared(config)

    for name in ("web-01", "web-02"):
        before = dict(plain.one(":TargetGroup", name).inputs)
        assert recording.one(":TargetGroup", name).inputs == before | {
            "protocol": "HTTPS",
            "protocolVersion": "HTTP1",
            "loadBalancingAlgorithmType": "round_robin",
            "slowStart": 60,
            "healthCheck": before["healthCheck"] | {"port": "8081"},
        }
    portal = plain.one(":TargetGroup", "portal-01").inputs
    assert recording.one(":TargetGroup", "portal-01").inputs == portal


def test_anomalies_are_mitigated_and_zones_kept_apart_where_the_config_has_it() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["targetGroup"] = {
        "algorithm": "weighted_random",
        "anomalyMitigation": True,
        "crossZone": False,
    }

    inputs = declared(config).one(":TargetGroup", "web-02").inputs

    assert inputs["loadBalancingAlgorithmType"] == "weighted_random"
    assert inputs["loadBalancingAnomalyMitigation"] == "on"
    assert inputs["loadBalancingCrossZoneEnabled"] == "false"


def test_targets_of_https_are_checked_by_https_and_of_grpc_by_its_codes() -> None:
    config = stack_config("prod")
    config["failover:ramp"] = {"gates": {"targets": True}}
    config["failover:services"]["web"]["targetGroup"] = {
        "protocol": "HTTPS",
        "protocolVersion": "GRPC",
    }

    check = declared(config).one(":TargetGroup", "web-01").inputs["healthCheck"]

    assert (check["protocol"], check["port"], check["matcher"]) == ("HTTPS", "traffic-port", "0")


def test_an_instance_is_private_encrypted_and_asks_for_a_token() -> None:
    template = recording_of("prod").one(":LaunchTemplate", "web-01").inputs

    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (interface,) = template["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert interface["securityGroups"] == ["id-instance"]
    (device,) = template["blockDeviceMappings"]
    assert device["ebs"]["encrypted"] == "true"


def test_an_instance_is_told_its_service_and_slot_when_it_boots() -> None:
    template = recording_of("prod").one(":LaunchTemplate", "portal-02").inputs

    text = base64.b64decode(template["userData"]).decode()

    assert text.startswith("#cloud-config\n")
    (file,) = yaml.safe_load(text)["write_files"]
    assert file["path"] == "/etc/failover/slot.env"
    assert dict(line.split("=") for line in file["content"].splitlines()) == {
        "FAILOVER_ENVIRONMENT": "prd",
        "FAILOVER_SERVICE": "portal",
        "FAILOVER_SLOT": "02",
        "FAILOVER_PORT": "8080",
    }


def with_user_data(**values: str) -> tuple[Config, FakeLookups]:
    """Prod with user data for slot 02 of web."""
    config, lookups = stack_config("prod"), FakeLookups()
    config["failover:capacity"]["web"]["02"] = {"launchTemplate": {"userData": values}}
    lookups.files["boot/web.sh"] = b"#!/bin/sh\nTOKEN=s3cret start-web\n"
    return config, lookups


def test_user_data_of_the_team_comes_after_the_identity_and_is_a_secret() -> None:
    config, lookups = with_user_data(file="boot/web.sh")

    recording = declared(config, lookups=lookups)

    template = recording.one(":LaunchTemplate", "web-02")
    message = email.message_from_bytes(base64.b64decode(template.inputs["userData"]))
    identity, own = [part.get_payload() for part in message.walk() if not part.is_multipart()]
    plain = recording_of("prod").one(":LaunchTemplate", "web-02").inputs["userData"]
    assert identity == base64.b64decode(plain).decode()
    assert own == "#!/bin/sh\nTOKEN=s3cret start-web\n"
    assert template.has_secrets


def test_user_data_of_one_slot_changes_that_slots_template_alone() -> None:
    before = {r.key: r.inputs for r in recording_of("prod").registrations}

    config, lookups = with_user_data(file="boot/web.sh")
    after = {r.key: r.inputs for r in declared(config, lookups=lookups).registrations}

    key = "aws:ec2/launchTemplate:LaunchTemplate web-02"
    assert {each for each in before if before[each] != after[each]} == {key}
    assert before[key].keys() == after[key].keys()


def test_user_data_of_a_slot_replaces_that_of_its_service() -> None:
    config, lookups = with_user_data(file="boot/web.sh")
    config["failover:capacity"]["web"]["launchTemplate"] = {"userData": {"text": "#!/bin/ash\n"}}

    recording = declared(config, lookups=lookups)

    first, second = (
        base64.b64decode(recording.one(":LaunchTemplate", name).inputs["userData"]).decode()
        for name in ("web-01", "web-02")
    )
    assert ("#!/bin/ash" in first, "#!/bin/ash" in second) == (True, False)
    assert ("start-web" in first, "start-web" in second) == (False, True)


@pytest.mark.parametrize("kind", ["instance", "volume"])
def test_instances_and_volumes_are_tagged_with_their_slot(kind: str) -> None:
    template = recording_of("prod").one(":LaunchTemplate", "web-02").inputs

    tags = {each["resourceType"]: each["tags"] for each in template["tagSpecifications"]}

    assert tags[kind] == {
        "Name": "hankooktire-us-prd-web-02",
        "Environment": "prd",
        "Service": "web",
        "Slot": "02",
    }


def test_a_group_runs_a_numbered_version_and_leaves_its_desired_number_alone() -> None:
    group = recording_of("prod").one("autoscaling/group:Group", "web-01").inputs

    assert group["launchTemplate"] == {"id": "id-web-01", "version": "3"}
    assert (group["minSize"], group["maxSize"]) == (3, 12)
    assert "desiredCapacity" not in group


def test_a_new_image_launches_before_it_terminates_and_nothing_waits_for_it() -> None:
    group = recording_of("prod").one("autoscaling/group:Group", "web-01").inputs

    assert group["instanceRefresh"] == {
        "strategy": "Rolling",
        "preferences": {
            "minHealthyPercentage": 100,
            "maxHealthyPercentage": 200,
            "autoRollback": False,
            "skipMatching": True,
        },
    }
    assert group["waitForCapacityTimeout"] == "0"
    assert group["terminationPolicies"] == ["OldestLaunchTemplate", "OldestInstance"]


def test_a_booting_instance_has_its_grace_period() -> None:
    group = recording_of("prod").one("autoscaling/group:Group", "web-01").inputs

    assert group["healthCheckType"] == "ELB"
    assert (group["healthCheckGracePeriod"], group["defaultInstanceWarmup"]) == (120, 120)


def test_a_group_grows_with_its_cpu() -> None:
    policy = recording_of("prod").one("autoscaling/policy:Policy", "web-01").inputs

    assert policy["policyType"] == "TargetTrackingScaling"
    assert policy["targetTrackingConfiguration"] == {
        "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"},
        "targetValue": 60,
    }


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("web", {"name": "web"}),
        (
            "arn:aws:iam::111122223333:instance-profile/web",
            {"arn": "arn:aws:iam::111122223333:instance-profile/web"},
        ),
    ],
)
def test_an_instance_has_the_profile_that_its_service_names(
    profile: str, expected: dict[str, str]
) -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["instanceProfile"] = profile

    recording = declared(config)

    assert recording.one(":LaunchTemplate", "web-01").inputs["iamInstanceProfile"] == expected
    assert "iamInstanceProfile" not in recording.one(":LaunchTemplate", "portal-01").inputs


def test_a_new_image_of_one_slot_changes_that_slots_template_alone() -> None:
    config = stack_config("prod")
    config["failover:images"]["web"]["02"] = "ami-0fffffffffffffff7"
    before = {r.key: r.inputs for r in recording_of("prod").registrations}

    after = {r.key: r.inputs for r in declared(config).registrations}

    assert {key for key in before if before[key] != after[key]} == {
        "aws:ec2/launchTemplate:LaunchTemplate web-02"
    }


def test_of_a_slot_that_is_there_nothing_is_declared_but_its_alarms() -> None:
    config, lookups = with_existing_slot()

    recording = declared(config, lookups=lookups)

    slot = "failover:index:Slot web-01"
    of_slot = sorted(r.name for r in recording.registrations if r.parent == slot)
    assert of_slot == ["web-01-target-5xx", "web-01-unhealthy-hosts"]
    groups = recording.one(":ListenerRule", "web").inputs["actions"][0]["forward"]["targetGroups"]
    assert [group["arn"] for group in groups] == [GROUP_ARN, "arn:mock:TargetGroup/web-02"]
