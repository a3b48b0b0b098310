"""The steps of a run that only look: the bake of a stage, the hold, the watch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ops.ramp.driver.run import Run
from ops.ramp.errors import GateFailedError
from rollout.command import config_set
from rollout.plan import Stage
from rollout.propagation import Propagation, judged_propagation
from rollout.ramp_event import (
    BakeEnd,
    BakeStart,
    HoldEnd,
    HoldStart,
    SplitPropagation,
    WatchEnd,
    WatchStart,
)
from rollout.verdict import Outcome


class GatedWaits:
    """Waits in which the gates judge."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def bake(self, stage: Stage) -> None:
        """Let the gates judge `stage`: proof by traffic, then the bake, then until all are sure.

        Raises:
            GateFailedError: a gate failed, or was inconclusive until its deadline.
        """
        run = self._run
        run.gates.begin(stage)
        if stage.number > 0:
            self._await_propagation(stage)
        bake = run.limits.bake if stage.number > 0 else 0.0
        run.record.write(BakeStart(stage=stage.number, seconds=bake))
        what = (
            f"stage {stage.number}/{stage.of} bakes" if stage.number else "gates before the start"
        )
        seconds = self._judged_for(bake, what)
        run.gates.write_verdicts()
        seconds = round(seconds, 3)
        run.record.write(BakeEnd(stage=stage.number, seconds=seconds, outcome=Outcome.PASS))

    def hold(self) -> None:
        """Wait until the old slot has had no request for the hold time, and every gate passes.

        Raises:
            GateFailedError: a gate failed, or was inconclusive until its deadline; or the old slot
                still got requests.
        """
        run, clock = self._run, self._run.ports.clock
        plan = run.record.progress.plan
        run.gates.begin(plan.stage(len(plan.weights)))
        run.record.write(HoldStart(seconds=run.limits.hold, slot=plan.stable))
        started = clock.monotonic()
        began = clock.now()
        requests = 0
        outcome = run.gates.judge()
        while True:
            last = run.ports.old_slot.last_request(plan.stable) if run.ports.old_slot else None
            if last is not None and last > began:
                began, requests = last, requests + 1
            left = (began + timedelta(seconds=run.limits.hold) - clock.now()).total_seconds()
            if left <= 0 and outcome is Outcome.PASS:
                break
            late = clock.monotonic() - started - run.limits.hold
            undecided = run.gates.undecided()
            if late > run.limits.inconclusive:
                raise GateFailedError(
                    f"hold: slot {plan.stable} still gets requests, last at {last}"
                    if left > 0
                    else f"hold: still not sure {late:.0f} s after its time: {undecided}"
                )
            silent = f"slot {plan.stable} to have no request for {run.limits.hold:.0f} s"
            held = f"the hold: held by {undecided}"
            words, seconds = (silent, left) if left > 0 else (held, run.limits.inconclusive - late)
            outcome = run.tick(words, seconds)
        seconds = clock.monotonic() - started
        run.record.write(HoldEnd(seconds=round(seconds, 3), requests=requests))

    def watch(self) -> None:
        """Let the gates judge for the watch time after the cutover.

        Raises:
            GateFailedError: a gate failed, or was inconclusive until its deadline.
        """
        run = self._run
        plan = run.record.progress.plan
        run.gates.begin(plan.stage(len(plan.weights)))
        run.record.write(WatchStart(seconds=run.limits.watch))
        seconds = self._judged_for(run.limits.watch, "the watch after the cutover")
        run.record.write(WatchEnd(seconds=round(seconds, 3), outcome=Outcome.PASS))

    def _judged_for(self, seconds: float, what: str) -> float:
        """Tick until `seconds` are over and every gate passes; how long it took."""
        run, clock = self._run, self._run.ports.clock
        started = clock.monotonic()
        outcome = run.tick(what, seconds)
        while True:
            spent = clock.monotonic() - started
            if spent >= seconds and outcome is Outcome.PASS:
                return spent
            late = spent - seconds
            if late >= run.limits.inconclusive:
                raise GateFailedError(
                    f"still not sure {run.limits.inconclusive:.0f} s after its time: "
                    f"{run.gates.undecided()}"
                )
            if late < 0:
                outcome = run.tick(what, -late)
            else:
                held = f"{what}: held by {run.gates.undecided()}"
                outcome = run.tick(held, run.limits.inconclusive - late)

    def _await_propagation(self, stage: Stage) -> None:
        """Wait until the answers to our own requests are those of the new split.

        Without a prober, or a header by which answers name their slot, nothing observes it: the
        entry then has no observation.
        """
        run, clock = self._run, self._run.ports.clock
        plan, traffic = run.record.progress.plan, run.ports.traffic
        if traffic is None or not traffic.names_slots or run.gates.mark is None:
            run.record.write(
                SplitPropagation(stage=stage.number, requests=0, observed={}, seconds=0.0)
            )
            return
        started = clock.monotonic()
        since_s = run.gates.mark.verified_at.timestamp()
        while True:
            found = self._propagations(stage, since_s)
            if all(each.is_propagated for each in found.values()):
                break
            spent = clock.monotonic() - started
            words = ", ".join(
                f"{service} {p.observed} of {p.requests} from {plan.candidate} ({p.needed} needed)"
                for service, p in found.items()
                if not p.is_propagated
            )
            if spent >= run.limits.inconclusive:
                raise GateFailedError(
                    f"the traffic does not show the split {stage.split}: {words}"
                    f"{self._without_sign(found)}"
                )
            run.tick(
                f"{stage.split} to show in the traffic: {words}", run.limits.inconclusive - spent
            )
        run.record.write(
            SplitPropagation(
                stage=stage.number,
                requests=sum(each.requests for each in found.values()),
                observed={s: f"{p.observed}/{p.requests}" for s, p in found.items()},
                seconds=round(clock.monotonic() - started, 3),
            )
        )

    def _propagations(self, stage: Stage, since_s: float) -> dict[str, Propagation]:
        run = self._run
        plan, traffic = run.record.progress.plan, run.ports.traffic
        assert traffic is not None
        old = plan.stage(stage.number - 1).split
        return {
            service: judged_propagation(
                traffic.slots_that_answered(service, since_s), plan.candidate, old, stage.split
            )
            for service in plan.services
        }

    def _without_sign(self, found: Mapping[str, Propagation]) -> str:
        """The fix if no answer names the slot that it came from."""
        silent = [service for service, each in found.items() if not each.requests]
        if not silent:
            return ""
        name_it = config_set("failover:ramp.gates.probe.slotHeader", "HEADER").with_options(
            *self._run.ports.next.option
        )
        return (
            f"\n  no answer of {', '.join(silent)} names its slot: let the builds send a header "
            f"with 01 or 02, and name it by `{name_it}`"
        )
