"""The whole cutover on a local AWS: what a person types until a release is there, then one ramp."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from rehearsal.engine import RehearsalEngine, ResourceChange
from rehearsal.errors import RehearsalError
from rehearsal.local_aws import ServiceObserver, ServiceState
from rehearsal.ramp import CHANGE_OF_WEIGHTS, CallCounts, RampedStage, ramped_stages
from rehearsal.traffic.stage import StageTraffic
from rehearsal.traffic.watch import TrafficInterval
from rollout.entry import Entry
from rollout.ramp_event import (
    BakeStart,
    HoldStart,
    RampEvent,
    RollbackStart,
    SplitReadBack,
    StageStart,
    UpdateStart,
)
from rollout.split import Slot, Split

START = Split.parse("100/0")
TARGET = Split.parse("0/100")
SETTLE_SECONDS = 180.0
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class CutoverStep:
    """One finished step of the rehearsal."""

    name: str
    changed: str
    """What the update changed, in words."""
    weights: dict[str, str]
    """Service -> live weights, read back from the control plane."""
    seconds: float
    """What `pulumi up` took, start to end."""
    problem: str
    """Empty when the step did exactly what it should."""
    traffic: StageTraffic | None = None
    """What the requests of this step show; None before there are any."""


class StepJudge(Protocol):
    """Judges steps by the traffic beside them; `StageWatch` is one."""

    def begin(self, urls: Mapping[str, str]) -> None:
        """Start the traffic to every service's URL."""
        ...

    def mark(self, text: str) -> float:
        """Write down that a change begins; the time of it."""
        ...

    def judge(self, splits: tuple[Split, Split], interval: TrafficInterval) -> StageTraffic:
        """Return what the requests of that interval show, when all of them are known."""
        ...


class Ramp(Protocol):
    """A ramp that runs; `RampProcess` is one."""

    def entries(self) -> Iterator[Entry]:
        """Every entry as it comes, until it has ended."""
        ...

    def wait(self) -> int:
        """Its exit code."""
        ...

    @property
    def last_words(self) -> str:
        """The end of what it printed for a person."""
        ...


class Cutover:
    """Runs the steps one by one; each is a `CutoverStep` when it is done.

    Args:
        engine: The engine, in the rehearsal's environment.
        observe: Makes the reader of live state once the stack's outputs are known.
        image: The AMI of the build to release.
        say: Called with a line about what is going on now.
        watch: Judges by the traffic; it begins when the first slots serve.
        open_ramp: Starts a ramp.
        calls: Counts what is asked of the local AWS.
        up_options: Options of every `pulumi up`, such as those of the policy pack.
    """

    def __init__(
        self,
        engine: RehearsalEngine,
        observe: Callable[[dict[str, Any]], ServiceObserver],
        image: str,
        say: Callable[[str], None],
        watch: StepJudge,
        open_ramp: Callable[[], AbstractContextManager[Ramp]],
        calls: CallCounts,
        up_options: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self._observe = observe
        self._image = image
        self._say = say
        self._watch = watch
        self._open_ramp = open_ramp
        self._calls = calls
        self._up_options = ("--skip-preview", *up_options)

    def run(self) -> Iterator[CutoverStep]:
        """From nothing to 0/100.

        Raises:
            RehearsalError: the engine refused a step, or a slot did not settle.
        """
        self._say(f"pulumi config set weights {START} && pulumi up")
        self._engine.set_config("weights", str(START))
        created = self._engine.up(*self._up_options)
        outputs = self._engine.outputs()
        observer = self._observe(outputs)
        services = self._settled(observer)
        changed = _in_words(created.applied)
        yield _step(f"create at {START}", changed, created.seconds, services, START)
        self._watch.begin(outputs["urls"])
        yield self._release(observer, [service.name for service in services])
        yield from self._ramp(observer, len(services))

    def _release(self, observer: ServiceObserver, names: Sequence[str]) -> CutoverStep:
        """The new build onto slot 02, which carries nothing."""
        for name in names:
            key = f"images.{name}.{Slot.SECOND}"
            self._say(f"pulumi config set --path {key} {self._image}")
            self._engine.set_config(key, self._image, "--path")
        self._say("pulumi up, then waiting until slot 02 runs v2")
        began_s = self._watch.mark("v2 onto slot 02")
        released = self._engine.up(*self._up_options)
        services = self._settled(observer)
        traffic = self._watch.judge((START, START), TrafficInterval(began_s, began_s, time.time()))
        changed = _in_words(released.applied)
        return _step("v2 onto slot 02", changed, released.seconds, services, START, traffic)

    def _ramp(self, observer: ServiceObserver, services: int) -> Iterator[CutoverStep]:
        """One `failover ramp`, a step for each of its stages, and one for its end."""
        self._say("failover ramp")
        with self._open_ramp() as ramp:
            began_s = time.monotonic()
            for stage in ramped_stages(self._shown(ramp), self._calls, START):
                yield self._stage(observer, stage, services)
            code = ramp.wait()
            problem = f"failover ramp exited {code}:\n{ramp.last_words}" if code else ""
        seconds = time.monotonic() - began_s
        yield _step(
            "failover ramp", f"exit {code}", seconds, observer.read(), TARGET, None, problem
        )

    def _shown(self, ramp: Ramp) -> Iterator[Entry]:
        """The entries, each shown as it passes by."""
        for entry in ramp.entries():
            if (activity := _activity(entry.event)) is not None:
                self._say(activity)
            if isinstance(entry.event, StageStart):
                self._watch.mark(f"weights {entry.event.split}")
            yield entry

    def _stage(self, observer: ServiceObserver, stage: RampedStage, services: int) -> CutoverStep:
        interval = TrafficInterval(stage.began_s, stage.verified_s, stage.ended_s)
        traffic = self._watch.judge((stage.before, stage.split), interval)
        wrong = "; ".join(stage.problems(services))
        changed = f"{stage.writes.get(CHANGE_OF_WEIGHTS, 0)} rules updated"
        live, split = observer.read(), stage.split
        return _step(str(split), changed, stage.up_seconds, live, split, traffic, wrong)

    def _settled(self, observer: ServiceObserver) -> list[ServiceState]:
        """Poll until every slot has what it wants; AWS has no event for it.

        Raises:
            RehearsalError: a slot did not get there within `SETTLE_SECONDS`.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            services = observer.read()
            if all(service.is_settled for service in services):
                return services
            waiting = [
                f"{service.name}-{slot}: {state.in_service} of {state.desired} in service, "
                f"targets {', '.join(state.target_states) or 'none'}"
                for service in services
                for slot, state in service.slots.items()
                if not state.is_settled
            ]
            if time.monotonic() >= deadline:
                text = "\n".join(waiting)
                raise RehearsalError(f"not settled after {SETTLE_SECONDS:.0f} s:\n{text}")
            self._say(f"waiting for {waiting[0]}")
            time.sleep(POLL_SECONDS)


def _step(
    name: str,
    changed: str,
    seconds: float,
    services: Sequence[ServiceState],
    split: Split,
    traffic: StageTraffic | None = None,
    problem: str = "",
) -> CutoverStep:
    """The step, with every way in which it was not what it should be."""
    problems = [problem] if problem else []
    problems += [
        f"{service.name} is at {service.weights}, not at {split}"
        for service in services
        if service.weights != str(split)
    ]
    if traffic is not None:
        problems += traffic.problems
    weights = {service.name: service.weights for service in services}
    return CutoverStep(name, changed, weights, seconds, "; ".join(problems), traffic)


def _activity(event: RampEvent) -> str | None:
    """What a ramp does now, for the line of what is going on; None of what takes no time."""
    match event:
        case UpdateStart(message=message):
            return f"pulumi up: {message.split(', by ')[0]}"
        case SplitReadBack():
            return "waiting for the split to show in the traffic"
        case BakeStart(seconds=seconds):
            return f"waiting for the gates, {seconds} s"
        case HoldStart(slot=slot, seconds=seconds):
            return f"waiting for slot {slot} to be silent for {seconds} s"
        case RollbackStart(to=to, why=why):
            return f"rollback to {to}: {why}"
        case _:
            return None


def _in_words(changes: Sequence[ResourceChange]) -> str:
    """`"61 to create"`."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.operation] = counts.get(change.operation, 0) + 1
    return ", ".join(f"{number} to {name}" for name, number in counts.items()) or "nothing"
