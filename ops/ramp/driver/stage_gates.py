"""The gates of a run: which stage they judge, and what they found."""

from __future__ import annotations

from collections.abc import Sequence

from ops.gates.gate import Gate, StageMark
from ops.ramp.driver.interrupts import GateFailedError
from ops.ramp.driver.ports import RampClock
from ops.ramp.driver.record import RunRecord
from rollout.plan import Stage
from rollout.ramp_event import GateVerdict
from rollout.verdict import Outcome, Verdict, combined


class StageGates:
    """Asks the gates about one stage after the other; their verdicts go into the record."""

    def __init__(self, gates: Sequence[Gate], record: RunRecord, clock: RampClock) -> None:
        self._gates = gates
        self._record = record
        self._clock = clock
        self._mark: StageMark | None = None
        self._last: dict[str, Verdict] = {}
        """By gate, of the last time that none failed."""
        self._written: dict[str, Verdict] = {}
        """By gate, the last one that is in the journal."""

    @property
    def mark(self) -> StageMark | None:
        """What the gates judge; None before the first stage was begun."""
        return self._mark

    def begin(self, stage: Stage) -> None:
        """Let the gates judge `stage` from now on; a second time for the same one is nothing.

        Unless the floors are gone since: then the gates get a new mark.
        """
        progress, before = self._record.progress, self._mark
        plan = progress.plan
        if before is not None and before.number != stage.number:
            before = None
        if before is not None and before.is_released == progress.is_released:
            return
        self._mark = StageMark(
            services=plan.services,
            candidate=plan.candidate,
            stable=plan.stable,
            splits=dict.fromkeys(plan.services, stage.split),
            verified_at=before.verified_at if before else self._clock.now(),
            number=stage.number,
            of=stage.of,
            counted=progress.counted,
            is_released=progress.is_released,
        )
        for gate in self._gates:
            gate.begin(self._mark)

    def judge(self) -> Outcome:
        """Ask every gate; what changed goes into the journal.

        Raises:
            GateFailedError: one failed.
        """
        if self._mark is None:
            return Outcome.PASS
        verdicts = [gate.judge() for gate in self._gates]
        for verdict in verdicts:
            last = self._last.get(verdict.gate)
            if last is None or last.outcome is not verdict.outcome:
                self._write(verdict)
        self._record.notify(lambda observer: observer.judged(verdicts))
        failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
        if failed:
            raise GateFailedError("; ".join(f"{v.gate}: {v.reason}" for v in failed))
        self._last = {verdict.gate: verdict for verdict in verdicts}
        return combined(verdicts) if verdicts else Outcome.PASS

    def undecided(self) -> str:
        """Which gates are inconclusive, and why."""
        held = [each for each in self._last.values() if each.outcome is not Outcome.PASS]
        return "; ".join(f"{each.gate}: {each.reason}" for each in sorted(held, key=_gate))

    def write_verdicts(self) -> None:
        """Keep the current verdict of every gate: the evidence that a stage passed by."""
        for gate in self._gates:
            self._write(gate.judge())

    def write_undecided(self) -> None:
        """Keep the newest reason of each gate that is inconclusive, as the ramp ends by it."""
        for verdict in self._last.values():
            if verdict.outcome is not Outcome.PASS and self._written[verdict.gate] is not verdict:
                self._write(verdict)

    def _write(self, verdict: Verdict) -> None:
        """Keep a verdict with its evidence."""
        self._written[verdict.gate] = verdict
        self._record.write(GateVerdict.of(self._mark.number if self._mark else 0, verdict))

    def close(self) -> None:
        """End the gates."""
        for gate in self._gates:
            gate.close()


def _gate(verdict: Verdict) -> str:
    return verdict.gate
