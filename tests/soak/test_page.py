from __future__ import annotations

from pathlib import Path

from tests.soak.page import page
from tests.soak.parts import NAMES
from tests.soak.record import Record, Result

FACTS = {
    "exit": 1,
    "caughtAtStage": 2,
    "secondsToOldSplit": 7.5,
    "requests": 12_345,
    "lost": 6,
    "lostStraight": None,
    "passed": 1,
    "times": 1,
}
CAUGHT = Result("slow", True, 60.0, FACTS, [], "abc", "2026-11-21T06:00:00+00:00")


def test_the_page_has_every_result_and_names_what_was_not_run() -> None:
    drawn = page({"slow": CAUGHT})

    assert "| 25 % | 7.5 s | 12,345 | 6 | - | ok, 2026-11-21 06:00 UTC, abc |" in drawn
    assert "median 7.5 s of 1 scenarios" in drawn
    missing = drawn.split("Not run: ")[1].rstrip(".\n").split(", ")
    assert missing == [name for name in NAMES if name != "slow"]


def test_a_part_that_failed_says_why() -> None:
    broken = Result("slow", False, 60.0, FACTS, ["exit 3, not 1"], "abc", CAUGHT.at)

    drawn = page({"slow": broken})

    assert "NOT OK" in drawn
    assert "**slow** was not as it should be: exit 3, not 1" in drawn


def test_a_part_that_ran_twice_counts_by_its_newest_result(tmp_path: Path) -> None:
    record = Record(tmp_path / "soak.jsonl")
    newer = Result("slow", False, 1.0, FACTS, ["worse"], "abc", CAUGHT.at)

    record.append(CAUGHT)
    record.append(newer)

    assert record.newest() == {"slow": newer}
