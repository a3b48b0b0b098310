"""The rehearsal that scenarios run on, one after another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from rehearsal.account import images_of
from rehearsal.cutover import POLL_SECONDS, SETTLE_SECONDS
from rehearsal.engine import RehearsalEngine
from rehearsal.errors import RehearsalError
from rehearsal.lifecycle import engine_of
from rehearsal.local_aws import ServiceObserver, ServiceState
from rehearsal.scenarios.catalogue import Scenario
from rehearsal.scenarios.fault import FaultContext
from rehearsal.shell_environment import process_environment
from rehearsal.traffic.run import LoadBalancerAddress
from rehearsal.workspace import PROJECT, Running, Workspace
from rollout.split import Slot, Split

START = Split.parse("100/0")
NEVER_SETTLES = "never-healthy"
DRAINING_SECONDS = 2
RAMP: dict[str, Any] = {
    "bakeSeconds": 5,
    "holdSeconds": 3,
    "watchSeconds": 3,
    "inconclusiveSeconds": 30,
    "guard": {"healthyPolls": 2, "pollSeconds": 1, "waitSeconds": 20},
}
_REASON = "the rehearsal sets its stack up"


@dataclass(frozen=True)
class ScenarioStack:
    """A running rehearsal, and what a scenario does to it between two ramps."""

    workspace: Workspace
    running: Running
    say: Callable[[str], None]

    @property
    def engine(self) -> RehearsalEngine:
        """The engine on it, which leaves the processor to the traffic."""
        return engine_of(self.workspace, self.running).at_low_priority()

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command that works on it."""
        return process_environment(self.workspace, self.running, os.environ)

    @property
    def address(self) -> LoadBalancerAddress:
        """Where its load balancer listens."""
        return LoadBalancerAddress("127.0.0.1", self.running.https_port, self.workspace.ca_file)

    def prepare(self, scenario: Scenario) -> FaultContext:
        """Bring the stack to 100/0 with the builds and the config of `scenario`.

        Raises:
            RehearsalError: the engine failed, or a slot did not settle.
        """
        self.say(f"{scenario.name}: {scenario.stable_build} and {scenario.build} at {START}")
        images = images_of(self.running.endpoint, self.running.region)
        document = yaml.safe_load(self.workspace.stack_file.read_text())
        config: dict[str, Any] = document["config"]
        _put(config, scenario)
        # One `up` releases onto one slot, and not while that slot gains weight. Slot 02 comes last:
        # a ramp gives nobody an older build than all have.
        if not _is_on(config, Slot.FIRST, images[scenario.stable_build]):
            self._up(document)
            self._release(document, Slot.FIRST, images[scenario.stable_build])
        self._release(document, Slot.SECOND, images[scenario.build])
        del config[f"{PROJECT}:override"]
        del config[f"{PROJECT}:candidate"]  # the driver is to set its own
        self._write(document)
        outputs = self.engine.outputs()
        context = FaultContext(self.running, outputs["services"])
        context.resume()
        self._await_settled(outputs["services"], scenario)
        return context

    def _release(self, document: dict[str, Any], slot: Slot, image: str) -> None:
        """Run the config with `image` on `slot` of every service."""
        services: dict[str, dict[str, str]] = document["config"][f"{PROJECT}:images"]
        for builds in services.values():
            builds[slot.value] = image
        self._up(document)

    def _up(self, document: dict[str, Any]) -> None:
        self._write(document)
        self.engine.run("up", "--yes", "--skip-preview")

    def settle(self, scenario: Scenario) -> None:
        """Wait until what a scenario left of the slots is whole again.

        Raises:
            RehearsalError: it does not become so.
        """
        self._await_settled(self.engine.outputs()["services"], scenario)

    def live(self) -> set[Split]:
        """The splits of all services as AWS has them."""
        services = self.engine.outputs()["services"]
        observer = ServiceObserver(self.running.endpoint, self.running.region, services)
        return {Split.parse(service.weights) for service in observer.read()}

    def _write(self, document: dict[str, Any]) -> None:
        self.workspace.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))

    def _await_settled(self, services: dict[str, Any], scenario: Scenario) -> None:
        observer = ServiceObserver(self.running.endpoint, self.running.region, services)
        slots = [Slot.FIRST] if scenario.build == NEVER_SETTLES else list(Slot)
        deadline = time.monotonic() + SETTLE_SECONDS
        while not all(_is_settled(service, slots) for service in observer.read()):
            if time.monotonic() >= deadline:
                raise RehearsalError(
                    f"{scenario.name}: the slots are not settled after {SETTLE_SECONDS:.0f} s"
                )
            time.sleep(POLL_SECONDS)


def _is_on(config: dict[str, Any], slot: Slot, image: str) -> bool:
    """Whether every service has `image` on `slot` already."""
    services: dict[str, dict[str, str]] = config[f"{PROJECT}:images"]
    return all(builds.get(slot.value) == image for builds in services.values())


def _put(config: dict[str, Any], scenario: Scenario) -> None:
    """Into `config` what a scenario has, but for the images."""
    config[f"{PROJECT}:weights"] = str(START)
    # As a way back needs no stages, the override is left for the images.
    config[f"{PROJECT}:candidate"] = Slot.SECOND.value
    config[f"{PROJECT}:override"] = _REASON
    config[f"{PROJECT}:ramp"] = {**RAMP, **scenario.ramp, "gates": dict(scenario.gates)}
    for capacity in config[f"{PROJECT}:capacity"].values():
        capacity.pop("floors", None)
    for service in config[f"{PROJECT}:services"].values():
        service["deregistrationDelaySeconds"] = DRAINING_SECONDS


def _is_settled(service: ServiceState, slots: list[Slot]) -> bool:
    return all(service.slots[slot].is_settled for slot in slots)
