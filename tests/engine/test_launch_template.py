"""What a launch template of ours has from the config, on the engine. The tests run in order."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator

import pytest

from rehearsal.account import images_of
from rehearsal.control_plane.images import NEEDED_FILE, NEEDS_USER_DATA
from rollout.split import Slot
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.engine.renewal import watched_renewal

pytestmark = pytest.mark.engine

TOKEN = "s3cret-of-the-team"
SCRIPT = f"#!/bin/sh\nexport TOKEN={TOKEN}\ntouch {NEEDED_FILE}\n"


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("prod"), "prod", only_serves=True) as stack:
        stack.engine.set_config("weights", "100/0")
        stack.engine.run("up", "--yes", "--skip-preview")
        yield stack


def test_an_image_that_needs_user_data_becomes_healthy_with_it(prod: Rehearsed) -> None:
    image = images_of(prod.running.endpoint, prod.running.region)[NEEDS_USER_DATA]
    (prod.root / "boot").mkdir()
    (prod.root / "boot" / "web.sh").write_text(SCRIPT)
    prod.engine.set_config("images.web.02", image, "--path")
    prod.engine.set_config(
        'capacity.web["02"].launchTemplate.userData.file', "boot/web.sh", "--path"
    )

    with watched_renewal(prod) as renewal:
        applied = prod.pulumi("up", "--yes", "--skip-preview", "--diff")
        renewal.wait_until_settled()

    (web,) = [service for service in prod.observer().read() if service.name == "web"]
    assert applied.returncode == 0, applied.stdout
    assert web.slots[Slot.SECOND].image_ids == (image,)
    assert renewal.fewest_healthy["web", Slot.SECOND] >= web.slots[Slot.SECOND].desired
    assert TOKEN not in applied.stdout
    assert base64.b64encode(SCRIPT.encode()).decode() not in applied.stdout


def test_user_data_of_the_team_is_a_secret_in_the_state(prod: Rehearsed) -> None:
    exported = json.loads(prod.pulumi("stack", "export").stdout)

    (template,) = [
        each
        for each in exported["deployment"]["resources"]
        if each["urn"].endswith("LaunchTemplate::web-02")
    ]
    assert "ciphertext" in template["inputs"]["userData"]
    assert "ciphertext" in template["outputs"]["userData"]


@pytest.mark.long
def test_the_guards_recognise_what_they_recorded_of_it(prod: Rehearsed) -> None:
    preview = prod.pulumi("preview", "--refresh", "--expect-no-changes")

    assert preview.returncode == 0, preview.stdout
    assert "user data" not in preview.stdout


@pytest.mark.long
def test_another_text_of_the_file_is_a_release_by_hash_and_size_alone(prod: Rehearsed) -> None:
    (prod.root / "boot" / "web.sh").write_text(SCRIPT + "# again\n")

    preview = prod.pulumi("preview", "--diff")

    assert preview.returncode == 0, preview.stdout
    assert "user data (sha256 " in preview.stdout
    assert TOKEN not in preview.stdout


def test_a_live_slot_keeps_its_user_data(prod: Rehearsed) -> None:
    prod.engine.set_config(
        'capacity.web["01"].launchTemplate.userData.file', "boot/web.sh", "--path"
    )

    refused = prod.pulumi("up", "--yes", "--skip-preview")

    assert refused.returncode != 0
    assert "web-01 carries 100 % of the traffic, and a live slot is not" in " ".join(
        refused.stdout.split()
    )


@pytest.mark.long
def test_a_file_that_is_not_there_is_refused_by_name(prod: Rehearsed) -> None:
    (prod.root / "boot" / "web.sh").rename(prod.root / "boot" / "other.sh")

    refused = prod.pulumi("preview")

    assert refused.returncode != 0
    assert "a file that can be read; boot/web.sh: No such file" in " ".join(refused.stdout.split())


def test_a_copy_of_a_template_boots_as_the_template_does(prod: Rehearsed) -> None:
    data = {
        "ImageId": "ami-0fa11000000000001",
        "InstanceType": "m5.large",
        "UserData": base64.b64encode(SCRIPT.encode()).decode(),
        "KeyName": "ops",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 80, "Iops": 4000, "Encrypted": True}}
        ],
        "MetadataOptions": {"HttpTokens": "required"},
        "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": False}],
        "CreditSpecification": {"CpuCredits": "unlimited"},
        "Placement": {"Tenancy": "dedicated"},
    }
    ec2 = prod.client("ec2")
    ec2.create_launch_template(LaunchTemplateName="shop-web", LaunchTemplateData=data)
    prod.pulumi("config", "rm", "--path", 'capacity.web["01"].launchTemplate')
    prod.pulumi("config", "rm", "--path", 'capacity.web["02"].launchTemplate')
    prod.engine.set_config('capacity.web["02"].launchTemplate.from.name', "shop-web", "--path")
    prod.engine.set_config('capacity.web["02"].launchTemplate.from.version', "1", "--path")

    preview = prod.pulumi("preview", "--diff")
    with watched_renewal(prod) as renewal:
        applied = prod.pulumi("up", "--yes", "--skip-preview")
        renewal.wait_until_settled()

    assert applied.returncode == 0, applied.stdout
    assert "launch template none -> shop-web version 1" in " ".join(preview.stdout.split())
    assert TOKEN not in preview.stdout + applied.stdout
    (web,) = [service for service in prod.observer().read() if service.name == "web"]
    assert renewal.fewest_healthy["web", Slot.SECOND] >= web.slots[Slot.SECOND].desired
    found = ec2.describe_launch_template_versions(
        LaunchTemplateName="hankooktire-us-prd-web-02-lt", Versions=["$Latest"]
    )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    kept = ("KeyName", "CreditSpecification", "Placement")
    assert {name: found[name] for name in kept} == {name: data[name] for name in kept}
    assert found["BlockDeviceMappings"][0]["Ebs"]["Iops"] == 4000


@pytest.mark.long
def test_after_a_copy_there_is_nothing_left_to_change(prod: Rehearsed) -> None:
    preview = prod.pulumi("preview", "--refresh", "--expect-no-changes")

    assert preview.returncode == 0, preview.stdout


@pytest.mark.long
def test_a_later_version_of_the_template_is_a_line_of_the_plan(prod: Rehearsed) -> None:
    prod.client("ec2").create_launch_template_version(
        LaunchTemplateName="shop-web", SourceVersion="1", LaunchTemplateData={"KeyName": "others"}
    )

    plan = prod.failover("plan")

    assert plan.returncode == 0, plan.stdout
    assert (
        "note: web: slot 02: its launch template is a copy of shop-web version 1, and version 2, "
        "the latest, has other KeyName"
    ) in " ".join(plan.stdout.split())
    assert "no change" in plan.stdout


@pytest.mark.long
def test_a_version_that_is_not_there_is_refused_by_name(prod: Rehearsed) -> None:
    prod.engine.set_config('capacity.web["02"].launchTemplate.from.version', "9", "--path")

    refused = prod.pulumi("preview")

    assert refused.returncode != 0
    assert "a version that shop-web has; its latest one is 2" in " ".join(refused.stdout.split())


@pytest.mark.long
def test_without_the_user_data_the_slot_is_refused_for_its_health(prod: Rehearsed) -> None:
    prod.pulumi("config", "rm", "--path", 'capacity.web["02"].launchTemplate')
    prod.engine.run("up", "--yes", "--skip-preview")
    prod.engine.set_config("ramp.guard.waitSeconds", "5", "--path")
    prod.engine.set_config("services.web.weights", "90/10", "--path")

    refused = prod.pulumi("up", "--yes", "--skip-preview")

    said = " ".join(refused.stdout.split())
    assert refused.returncode != 0
    assert "judgement: refused: web: 100/0 -> 90/10:" in said, said
    assert "targets of web-02" in said, said
