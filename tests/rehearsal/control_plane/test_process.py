"""The control plane as a process: it says when it is ready, and never outlives its starter."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config

from rehearsal.control_plane.images import IMAGES
from tests.rehearsal.control_plane.aws import refusal

SOON_SECONDS = 60


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "rehearsal.control_plane", "--boot-seconds", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with started:
        yield started
        started.kill()


def port_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert list(said) == ["port"]
    return said["port"]


def client(service: str, port: int, region: str = "us-east-1") -> closing[Any]:
    make: Any = boto3.client
    made = make(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return closing(made)


def test_it_answers_on_the_port_that_it_prints_in_any_region(
    process: subprocess.Popen[bytes],
) -> None:
    port = port_of(process)

    with client("ec2", port, "ap-northeast-2") as ec2, client("sts", port) as sts:
        images = ec2.describe_images(Owners=["self"])["Images"]
        account = sts.get_caller_identity()["Account"]

    assert {i["ImageId"] for i in images} == {image.image_id for image in IMAGES}
    assert account == "123456789012"


def test_it_ends_when_its_standard_input_does(process: subprocess.Popen[bytes]) -> None:
    port_of(process)

    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(SOON_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_on_a_signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    port_of(process)

    process.send_signal(number)

    assert process.wait(SOON_SECONDS) == 0


def test_what_the_rehearsal_does_not_do_is_refused_in_the_protocol_of_the_service(
    process: subprocess.Popen[bytes],
) -> None:
    port = port_of(process)
    calls = {
        "ec2": ("describe_verified_access_groups", {}),
        "autoscaling": ("describe_adjustment_types", {}),
        "elbv2": (
            "create_trust_store",
            {"Name": "a", "CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "c"},
        ),
        "ssm": ("describe_sessions", {"State": "Active"}),
        "cloudwatch": ("describe_anomaly_detectors", {}),
        "chime": ("list_accounts", {}),
    }

    for service, (operation, arguments) in calls.items():
        with client(service, port) as made:
            code, message = refusal(getattr(made, operation), **arguments)
        assert (service, code) == (service, "NotSupportedByRehearsal")
        assert message.endswith("not supported by the rehearsal")


def test_motos_own_interface_is_not_open(process: subprocess.Popen[bytes]) -> None:
    port = port_of(process)

    with (
        pytest.raises(Exception, match="HTTP Error 400"),
        urlopen(f"http://127.0.0.1:{port}/moto-api/data.json"),
    ):
        pass


def test_requests_at_once_are_answered_one_after_another_and_none_is_lost(
    process: subprocess.Popen[bytes],
) -> None:
    port = port_of(process)
    with client("ec2", port) as ec2:
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

        def make(number: int) -> None:
            for i in range(5):
                ec2.create_security_group(GroupName=f"g{number}-{i}", Description="d", VpcId=vpc_id)

        threads = [threading.Thread(target=make, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])[
            "SecurityGroups"
        ]

    assert len(groups) == 31
