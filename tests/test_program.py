"""The program as the engine starts it, from `PULUMI_CONFIG` to its last resource."""

from __future__ import annotations

import json
import runpy
from typing import Any

import pytest
import yaml

from settings.declaration.key import KeyGroup, Member
from settings.settings import TOP
from tests.components.recording import Recording, recorded
from tests.configs import ROOT, TOKEN_KEY, Config, as_handed_over, stack_config
from tests.live.fake_aws import FakeAws

AWS = {
    "aws:ec2/getSubnet:getSubnet": {
        "subnet-0a1b2c3d4e5f60711": "us-east-1a",
        "subnet-0a1b2c3d4e5f60712": "us-east-1b",
        "subnet-0a1b2c3d4e5f60713": "us-east-1a",
        "subnet-0a1b2c3d4e5f60714": "us-east-1b",
    }
}


def empty_account() -> FakeAws:
    """An AWS with images and without a load balancer, so that no test asks a real one."""
    images: dict[str, dict[str, str]] = stack_config("prod")["failover:images"]
    return FakeAws(
        listed={"describe_load_balancers": {"LoadBalancers": []}},
        images=[
            {"ImageId": image_id, "State": "available", "Architecture": "x86_64"}
            for slots in images.values()
            for image_id in slots.values()
        ],
    )


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.clients.Clients.of", lambda _session: empty_account().clients)
    monkeypatch.setattr("components.guards.program.check_credentials", lambda *_asked: "arn:a")
    for name in ("AWS_ENDPOINT_URL", "PULUMI_DEBUG_PROVIDERS"):
        monkeypatch.delenv(name, raising=False)


def run(
    config: Config, monkeypatch: pytest.MonkeyPatch, zones: dict[str, str] | None = None
) -> tuple[Recording, int]:
    """What the program registers, and the code that it exits with."""
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(as_handed_over(config)))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps([TOKEN_KEY]))
    known = AWS["aws:ec2/getSubnet:getSubnet"] if zones is None else zones

    def subnet(args: dict[str, Any]) -> dict[str, Any]:
        zone = known[args["id"]]
        return {"id": args["id"], "vpcId": "vpc-0a1b2c3d4e5f60718", "availabilityZone": zone}

    codes: list[int] = []

    def program() -> None:
        try:
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        except SystemExit as end:
            codes.append(int(str(end.code)))

    recording = recorded(program, answers={"aws:ec2/getSubnet:getSubnet": subnet})
    return recording, codes[0] if codes else 0


def test_the_program_declares_the_stack_that_its_config_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording, code = run(stack_config("prod"), monkeypatch)

    assert (code, recording.errors) == (0, [])
    assert [r.name for r in recording.of_type("index:Service")] == ["portal", "web"]
    assert recording.exports["services"]["web"]["weights"] == "50/50"


def test_a_bad_config_is_one_message_and_nothing_is_declared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = stack_config("prod") | {"failover:weights": "75/30", "failover:wieghts": "1/99"}

    recording, code = run(config, monkeypatch)

    (message,) = recording.errors
    assert code == 32
    assert recording.registrations == []
    assert message.startswith("2 problems in the stack config; nothing was changed.")
    assert "failover:weights is 75/30" in message
    assert "failover:wieghts is 1/99" in message


def test_what_aws_says_of_a_subnet_stops_the_program_too(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = dict.fromkeys(AWS["aws:ec2/getSubnet:getSubnet"], "us-east-1a")

    recording, code = run(stack_config("prod"), monkeypatch, zones)

    (message,) = recording.errors
    assert (code, recording.registrations) == (32, [])
    assert "all of these are in us-east-1a" in message


def test_a_subnet_that_cannot_be_read_is_a_problem_with_the_providers_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = stack_config("prod")
    config["failover:network"]["albSubnetIds"] = ["subnet-0aaaaaaa", "subnet-0bbbbbbb"]

    recording, code = run(config, monkeypatch, zones={})

    (message,) = recording.errors
    assert code == 32
    assert message.count("a subnet that can be read; ") == 4
    network = config["failover:network"]
    for subnet_id in (*network["albSubnetIds"], *network["instanceSubnetIds"]):
        assert f"] is {subnet_id}\n" in message


def test_a_local_endpoint_stops_a_stack_that_is_not_the_rehearsal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    recording, code = run(stack_config("prod"), monkeypatch)

    (message,) = recording.errors
    assert (code, recording.registrations) == (32, [])
    assert "unset AWS_ENDPOINT_URL" in message


def pulumi_type(member: Member) -> str:
    """The type of a key in the words of the project's schema."""
    if isinstance(member, KeyGroup) or member.kind.name == "map of strings":
        return "object"
    return "boolean" if member.kind.name == "boolean" else "string"


def test_the_schema_of_the_project_has_every_top_level_key_and_no_other() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())

    declared = project["config"]
    for member in TOP.members:
        assert declared[member.name]["type"] == pulumi_type(member), member.name
        assert declared[member.name]["description"]
    assert list(declared) == [member.name for member in TOP.members]
