from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.account import Account, certificate_names
from rehearsal.errors import BadStackError, NotSupportedError, RehearsalError
from rehearsal.stack_file import (
    RehearsalStackFile,
    read_stack,
    rehearsed_as_inspected,
    rehearsed_stack,
    set_ramp,
    shorten_draining,
    stand_in_secrets,
    write_stack,
)

ACCOUNT = Account(
    account_id="123456789012",
    vpc_id="vpc-local",
    public_subnet_ids=("subnet-p1", "subnet-p2"),
    private_subnet_ids=("subnet-i1", "subnet-i2"),
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/local",
    images={"v1": "ami-v1", "v2": "ami-v2"},
)


def stack(**own: Any) -> RehearsalStackFile:
    config: dict[str, Any] = {
        "aws:region": "us-east-1",
        "aws:allowedAccountIds": ["111122223333"],
        "failover:weights": "50/50",
        "failover:network": {
            "vpcId": "vpc-0a1b2c3d4e5f60718",
            "albSubnetIds": ["subnet-1", "subnet-2", "subnet-3"],
            "instanceSubnetIds": ["subnet-4", "subnet-5"],
        },
        "failover:loadBalancer": {"certificateArn": "arn:own", "idleTimeoutSeconds": 60},
        "failover:services": {"web": {"priority": 100, "healthCheckGraceSeconds": 120}},
        "failover:images": {"web": {"01": "ami-own", "02": "ami-other"}},
    }
    return RehearsalStackFile("prod", config | own)


def test_ids_become_local_ones_the_boot_time_fits_and_nothing_else_changes() -> None:
    rehearsed = rehearsed_stack(stack(), ACCOUNT, 2.0)

    assert rehearsed.config == {
        "aws:region": "us-east-1",
        "aws:allowedAccountIds": ["123456789012"],
        "failover:weights": "50/50",
        "failover:network": {
            "vpcId": "vpc-local",
            "albSubnetIds": ["subnet-p1", "subnet-p2"],
            "instanceSubnetIds": ["subnet-i1", "subnet-i2"],
        },
        "failover:loadBalancer": {
            "certificateArn": ACCOUNT.certificate_arn,
            "idleTimeoutSeconds": 60,
        },
        "failover:services": {"web": {"priority": 100, "healthCheckGraceSeconds": 5}},
        "failover:images": {"web": {"01": "ami-v1", "02": "ami-v1"}},
        "failover:ramp": {"guard": {"pollSeconds": 1, "waitSeconds": 120}},
    }


def test_the_source_is_left_as_it_was() -> None:
    source = stack()

    rehearsed_stack(source, ACCOUNT, 2.0)

    assert source == stack()


def test_a_network_to_create_is_created_in_the_rehearsal_too() -> None:
    network = {"create": True, "cidr": "10.20.0.0/16"}

    rehearsed = rehearsed_stack(stack(**{"failover:network": network}), ACCOUNT, 2.0)

    assert rehearsed.config["failover:network"] == network


@pytest.mark.parametrize(
    "key",
    ["aws:profile", "aws:assumeRoles", "aws:assumeRoleWithWebIdentity", "failover:previewToken"],
)
def test_what_leads_to_the_teams_own_account_stays_out(key: str) -> None:
    own = {key: {"secure": "v1:abc"} if "Token" in key else "own"}

    rehearsed = rehearsed_stack(stack(**own), ACCOUNT, 2.0)

    assert key not in rehearsed.config


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"failover:loadBalancer": {"arn": "a", "listenerArn": "b"}}, "loadBalancer.arn"),
        (
            {
                "failover:services": {
                    "web": {"slots": {"01": {"targetGroup": {"existing": "web-tg"}}}}
                }
            },
            "services.web.slots.01.targetGroup.existing",
        ),
    ],
)
def test_resources_that_only_the_own_account_has_are_refused_by_name(
    own: dict[str, Any], named: str
) -> None:
    with pytest.raises(NotSupportedError, match="not supported by the rehearsal") as refused:
        rehearsed_stack(stack(**own), ACCOUNT, 2.0)

    assert named in str(refused.value)
    assert "--json > inspected.json" in str(refused.value)
    assert "failover rehearse up --like prod --as inspected.json" in str(refused.value)


def test_the_ids_of_an_inspected_account_stay_and_its_images_become_local_ones() -> None:
    own = {"failover:loadBalancer": {"arn": "arn:own"}, "aws:profile": "prod"}

    rehearsed = rehearsed_as_inspected(stack(**own), "111122223333", lambda i: f"local-{i}", 2.0)

    assert rehearsed.config == {
        **stack().config,
        "failover:loadBalancer": {"arn": "arn:own"},
        "failover:services": {"web": {"priority": 100, "healthCheckGraceSeconds": 5}},
        "failover:images": {"web": {"01": "local-ami-own", "02": "local-ami-other"}},
        "failover:ramp": {"guard": {"pollSeconds": 1, "waitSeconds": 120}},
    }


@pytest.mark.parametrize(
    ("second", "grace"),
    [
        ({"registered": True}, 120),
        ({"autoScalingGroup": {"existing": "web"}}, 120),
        ({"autoScalingGroup": {"name": "web"}}, 5),
        ({}, 5),
    ],
)
def test_only_a_group_that_the_stack_makes_has_a_local_grace_period(
    second: dict[str, Any], grace: int
) -> None:
    slots = {"01": {"registered": True}, "02": second}
    web = {"priority": 100, "healthCheckGraceSeconds": 120, "slots": slots}

    rehearsed = rehearsed_as_inspected(
        stack(**{"failover:services": {"web": web}}), "111122223333", str, 2.0
    )

    assert rehearsed.config["failover:services"]["web"]["healthCheckGraceSeconds"] == grace


def test_secrets_of_a_login_and_of_a_session_have_stand_ins_to_encrypt() -> None:
    secret = {"secure": "v1:abc"}
    web = {
        "authenticate": {"oidc": {"clientSecret": secret, "clientId": "shop"}},
        "probe": {"cookie": secret, "unknown": secret},
    }
    source = stack(**{"failover:services": {"web": web}, "failover:previewToken": secret})

    assert stand_in_secrets(source) == {
        "failover:services.web.authenticate.oidc.clientSecret": "rehearsal",
        "failover:services.web.probe.cookie": "AWSELBAuthSessionCookie-0=rehearsal",
    }


def test_user_data_that_is_a_secret_becomes_a_script_that_does_nothing() -> None:
    secret = {"secure": "v1:abc"}
    capacity = {"web": {"02": {"launchTemplate": {"userData": {"text": secret}, "other": secret}}}}

    rehearsed = rehearsed_stack(stack(**{"failover:capacity": capacity}), ACCOUNT, 2.0)

    assert rehearsed.config["failover:capacity"] == {
        "web": {"02": {"launchTemplate": {"userData": {"text": "#!/bin/sh\n"}}}}
    }


def test_a_file_that_was_written_reads_back_alike(tmp_path: Path) -> None:
    rehearsed = rehearsed_stack(stack(), ACCOUNT, 2.0)

    write_stack(tmp_path / "Pulumi.copy.yaml", rehearsed)

    assert read_stack(tmp_path, "copy") == RehearsalStackFile("copy", rehearsed.config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [", "is not YAML"),
        ("- a list", "has no `config` map"),
        ("config:\n  failover:org: acme\n", "sets no aws:region"),
    ],
)
def test_a_file_that_is_no_stack_is_refused_with_its_name(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "Pulumi.odd.yaml").write_text(text)

    with pytest.raises(RehearsalError, match=rf"Pulumi\.odd\.yaml {message}"):
        read_stack(tmp_path, "odd")


def test_a_stack_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    for name in ("dev", "prod", "rehearsal"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")

    with pytest.raises(BadStackError) as refused:
        read_stack(tmp_path, "staging")

    assert refused.value.exit_code == 2
    assert "there is no Pulumi.staging.yaml" in str(refused.value)
    assert "expected: one of dev, prod, each the name" in str(refused.value)
    assert "fix:      failover rehearse up --like prod" in str(refused.value)


def test_the_stack_that_was_probably_meant_is_offered(tmp_path: Path) -> None:
    for name in ("dev", "prod"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")

    with pytest.raises(BadStackError, match=r"--like dev$"):
        read_stack(tmp_path, "devv")


def test_the_rehearsal_is_not_made_from_itself(tmp_path: Path) -> None:
    with pytest.raises(NotSupportedError, match="name the stack to rehearse"):
        read_stack(tmp_path, "rehearsal")


def test_the_hosts_are_those_of_all_services() -> None:
    services = {"web": {"hosts": ["www.a.test", "*.b.test"]}, "api": {"hosts": ["www.a.test"]}}

    assert stack(**{"failover:services": services}).hosts == ["*.b.test", "www.a.test"]
    assert stack().hosts == []


@pytest.mark.parametrize(
    ("hosts", "names"),
    [
        ([], ["*.example"]),
        (["www.dev.a.test"], ["*.dev.a.test", "*.example", "www.dev.a.test"]),
        (["*.a.test"], ["*.a.test", "*.example"]),
        (["a.test"], ["*.example", "a.test"]),
        (["w?w.a.test", "www*.b.test"], ["*.a.test", "*.b.test", "*.example"]),
        (["*.w?.a.test"], ["*.example"]),
    ],
)
def test_the_certificate_is_for_each_host_and_its_neighbours(
    hosts: list[str], names: list[str]
) -> None:
    assert certificate_names(hosts) == names


def test_a_ramp_of_minutes_keeps_the_stages_and_the_comments_of_the_stack(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.rehearsal.yaml"
    path.write_text(
        "# Local.\nconfig:\n  failover:ramp:\n    stages: [5, 100]\n    bakeSeconds: 300\n"
    )

    set_ramp(path, {"bakeSeconds": 5})

    ramp = yaml.safe_load(path.read_text())["config"]["failover:ramp"]
    assert ramp == {"stages": [5, 100], "bakeSeconds": 5}
    assert path.read_text().startswith("# Local.\n")


def test_draining_is_shortened_for_every_service_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.rehearsal.yaml"
    service = {"port": 8080, "deregistrationDelaySeconds": 30}
    services = {"failover:services": {"web": service, "portal": service}}
    path.write_text(yaml.safe_dump({"config": services}))

    shorten_draining(path, 5)

    short = {"port": 8080, "deregistrationDelaySeconds": 5}
    config = yaml.safe_load(path.read_text())["config"]
    assert config == {"failover:services": {"web": short, "portal": short}}
