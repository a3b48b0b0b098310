"""kill -9 at random moments of a ramp, then `failover ramp` again, many times over.

`python -m tests.soak.kills --times 30` builds a rehearsal, keeps requests on it, and ends with a
line of JSON. Every time the ramp must end at its target or back at its start, live weights, state
and config equal, with no lock, no process, no floor and no `candidate` left, and not one request
failed.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from rollout.split import Slot, Split
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed

LONGEST_SECONDS = 40.0
"""Before the kill: about what a whole ramp takes."""
GONE_SECONDS = 30.0
RATE_PER_SECOND = 300


_CANDIDATE = "failover:candidate"


@dataclass(frozen=True, slots=True)
class Trial:
    """One kill and what came of it."""

    number: int
    seconds: float
    """From the start of the ramp to the kill; more than it took where it had ended."""
    inside: str
    """The last thing that the killed ramp wrote down."""
    is_journal_lost: bool
    is_engine_killed: bool
    """Whether the engine and the prober went with the driver, as in a reboot."""
    exit_code: int
    began_at: str
    ended_at: str
    problems: list[str]


def main() -> int:
    """Run, print every trial, and exit 1 where one has a problem or a request failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    with tempfile.TemporaryDirectory() as folder, rehearsed(Path(folder), "prod") as stack:
        _build(stack)
        probe = _probe(stack)
        builds = itertools.cycle(("v3", "v1", "v2"))
        trials: list[Trial] = []
        for number in range(options.times):
            ended_at = trials[-1].ended_at if trials else None
            if ended_at in ("0/100", "100/0") and ended_at != trials[-1].began_at:
                _release_onto_idle(stack, next(builds))
            trials.append(_trial(stack, number, random.Random(seed + number)))
        probe.terminate()
        summary = json.loads(probe.communicate()[0])
    is_good = not any(trial.problems for trial in trials) and summary["verdict"] == "pass"
    counted = summary["requests"]
    told = {"requests": counted["ok"] + counted["failed"], "lost": counted["failed"]}
    as_it_should = sum(not trial.problems for trial in trials)
    print(json.dumps({"trials": len(trials), "good": as_it_should, **told, "seed": seed}))
    return 0 if is_good else 1


def _build(stack: Rehearsed) -> None:
    stack.engine.set_config("weights", "100/0")
    ramping.configure(stack, ramping.PROMPT)
    stack.engine.run("up", "--yes", "--skip-preview")
    ramping.release(stack, "v2", Slot.SECOND)
    deadline = time.monotonic() + 120
    while not all(service.is_settled for service in stack.observer().read()):
        if time.monotonic() > deadline:
            raise SystemExit("the stack does not settle")
        time.sleep(0.2)


def _release_onto_idle(stack: Rehearsed, build: str) -> None:
    """Begin the next cycle: a ramp gives nobody an older build than all have."""
    (split,) = ramping.live(stack)
    ramping.release(stack, build, Slot.FIRST if split.slot_01 == 0 else Slot.SECOND)


def _probe(stack: Rehearsed) -> ramping.Process:
    """The prober on both services, until it is told to end."""
    https = stack.running.https_port
    host = "www.hankooktire.example"
    return ramping.begun(
        stack,
        "probe",
        f"https://{host}:{https}/",
        f"https://{host}:{https}/portal",
        *("--resolve", f"{host}:{https}:127.0.0.1", "--ca", str(stack.workspace.ca_file)),
        *("--rate", str(RATE_PER_SECOND), "--quiet", "--json"),
        merges_errors=False,
    )


def _trial(stack: Rehearsed, number: int, draw: random.Random) -> Trial:
    (start,) = ramping.live(stack)
    to = Slot.SECOND if start.slot_02 == 0 else Slot.FIRST
    seconds, loses_journal = draw.uniform(0.3, LONGEST_SECONDS), draw.random() < 0.3
    kills_engine = draw.random() < 0.3
    arguments = ("ramp", "--to", to.value, "--yes")
    first = ramping.begun(stack, *arguments)
    time.sleep(seconds)
    first.kill()
    if kills_engine:
        _kill(ramping.at_work(stack) - _probing(stack))
    said, _ = first.communicate()
    if loses_journal:
        shutil.rmtree(stack.root / ".failover", ignore_errors=True)
    second = ramping.failover(stack, *arguments)
    problems = _problems(
        stack, (start, start.shifted_to(to, 100)), second.stdout, second.returncode
    )
    lines = said.strip().splitlines()
    trial = Trial(
        number=number,
        seconds=round(seconds, 1),
        inside=lines[-1][:100] if lines else "",
        is_journal_lost=loses_journal,
        is_engine_killed=kills_engine,
        exit_code=second.returncode,
        began_at=str(start),
        ended_at="+".join(sorted(map(str, ramping.live(stack)))),
        problems=problems,
    )
    print(json.dumps(asdict(trial)), flush=True)
    return trial


def _problems(stack: Rehearsed, ends: tuple[Split, ...], said: str, code: int) -> list[str]:
    """What is not as it must be after a ramp was gone on with."""
    found: list[str] = []
    live = ramping.live(stack)
    is_over_already = code == 2 and "there is nothing to raise" in said
    if code not in (0, 1) and not is_over_already:
        found.append(f"exit {code}: {said[-800:]}")
    if len(live) != 1 or not live <= set(ends):
        found.append(f"live at {', '.join(map(str, live))}")
    if ramping.in_state(stack) != live:
        found.append(f"state at {', '.join(map(str, ramping.in_state(stack)))}")
    if {ramping.in_config(stack)} != live:
        found.append(f"config at {ramping.in_config(stack)}")
    found += _left_in_file(stack)
    deadline = time.monotonic() + GONE_SECONDS
    while (left := ramping.at_work(stack) - _probing(stack)) and time.monotonic() < deadline:
        time.sleep(0.2)
    found += [f"left behind: {process}" for process in sorted(left)]
    found += [f"lock: {path.name}" for path in ramping.locks(stack)]
    return found


def _left_in_file(stack: Rehearsed) -> list[str]:
    """What a ramp sets in the stack file and has to take out again."""
    config = yaml.safe_load(stack.workspace.stack_file.read_text())["config"]
    found = [f"candidate {config[_CANDIDATE]}"] if _CANDIDATE in config else []
    return found + [
        f"floors of {service}: {capacity['floors']}"
        for service, capacity in config["failover:capacity"].items()
        if capacity.get("floors")
    ]


def _kill(processes: set[str]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process.split()[0]), signal.SIGKILL)


def _probing(stack: Rehearsed) -> set[str]:
    return {process for process in ramping.at_work(stack) if "ops.cli probe" in process}


if __name__ == "__main__":
    sys.exit(main())
