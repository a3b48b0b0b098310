"""Servers that are registered by hand: adopted, moved by a bare `up`, ramped there and back."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from rehearsal.account import images_of
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.ops.hand_registered import BALANCER, PATHS, Servers, group_name, registered_by_hand

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class ByHand:
    """Servers that were registered by hand on a rehearsal, and the stack that adopts them."""

    stack: Rehearsed
    servers: Servers

    def failover(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return ramping.failover(self.stack, *arguments)

    def up_to(self, split: str) -> subprocess.CompletedProcess[str]:
        """A stage as a person takes it."""
        self.stack.engine.set_config("weights", split)
        return self.stack.pulumi("up", "--yes", "--skip-preview")

    def is_at(self, split: str) -> bool:
        first, second = map(int, split.split("/"))
        wanted = {"01": first, "02": second}
        return all(self.servers.weights(service) == wanted for service in PATHS)

    def assert_settled(self) -> None:
        preview = self.stack.pulumi("preview", "--expect-no-changes")
        assert preview.returncode == 0, preview.stdout


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Generator[ByHand]:
    with rehearsed(tmp_path_factory.mktemp("registered"), "prod") as stack:
        document = yaml.safe_load(stack.workspace.stack_file.read_text())
        token = {k: v for k, v in document["config"].items() if k == "failover:previewToken"}
        stack.workspace.stack_file.write_text(yaml.safe_dump({**document, "config": token}))
        images = images_of(stack.running.endpoint, stack.running.region)
        servers = registered_by_hand(stack.client, images)
        servers.wait_until_healthy("01")
        yield ByHand(stack, servers)


def test_inspect_finds_the_second_groups_and_adopt_takes_the_registered_targets(
    hand: ByHand,
) -> None:
    seen = hand.failover("inspect", "--load-balancer", BALANCER)
    named = ("--load-balancer", BALANCER, "--stack", "rehearsal", "--yes")

    adopted = hand.failover("adopt", *named, "--apply", "--probe-rate", "200")

    assert "Obstacles to weighted slots: 0 to clear" in seen.stdout, seen.stdout
    assert f"{group_name('web', '02')} is called alike" in " ".join(seen.stdout.split())
    assert adopted.returncode == 0, adopted.stdout
    assert " requests, 0 failed" in adopted.stdout
    assert hand.is_at("100/0")
    services = config_of(hand.stack.workspace.stack_file)["failover:services"]
    assert services["web"]["slots"]["02"] == {
        "targetGroup": {"existing": group_name("web", "02")},
        "registered": True,
    }
    hand.assert_settled()


def test_a_bare_up_moves_the_weights_there_and_straight_back(hand: ByHand) -> None:
    ramping.configure(hand.stack, ramping.PROMPT)

    there = hand.up_to("50/50")
    at_even = hand.is_at("50/50")
    back = hand.up_to("100/0")

    assert there.returncode == 0, there.stdout
    assert at_even
    assert back.returncode == 0, back.stdout
    assert hand.is_at("100/0")
    hand.assert_settled()


def test_an_empty_group_gets_no_weight_and_the_refusal_has_the_command(hand: ByHand) -> None:
    image = images_of(hand.stack.running.endpoint, hand.stack.running.region)["v2"]
    hand.servers.deregister("web", "02")
    hand.stack.engine.set_config("ramp.guard.waitSeconds", "2", "--path")

    refused = hand.up_to("50/50")
    after = [hand.servers.weights(service) for service in PATHS]
    hand.servers.register("web", "02", image)
    hand.servers.wait_until_healthy("02")

    assert refused.returncode != 0
    assert "0 are registered, and 50 % of the traffic needs 1" in refused.stdout
    assert "aws elbv2 register-targets --target-group-arn arn:aws:" in refused.stdout
    assert after == [{"01": 100, "02": 0}] * 2


@pytest.mark.long
def test_a_ramp_moves_them_there_and_back(hand: ByHand) -> None:
    hand.stack.engine.set_config("weights", "100/0")
    ramping.configure(hand.stack, ramping.PROMPT)
    # Servers that somebody set up by hand do not sign their answers.
    for gate in ("probe", "smoke"):
        hand.stack.engine.set_config(f"ramp.gates.{gate}.slotHeader", "", "--path")
    hand.stack.engine.set_config("ramp.gates.targets", "true", "--path")

    ramped = hand.failover("ramp", "--to", "02", "--yes")
    reached = hand.is_at("0/100")
    returned = hand.failover("ramp", "--to", "01", "--yes")

    assert ramped.returncode == 0, ramped.stdout
    assert reached
    assert returned.returncode == 0, returned.stdout
    assert hand.is_at("100/0")
    hand.assert_settled()


def config_of(path: Path) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """The config of a stack file."""
    return yaml.safe_load(path.read_text())["config"]
