"""The whole cutover on a local AWS, each stage by the two commands that a person types."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rehearsal.engine import Change, Engine, UpResult
from rehearsal.errors import RehearsalError
from rehearsal.observation import Observer, ServiceState
from rehearsal.traffic.stage import StageTraffic
from rollout.split import Slot, Split

RULE = "aws:lb/listenerRule:ListenerRule"
STAGES = tuple(Split.parse(text) for text in ("90/10", "75/25", "50/50", "25/75", "0/100"))
SETTLE_SECONDS = 180.0
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step of the rehearsal."""

    name: str
    changed: str
    """What the preview said, in words."""
    weights: dict[str, str]
    """Service -> live weights, read back from the control plane."""
    seconds: float
    """What `pulumi up` took, start to end."""
    problem: str
    """Empty when the step did exactly what it should."""
    traffic: StageTraffic | None = None
    """What the requests of this step say; None before there are any."""


class Watch(Protocol):
    """Judges steps by the traffic beside them; `StageWatch` is one."""

    def begin(self, urls: Mapping[str, str]) -> None:
        """Start the traffic to every service's URL."""
        ...

    def mark(self, text: str) -> float:
        """Write down that a change begins; the time of it."""
        ...

    def judge(self, before: Split, split: Split, began_s: float) -> StageTraffic:
        """Wait until enough requests followed, and say what they tell."""
        ...


class Cutover:
    """Runs the steps one by one; each is a `Step` when it is done.

    Args:
        engine: The engine, in the rehearsal's environment.
        observe: Makes the reader of live state once the stack's outputs are known.
        image: The AMI of the build to release.
        say: Called with a line about what is going on now.
        watch: Judges by the traffic; it begins when the first slots serve.
        up_options: Options of every `pulumi up`, such as those of the policy pack.
    """

    def __init__(
        self,
        engine: Engine,
        observe: Callable[[dict[str, Any]], Observer],
        image: str,
        say: Callable[[str], None],
        watch: Watch,
        up_options: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self._observe = observe
        self._image = image
        self._say = say
        self._watch = watch
        self._up_options = up_options

    def run(self) -> Iterator[Step]:
        """From nothing to 0/100.

        Raises:
            RehearsalError: the engine refused a step, or a slot did not settle.
        """
        first = Split.parse("100/0")
        self._say(f"pulumi config set weights {first} && pulumi up")
        self._engine.set_config("weights", str(first))
        created = self._engine.up(*self._up_options)
        outputs = self._engine.outputs()
        observer = self._observe(outputs)
        services = self._settled(observer)
        yield self._step(f"create at {first}", created, services, first, None)
        self._watch.begin(outputs["urls"])
        names = [service.name for service in services]
        yield self._release(observer, names, first)
        before = first
        for split in STAGES:
            yield self._stage(observer, names, before, split)
            before = split

    def _release(self, observer: Observer, names: Sequence[str], split: Split) -> Step:
        """The new build onto slot 02, which carries nothing."""
        for name in names:
            key = f"images.{name}.{Slot.SECOND}"
            self._say(f"pulumi config set --path {key} {self._image}")
            self._engine.set_config(key, self._image, "--path")
        self._say("pulumi up, then waiting until slot 02 runs v2")
        began_s = self._watch.mark("v2 onto slot 02")
        released = self._engine.up(*self._up_options)
        services = self._settled(observer)
        traffic = self._watch.judge(split, split, began_s)
        return self._step("v2 onto slot 02", released, services, split, None, traffic)

    def _stage(self, observer: Observer, names: Sequence[str], before: Split, split: Split) -> Step:
        """One stage: two commands, then a look at the rules and at the traffic."""
        self._say(f"pulumi config set weights {split} && pulumi up")
        self._engine.set_config("weights", str(split))
        began_s = self._watch.mark(f"weights {split}")
        shifted = self._engine.up(*self._up_options)
        traffic = self._watch.judge(before, split, began_s)
        return self._step(str(split), shifted, observer.read(), split, names, traffic)

    def _step(
        self,
        name: str,
        result: UpResult,
        services: Sequence[ServiceState],
        split: Split,
        one_rule_for: Sequence[str] | None,
        traffic: StageTraffic | None = None,
    ) -> Step:
        problems = [
            f"{service.name} is at {service.weights}, not at {split}"
            for service in services
            if service.weights != str(split)
        ]
        if one_rule_for is not None:
            for what, changes in (("preview", result.previewed), ("update", result.applied)):
                if (problem := _not_only_rules(changes, len(one_rule_for))) is not None:
                    problems.append(f"the {what} {problem}")
        if traffic is not None:
            problems += traffic.problems
        return Step(
            name=name,
            changed=_in_words(result.previewed),
            weights={service.name: service.weights for service in services},
            seconds=result.seconds,
            problem="; ".join(problems),
            traffic=traffic,
        )

    def _settled(self, observer: Observer) -> list[ServiceState]:
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


def _not_only_rules(changes: Sequence[Change], services: int) -> str | None:
    """Why `changes` are not exactly one in-place weight update of one rule per service."""
    others = [f"{c.operation} of {c.name}" for c in changes if c.type_token != RULE]
    if others:
        return f"changes more than rules: {', '.join(others)}"
    if any(change.operation != "update" for change in changes):
        return "replaces or creates a rule"
    odd = [path for change in changes for path in change.paths if not path.endswith("weight")]
    if odd:
        return f"changes more than weights: {', '.join(odd)}"
    if len(changes) != services:
        return f"changes {len(changes)} rules for {services} services"
    return None


def _in_words(changes: Sequence[Change]) -> str:
    """`"2 rules updated"`, `"61 created"`."""
    if not changes:
        return "nothing"
    if all(change.type_token == RULE and change.operation == "update" for change in changes):
        return f"{len(changes)} rule{'s' if len(changes) != 1 else ''} updated"
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.operation] = counts.get(change.operation, 0) + 1
    return ", ".join(f"{number} to {operation}" for operation, number in counts.items())
