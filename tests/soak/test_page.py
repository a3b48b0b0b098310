from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.page import page
from tests.soak.parts import COMMANDS, NAMES
from tests.soak.record import Record, Result

FACTS = {
    "exit": 1,
    "caughtAtStage": 2,
    "secondsToVerdict": 1.5,
    "secondsFromFirstLost": 7.5,
    "secondsFromFault": None,
    "requests": 12_345,
    "lost": 6,
    "lostStraight": None,
    "passed": 1,
    "times": 1,
}
AT = "2026-11-21T06:00:00+00:00"
CAUGHT = Result("slow", True, 60.0, FACTS, [], "abc", AT)


def test_the_page_has_every_result_and_names_what_was_not_run() -> None:
    drawn = page({"slow": CAUGHT})

    assert "| 25 % | 1.5 s | 7.5 s | - | 12,345 | 6 | - | ok, 2026-11-21 06:00 UTC, abc |" in drawn
    assert "median 7.5 s, of the 1 scenarios that lost requests; 0 more rolled back" in drawn
    missing = drawn.split("Not run: ")[1].rstrip(".\n").split(", ")
    assert missing == [name for name in NAMES if name != "slow"]


def test_a_part_that_ran_more_than_once_says_how_often_it_passed() -> None:
    often = Result("background", True, 60.0, {**FACTS, "passed": 7, "times": 7}, [], "abc", AT)

    assert "ok (7 of 7), 2026-11-21 06:00 UTC, abc |" in page({"background": often})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            '{"trials": 30, "good": 29, "requests": 45988, "lost": 1, "seed": 8}',
            "29 of 30 ended so; 1 of 45,988 requests failed (seed 8)",
        ),
        ("===== 134 passed in 7.82s =====", "134 passed in 7.82s"),
        ("Killed", "Killed"),
        ("E  a|b <!-- c", r"E  a\|b &lt;!-- c"),
    ],
)
def test_what_a_program_came_to_is_said_in_words(
    line: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "saying.py").write_text(f"print('before')\nprint({line!r})\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kills = next(part for part in COMMANDS if part.name == "kills")
    record = Record(tmp_path / "soak.jsonl")

    ok, facts, problems = replace(kills, arguments=("saying",), times=1).run(lambda _: None)
    record.append(Result("kills", ok, 1.0, facts, problems, "abc", AT))

    assert f"| {words} | ok, 2026-11-21 06:00 UTC, abc |" in page(record.newest())


def test_what_an_earlier_run_told_in_words_is_left_as_it_is() -> None:
    told = "trials 10, good 10, requests 45988, lost 0, seed 804984"
    result = Result("kills", True, 1.0, {"said": told}, [], "abc", AT)

    assert f"| {told} | ok, 2026-11-21 06:00 UTC, abc |" in page({"kills": result})


def test_a_part_that_failed_says_why() -> None:
    broken = Result("slow", False, 60.0, FACTS, ["exit 3, not 1"], "abc", AT)

    drawn = page({"slow": broken})

    assert "NOT OK" in drawn
    assert "**slow** did not end as expected: exit 3, not 1" in drawn


def test_a_part_that_ran_twice_counts_by_its_newest_result(tmp_path: Path) -> None:
    record = Record(tmp_path / "soak.jsonl")
    newer = Result("slow", False, 1.0, FACTS, ["worse"], "abc", AT)

    record.append(CAUGHT)
    record.append(newer)

    assert record.newest() == {"slow": newer}
