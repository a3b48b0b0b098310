"""A stack, its AWS and its engine in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ops.ramp.driver.driver import Driver, Ending
from ops.ramp.driver.ports import DriverPorts, Git, LastRequests, Limits, RampObserver
from ops.ramp.driver.processes import Processes
from ops.ramp.driver.run import Run
from ops.ramp.errors import AwsError, TransientAwsError
from ops.ramp.resume.find import Takeover
from ops.ramp.stack.commands import NextCommands
from pulumi_cli.errors import PulumiError
from pulumi_cli.update import EngineUpdate, UpdateResult
from rollout.lease import LeaseHolder
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.ramp_event import RampEvent, RampStart, Resumption, RollbackStart
from rollout.recovery import HistoryEntry, recovered
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from tests.ops.ramp.fakes import (
    START,
    Clock,
    Gate,
    MemoryJournal,
    Stop,
    Update,
    ended,
    live_service,
    live_slot,
)

SERVICES: tuple[str, ...] = ("portal", "web")
IDENTITY = StackIdentity(
    "file:///state", "prod", {service: f"arn:rule/{service}" for service in SERVICES}
)
PLAN = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (10, 25, 50, 75, 100))
NEXT = NextCommands("prod", services=SERVICES)
LIMITS = Limits(bake=5, hold=5, watch=5, inconclusive=30, guard_wait=60)


Event = TypeVar("Event")


class World:
    """Everything outside the driver."""

    def __init__(self, folder: Path, start: str = "100/0") -> None:
        self.stack_file = folder / "Pulumi.test.yaml"
        self.live = dict.fromkeys(SERVICES, Split.parse(start))
        self.healthy = {(service, slot): 3 for service in SERVICES for slot in Slot}
        self.desired = {(service, slot): 3 for service in SERVICES for slot in Slot}
        self.largest = 9
        self.outdated: dict[tuple[str, Slot], int] = {}
        self.applied_floors: dict[str, Any] = {}
        self.held: dict[tuple[str, Slot], int] = {}
        """The floors that the driver has set in AWS."""
        self.refuses_floors = ""
        self.clock = Clock()
        self.processes = Processes()
        self.journal = MemoryJournal()
        self.gate = Gate()
        self.stop = Stop()
        self.told: list[HistoryEntry] = []
        self.updates: list[str] = []
        self.update: Update | None = None
        self.says: Sequence[str] = ()
        self.visited: list[Split] = [Split.parse(start)]
        self.refuse: Callable[[str], str] = lambda _message: ""
        self.before_up: Callable[[str], None] = lambda _message: None
        self.after_up: Callable[[str], None] = lambda _message: None
        self.locks: list[str] = []
        self.lock_is_cleared = False
        self.aws_error = ""
        self.backend_error = ""
        self.throttled_until = 0.0
        self.interrupts = 0
        self.ways_back: dict[str, bool] = {}
        self.observers: list[RampObserver] = []
        self.git: Git | None = None
        self.pushes = False
        self.is_file_ignored = False
        self.old_slot: LastRequests | None = None
        self._write({"weights": start, "services": {s: {} for s in SERVICES}, "capacity": {}})

    # The engine.

    def set_config(self, changes: Mapping[str, str | None]) -> None:
        if self.backend_error:
            raise PulumiError(self.backend_error)
        config = self._config()
        for path, value in changes.items():
            keys = path.replace('["', ".").replace('"]', "").split(".")
            place: Any = config
            for key in keys[:-1]:
                place = place.setdefault(key, {})
            if value is None:
                place.pop(keys[-1], None)
            else:
                place[keys[-1]] = int(value) if "floors" in path else value
        self._write(config)

    def start_up(self, message: str, *, is_way_back: bool) -> Update:
        self.ways_back[message.split(", by ")[0]] = is_way_back
        self.update = Update(lambda: self._apply(message), self._count_interrupt, self.says)
        return self.update

    def _count_interrupt(self) -> None:
        self.interrupts += 1

    def history(self) -> Sequence[EngineUpdate]:
        return [
            EngineUpdate(told.message, told.succeeded, {}, told.at or START)
            for told in self.told[::-1]
        ]

    def clear_locks(self) -> None:
        self.lock_is_cleared = True
        self.locks = []

    # AWS.

    def splits(self) -> Mapping[str, Split]:
        if self.aws_error:
            raise AwsError(self.aws_error)
        if self.clock.seconds < self.throttled_until:
            raise TransientAwsError("AWS throttles the calls")
        return dict(self.live)

    def set_floors(self, floors: Mapping[str, Mapping[Slot, int | None]]) -> None:
        if self.refuses_floors:
            raise AwsError(self.refuses_floors)
        for service, each in floors.items():
            for slot, floor in each.items():
                if floor is None:
                    self.held.pop((service, slot), None)
                else:
                    self.held[service, slot] = floor
                    self.desired[service, slot] = max(self.desired[service, slot], floor)
                    self.healthy[service, slot] = max(self.healthy[service, slot], floor)

    def services(self) -> Mapping[str, LiveService]:
        return {name: self._service(name) for name in self.splits()}

    def _service(self, name: str) -> LiveService:
        floors: Any = self.applied_floors.get(name) or {}
        slots = {
            slot: live_slot(
                healthy=max(self.healthy[name, slot], floors.get(slot.value, 0))
                if self.healthy[name, slot]
                else 0,
                desired=max(self.desired[name, slot], floors.get(slot.value, 0)),
                largest=self.largest,
                outdated=self.outdated.get((name, slot), 0),
            )
            for slot in Slot
        }
        return live_service(name, self.live[name], slots)

    # The test's own.

    @property
    def is_updating(self) -> bool:
        """Whether an update runs that nobody looks at."""
        return self.update is not None and not self.update.is_over

    def weights(self) -> str:
        return str(self._config()["weights"])

    def floors(self) -> dict[str, Any]:
        capacity = self._config()["capacity"]
        return {s: c["floors"] for s, c in capacity.items() if (c or {}).get("floors")}

    def candidate(self) -> str | None:
        """The slot that the guards take for the one to be raised, where the config says so."""
        return self._config().get("candidate")

    def kinds(self) -> list[type[RampEvent]]:
        return [type(entry.event) for entry in self.journal.kept]

    def events(self, kind: type[Event]) -> list[Event]:
        return [each.event for each in self.journal.kept if isinstance(each.event, kind)]

    def run(
        self,
        plan: RampPlan,
        *,
        why_back: str | None = None,
        traffic: Any = None,
        takeover: Takeover | None = None,
    ) -> Ending:
        """Begin, or go on where the journal is, or where the history is when there is none."""
        holder = LeaseHolder("somebody", "here", 4711)
        ports = DriverPorts(
            aws=self,
            engine=self,
            clock=self.clock,
            journal=self.journal,
            gates=[self.gate],
            observers=self.observers,
            stop=self.stop,
            next=NEXT,
            traffic=traffic,
            old_slot=self.old_slot,
            git=self.git,
            pushes=self.pushes,
            is_file_ignored=self.is_file_ignored,
            known_messages=frozenset(told.message for told in self.told),
        )
        run = Run("r", holder, LIMITS, ports)
        counts = {service: dict.fromkeys(Slot, 3) for service in SERVICES}
        found = recovered(self.told[::-1]) if takeover is None else None
        if not self.journal.kept and found is not None:
            for entry in found.entries("r", self.clock.now(), self.live, counts):
                self.journal.append(entry)
        if not self.journal.kept:
            live = sum(3 for slot in Slot if plan.start.weight_of(slot))
            fleets = dict.fromkeys(SERVICES, live)
            own = IDENTITY.of_services(plan.services)
            run.record.write(RampStart.of(plan, holder, run.until(), counts, fleets, own))
            if takeover is not None:
                takeover.transfer_to(run)
        else:
            run.record.write(Resumption.of("", holder, run.until()))
        if why_back is not None:
            run.record.write(RollbackStart(why=why_back, to=plan.start))
        return Driver(run, self.processes, from_anywhere=why_back is not None).drive()

    def set_candidate(self, slot: str | None) -> None:
        """As a person does, by an update of their own."""
        self.set_config({"candidate": slot})
        self.told.append(HistoryEntry("a person's", True, {}, slot))

    def add_service_config(self, service: str, config: Mapping[str, Any]) -> None:
        whole = self._config()
        whole["services"][service] = dict(config)
        self._write(whole)

    def has_released(self) -> bool:
        """Whether the newest update released the lease."""
        return bool(self.told) and self.told[-1].message.endswith(", done")

    def _apply(self, message: str) -> UpdateResult:
        if self.locks:
            return ended(error=self.locks[0], is_locked=True)
        self.before_up(message)
        error = self.refuse(message)
        if not error:
            wanted = Split.parse(self.weights())
            for service in SERVICES:
                own = self._config()["services"][service].get("weights")
                self.live[service] = Split.parse(own) if own else wanted
            self.applied_floors = json.loads(json.dumps(self.floors()))
            self.visited.append(wanted)
            self.updates.append(message)
        floors = {s: {Slot(k): int(n) for k, n in f.items()} for s, f in self.floors().items()}
        now = self.clock.now()
        self.told.append(
            HistoryEntry(message, not error, floors, self.candidate(), dict(self.live), now, now)
        )
        self.after_up(message)
        return ended(changed={"update": 2}, error=error, is_refused="judgement: refused" in error)

    def _config(self) -> dict[str, Any]:
        return self._written

    def _write(self, config: Mapping[str, Any]) -> None:
        self._written = {**config}
        spaced = {f"failover:{key}": value for key, value in config.items()}
        self.stack_file.write_text(json.dumps({"config": spaced}))
