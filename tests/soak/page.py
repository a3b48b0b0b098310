"""docs/soak.md, drawn from the newest result of each part."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from ops.words import as_words
from tests.soak.parts import COMMANDS, SCENARIOS, ScenarioPart
from tests.soak.record import ROOT, Result

PAGE = ROOT / "docs" / "soak.md"

_HEAD = """\
# The soak: every fault that a ramp must survive

`make soak` runs every scenario on a local AWS and writes this page. Unless the scenario differs,
it sends 300 requests per second of independent traffic, uses the gates `targets`, `probe` and
`smoke`, and bakes for 5 s. `make soak ONLY=slow,kills` runs only these parts. If you stop a run,
the next run continues with the parts that are left. `TIMES=5` repeats `background` and `kills`
5 times, instead of 20 and 30 times.

The columns:

- *caught at*: the weight of the new build when the ramp rolled back.
- *verdict*: seconds from the first lost request, otherwise from the fault, to the start of the
  rollback.
- *back*: seconds from the first lost request, and from the fault, to the last request that was
  lost or that the new build answered.
- *lost*: lost requests of the traffic.
- *straight*: requests lost by the same release if the console sets it to 0/100 at once, and back
  after 10 s.
"""


def page(results: Mapping[str, Result]) -> str:
    """The whole page."""
    parts = (_scenarios(results), _commands(results), _machine(results), _missing(results))
    return "\n".join([_HEAD, *itertools.chain.from_iterable(parts)]) + "\n"


def _scenarios(results: Mapping[str, Result]) -> Iterator[str]:
    yield (
        "| scenario | fault | caught at | verdict | back: lost | back: fault "
        "| requests | lost | straight |  |"
    )
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|---|"
    back: list[float] = []
    for part in SCENARIOS:
        if (result := results.get(part.name)) is not None:
            yield _row(part, result)
            if (seconds := result.facts.get("secondsFromFirstLost")) is not None:
                back.append(seconds)
    yield ""
    unharmed = sum(
        result.facts.get("exit") == 1 and result.facts.get("lost") == 0
        for part in SCENARIOS
        if (result := results.get(part.name)) is not None
    )
    if back:
        median = statistics.median(back)
        yield (
            f"From the first lost request to the old split: median {median:.1f} s, of the "
            f"{len(back)} scenarios that lost requests; {unharmed} more rolled back and lost none."
        )
        yield ""
    for part in SCENARIOS:
        result = results.get(part.name)
        if result is not None and not result.ok:
            yield f"- **{part.name}** did not end as expected: {_first(result.problems)}"
    yield ""


def _row(part: ScenarioPart, result: Result) -> str:
    facts = result.facts
    times = f" ({facts['passed']} of {facts['times']})" if facts["times"] > 1 else ""
    verdict = f"{'ok' if result.ok else 'NOT OK'}{times}"
    cells = [
        part.name,
        part.scenario.sentence,
        _caught(part, facts),
        _or_dash(facts.get("secondsToVerdict"), " s"),
        _or_dash(facts.get("secondsFromFirstLost"), " s"),
        _or_dash(facts.get("secondsFromFault"), " s"),
        _or_dash(facts.get("requests")),
        _or_dash(facts.get("lost")),
        _or_dash(facts.get("lostStraight")),
        f"{verdict}, {_when(result)}",
    ]
    return f"| {' | '.join(cells)} |"


def _caught(part: ScenarioPart, facts: Mapping[str, Any]) -> str:
    stage = facts.get("caughtAtStage")
    if stage is None:
        return "done" if facts.get("exit") == 0 else "-"
    stages = (0, *part.scenario.ramp.get("stages", (10, 25, 50, 75, 100)))
    word = "stopped at " if facts.get("exit") not in (0, 1) else ""
    return f"{word}{stages[stage]} %"


def _commands(results: Mapping[str, Result]) -> Iterator[str]:
    rows = [(part, results[part.name]) for part in COMMANDS if part.name in results]
    if not rows:
        return
    yield "| part | what it does | result |  |"
    yield "|---|---|---|---|"
    for part, result in rows:
        verdict = "ok" if result.ok else "NOT OK"
        cells = (
            part.name,
            part.sentence,
            as_words(part.came_to(result.facts["said"])),
            f"{verdict}, {_when(result)}",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _machine(results: Mapping[str, Result]) -> Iterator[str]:
    """How busy the machine was: every `up` and every request waits for a processor."""
    loads = [result.facts["load"] for result in results.values() if "load" in result.facts]
    if loads:
        cores = next(r.facts["cores"] for r in results.values() if "cores" in r.facts)
        yield f"Load while they ran: {min(loads)} to {max(loads)} on {cores} cores."
        yield ""


def _missing(results: Mapping[str, Result]) -> Iterator[str]:
    missing = [part.name for part in (*SCENARIOS, *COMMANDS) if part.name not in results]
    yield f"Not run: {', '.join(missing)}." if missing else "Every part was run."


def _when(result: Result) -> str:
    return f"{result.at[:16].replace('T', ' ')} UTC, {result.commit}"


def _or_dash(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:,}{unit}"


def _first(problems: object) -> str:
    assert isinstance(problems, list)
    return as_words(" ".join(str(problems[0]).split())[:300]) if problems else ""
