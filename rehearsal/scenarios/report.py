"""A played scenario in words and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.scenarios.outcome import Played
from rehearsal.scenarios.scenario import Scenario


def listed(scenarios: tuple[Scenario, ...]) -> Iterator[str]:
    """One line a scenario: its name and its sentence."""
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        yield f"{scenario.name:<{width}}  {scenario.sentence}"


def lines(played: Played) -> Iterator[str]:
    """What came of it, and each way in which it was not what it should be."""
    verdict = "not as it should be" if played.problems else "as it should be"
    yield f"{played.scenario.name}: {ending(played)}; {verdict}"
    if played.reason:
        yield f"  because   {played.reason}"
    yield f"  requests  {played.requests:,}, {played.lost:,} lost"
    if (seconds := played.seconds_from_first_lost) is not None:
        yield f"  back      {seconds:.1f} s after the first lost request all was as before"
    elif (seconds := played.seconds_from_fault) is not None:
        yield f"  back      {seconds:.1f} s after the fault all was as before"
    if played.lost_straight is not None:
        yield f"  straight  {played.lost_straight:,} lost by 0/100 at once, undone after 10 s"
    for problem in played.problems:
        yield f"  problem   {problem}"


def ending(played: Played) -> str:
    """`exit 1, caught at stage 2 (25 %), 34 s in all`."""
    how = "done" if played.exit_code == 0 else f"exit {played.exit_code}, {caught(played)}"
    return f"{how}, {played.seconds:.0f} s in all"


def caught(played: Played) -> str:
    """The stage at which it was caught."""
    return f"caught at stage {played.caught_stage}" if played.caught_stage else "caught at weight 0"


def document(played: Played) -> dict[str, Any]:
    """The whole as JSON can hold it. Fields may be added within a version."""
    return {
        "version": 1,
        "scenario": played.scenario.name,
        "ok": not played.problems,
        "problems": played.problems,
        "exit": played.exit_code,
        "caughtAtStage": played.caught_stage if played.scenario.expected.exit_code else None,
        "because": played.reason,
        "seconds": round(played.seconds, 1),
        "secondsToVerdict": _rounded(played.seconds_to_verdict),
        "secondsFromFirstLost": _rounded(played.seconds_from_first_lost),
        "secondsFromFault": _rounded(played.seconds_from_fault),
        "requests": played.requests,
        "lost": played.lost,
        "lostStraight": played.lost_straight,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
