"""One cutover from end to end: the engine, the traffic beside it, and what both came to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.account import images_of
from rehearsal.cutover import Cutover
from rehearsal.cutover_view import CutoverView
from rehearsal.engine import pack_options
from rehearsal.lifecycle import engine_of
from rehearsal.local_aws import LocalAws, ServiceObserver, local_clients
from rehearsal.ramp import ramp_process
from rehearsal.shell_environment import process_environment
from rehearsal.stack_file import set_ramp, shorten_draining
from rehearsal.traffic.conditions import request_headers
from rehearsal.traffic.run import LoadBalancerAddress, TrafficRun
from rehearsal.traffic.watch import HeldDownload, RampTraffic, StageWatch
from rehearsal.workspace import Running, Workspace

RELEASED_BUILD = "v2"
LOOPBACK = "127.0.0.1"
IDLE_DRAINING_SECONDS = 5
"""No user is on the slot that gets the release."""
RAMP: Mapping[str, Any] = {
    "bakeSeconds": 5,
    "holdSeconds": 3,
    "watchSeconds": 3,
    "inconclusiveSeconds": 60,
    "gates": {"targets": True, "probe": {}, "smoke": {}, "alarms": True},
}
"""Minutes of what takes an hour in production; the stages are the stack's own."""


@dataclass(frozen=True, slots=True)
class CutoverResult:
    """A cutover that ran to its end."""

    traffic: RampTraffic
    problems: Sequence[str]
    """Every way in which it was not what it should be."""

    @property
    def note(self) -> str:
        """The verdict in a line."""
        if self.traffic.summary.failed:
            return f"{self.traffic.summary.failed:,} requests were lost or answered wrongly"
        if self.problems:
            return "not everything was as it should be"
        return "every stage changed one rule per service and nothing else; no request was lost"


def run_cutover(workspace: Workspace, running: Running, view: CutoverView) -> CutoverResult:
    """From nothing to 0/100, by `failover ramp`, on a rehearsal that has just begun.

    Raises:
        RehearsalError: the engine refused a step, a slot did not settle, or the traffic ended.
    """
    engine = engine_of(workspace, running)

    def headers() -> dict[str, dict[str, str]]:
        elb = local_clients(running.endpoint, running.region)("elbv2")
        return request_headers(elb, engine.outputs()["services"])

    def download(address: LoadBalancerAddress, url: str) -> HeldDownload:
        (service,) = (name for name, each in engine.outputs()["urls"].items() if each == url)
        return HeldDownload(address, url, headers()[service])

    traffic = TrafficRun(workspace.traffic, request_headers=headers)
    view.follow(traffic.counts)
    address = LoadBalancerAddress(LOOPBACK, running.https_port, workspace.ca_file)
    watch = StageWatch(traffic, download, address, view.say)
    set_ramp(workspace.stack_file, RAMP)
    shorten_draining(workspace.stack_file, IDLE_DRAINING_SECONDS)
    env = process_environment(workspace, running, os.environ)
    cutover = Cutover(
        engine.at_low_priority(),
        lambda outputs: ServiceObserver(running.endpoint, running.region, outputs["services"]),
        images_of(running.endpoint, running.region)[RELEASED_BUILD],
        view.say,
        watch,
        lambda: ramp_process(workspace.root, env),
        LocalAws(running.endpoint),
        pack_options(workspace.root),
    )
    problems: list[str] = []
    try:
        for step in cutover.run():
            view.add(step)
            if step.problem:
                problems.append(f"{step.name}: {step.problem}")
        ended = watch.end()
    finally:
        traffic.abandon()
    return CutoverResult(ended, [*problems, *ended.problems])
