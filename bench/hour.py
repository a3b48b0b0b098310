"""An hour's bake of the real driver and the real gate of the prober, on a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from ops.gates.probe import ProbeGate
from ops.journal.journal import Journal
from ops.ramp.driver.bake import GatedWaits
from ops.ramp.driver.ports import DriverPorts, Limits
from ops.ramp.driver.run import Run
from ops.ramp.stack.commands import NextCommands
from ops.traffic.answer import SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.entry import Entry
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.ramp_event import RampStart, SplitReadBack, StageStart
from rollout.split import Slot, Split
from settings.gates.probe import ProbeLimits

SECONDS = 3600.0
SERVICES = ("portal", "web")
RATE = 20
"""Requests a second to each service by each way; what ships."""
LIMITS = ProbeLimits(
    rate_per_second=RATE,
    max_failed_percent=0.1,
    max_latency_ratio=3.0,
    latency_floor_ms=20,
    timeout_seconds=5,
    slot_header="x-slot",
)


class Hour:
    """A stage at 10 % that bakes for an hour, and whatever the driver asks of the world in it."""

    is_alive = True

    def __init__(self) -> None:
        self.answers = 0
        self.ticks = 0
        self._now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self._entries: list[Entry] = []
        self._listener: Callable[[Sequence[SlotAnswer]], None] = lambda _batch: None
        self._plan = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (10, 100))
        self._gate = ProbeGate(LIMITS, self, self.now)

    def run(self) -> None:
        """Bake."""
        holder = LeaseHolder("bench", "here", 1)
        limits = Limits(SECONDS, 0.0, 0.0, 60.0, 60.0)
        outside = cast("Any", self)
        ports = DriverPorts(
            aws=outside,
            engine=outside,
            clock=outside,
            journal=cast("Journal", self),
            gates=[self._gate],
            observers=[],
            stop=outside,
            next=NextCommands("bench"),
        )
        run = Run("bench", holder, limits, ports)
        counts = {service: dict.fromkeys(Slot, 3) for service in SERVICES}
        fleets: dict[str, int] = dict.fromkeys(SERVICES, 3)
        run.record.write(RampStart.of(self._plan, holder, run.until(), counts, fleets))
        stage = self._plan.stage(1)
        run.record.write(StageStart.at(stage))
        run.record.write(SplitReadBack(stage=1, splits=dict.fromkeys(SERVICES, stage.split)))
        GatedWaits(run).bake(stage)

    # The clock.

    def now(self) -> datetime:
        """Where the hour is."""
        return self._now

    def monotonic(self) -> float:
        """The same in seconds."""
        return self._now.timestamp()

    def wait(self, seconds: float) -> None:
        """Jump, and let the answers of that time arrive."""
        self.ticks += 1
        start_s = self.monotonic()
        self._now += timedelta(seconds=seconds)
        number = round(RATE * seconds)
        batch = [
            self._answer(service, stream, start_s + n / RATE, n)
            for n in range(number)
            for service in SERVICES
            for stream in SlotStream
        ]
        self.answers += len(batch)
        self._listener(batch)

    def _answer(self, service: str, stream: SlotStream, at_s: float, number: int) -> SlotAnswer:
        slot = stream.slot or (Slot.SECOND if number % 10 == 0 else Slot.FIRST)
        latency_ms = 4.0 + number % 7
        return SlotAnswer(
            service, stream, slot, RequestOutcome.OK, at_s, at_s + 0.01, latency_ms, None
        )

    # AWS, the journal, the person, the prober.

    @property
    def asked(self) -> int:
        """Nobody asks to stop."""
        return 0

    def splits(self) -> Mapping[str, Split]:
        """Nobody else moves the weights."""
        return dict.fromkeys(SERVICES, Split(90, 10))

    def append(self, entry: Entry) -> None:
        """Keep it."""
        self._entries.append(entry)

    def entries(self) -> Sequence[Entry]:
        """What was kept."""
        return self._entries

    def subscribe(self, listener: Callable[[Sequence[SlotAnswer]], None]) -> None:
        """One gate listens."""
        self._listener = listener

    def stalled_seconds(self, since_s: float) -> float:
        """It never stalls."""
        del since_s
        return 0.0
