from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import failover
from ops.journal.journal import FILE_NAME, FileJournal
from ops.report.report import PAGE, SUMMARY, ReportError, write_report
from ops.report.story import story_of
from rollout.entry import Entry
from rollout.ramp_event import (
    GateVerdict,
    RampEnd,
    RampStart,
    Resumption,
    RollbackEnd,
    RollbackStart,
    SplitReadBack,
    StageStart,
    UpdateEnd,
)
from rollout.verdict import Outcome
from tests.ops.report.sample import (
    BACK_AT,
    REASON,
    STAGES,
    START,
    entries,
    entry,
    said,
    written_folder,
)

VOID = {"meta", "br", "path"}


class Nesting(HTMLParser):
    """Fails at a tag that is closed in the wrong place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_weights_over_time_are_those_that_were_read_back() -> None:
    story = story_of(entries())

    assert story is not None
    assert [(round(at_s - START.timestamp()), weight) for at_s, weight in story.weights] == [
        (0, 0),
        *((round(seconds), weight) for weight, seconds in STAGES),
        (round(BACK_AT), 0),
        (64, 0),
    ]


def test_the_update_that_ends_the_floors_is_no_time_of_the_last_stage() -> None:
    made = entries(rolls_back=False)
    end = made.pop()
    floors = entry(62, UpdateEnd, seconds=30.0, changed={"update": 4}, error="")

    story = story_of([*made, floors, end])

    assert story is not None
    assert [row.up_seconds for row in story.rows] == [4.0, 4.0, 4.0]


def test_what_a_gate_said_holds_until_it_said_something_else() -> None:
    story = story_of(entries())

    assert story is not None
    probe = [(s.outcome, round(s.end_s - START.timestamp())) for s in story.verdicts["probe"]]
    assert probe == [(Outcome.INCONCLUSIVE, 4), (Outcome.PASS, 53), (Outcome.FAIL, 64)]


def test_what_a_gate_repeats_of_a_stage_is_one_verdict_with_the_newest_reason() -> None:
    first = said(1, 0, "smoke", "pass", "10 of 10")
    again = said(5, 0, "smoke", "pass", "20 of 20")
    later = said(9, 1, "smoke", "pass", "30 of 30")

    story = story_of([entries()[0], first, again, later])

    assert story is not None
    told = [(s.stage, s.start_s - START.timestamp(), s.reason) for s in story.verdicts["smoke"]]
    assert told == [(0, 1, "20 of 20"), (1, 9, "30 of 30")]


def resumed(seconds: float) -> Entry:
    facts = {
        "found": "stage 1",
        "by": "ci",
        "host": "build-7",
        "pid": 7,
        "until": "2026-11-21T10:00:00Z",
    }
    return entry(seconds, Resumption, **facts)


def test_a_gate_that_nobody_asked_between_a_kill_and_the_next_run_said_nothing() -> None:
    journal = [
        entries()[0],
        said(1, 0, "smoke", "pass", "10 of 10"),
        said(5, 0, "probe", "pass", "0 of 20"),
        resumed(3600),
        said(3601, 0, "smoke", "pass", "10 of 10"),
        resumed(7200),
        said(7300, 0, "smoke", "fail", "9 of 10"),
    ]

    story = story_of(journal)

    assert story is not None
    begun = START.timestamp()
    assert [(s.start_s - begun, s.end_s - begun) for s in story.verdicts["smoke"]] == [
        (1, 5),
        (3601, 3601),
        (7300, 7300),
    ]


def test_a_ramp_that_was_over_and_is_taken_back_by_hand_is_not_over() -> None:
    again = [resumed(70), entry(71, RollbackStart, why="a person asked", to="100/0")]

    story = story_of([*entries(rolls_back=False), *again])

    assert story is not None
    assert (story.outcome, story.turn, story.verdict) == (
        "not over",
        "On its way back",
        Outcome.FAIL,
    )


def test_a_ramp_that_a_gate_refused_before_any_weight_moved_rolled_nothing_back() -> None:
    refused = [
        entry(5, RollbackStart, why=f"probe: {REASON}", to="100/0"),
        entry(6, RampEnd, outcome="refused", exit=1),
    ]

    story = story_of([entries()[0], *refused])

    assert story is not None
    assert (story.turn, story.verdict) == ("Refused", Outcome.FAIL)


def test_a_ramp_that_went_back_says_why_and_at_which_stage() -> None:
    story = story_of(entries())

    assert story is not None
    assert story.verdict is Outcome.FAIL
    assert [row.outcome for row in story.rows] == ["pass", "pass", "fail"]
    assert story.rollback == f"probe: {REASON}"


def test_a_rollback_by_hand_is_no_verdict_of_the_stage_that_it_came_in() -> None:
    journal = entries(rolls_back=False)
    journal += [
        resumed(70),
        entry(71, RollbackStart, why="by hand", to="100/0"),
        entry(75, RollbackEnd, to="100/0", seconds=4.0),
        entry(76, RampEnd, outcome="rolled back", exit=1),
    ]

    story = story_of(journal)

    assert story is not None
    assert [row.outcome for row in story.rows] == ["pass", "pass", "pass"]


def test_a_shift_by_hand_that_is_undone_has_no_verdict() -> None:
    shifted = [
        entry(1, StageStart, stage=1, of=1, split="50/50"),
        entry(1, SplitReadBack, stage=1, splits={"portal": "50/50", "web": "50/50"}),
        entry(1, RollbackStart, why="by hand", to="100/0"),
    ]

    story = story_of([entries()[0], *shifted])

    assert story is not None
    assert [row.outcome for row in story.rows] == [None]


BY_HAND = [
    entry(71, RollbackStart, why="by hand", to="100/0", by_hand=True),
    entry(75, RollbackEnd, to="100/0", seconds=4.0),
    entry(76, RampEnd, outcome="rolled back by hand", exit=0),
]


@pytest.mark.parametrize("begun", [1, len(entries(rolls_back=False))])
def test_a_rollback_by_hand_is_summed_up_as_that_and_as_no_failure(
    begun: int, tmp_path: Path
) -> None:
    journal = FileJournal(tmp_path)
    for each in [*entries(rolls_back=False)[:begun], resumed(70), *BY_HAND]:
        journal.append(each)

    written = write_report(tmp_path)

    text, page = written.text, written.page.read_text()
    assert text.startswith("### ❔ portal+web: rolled back by hand\n")
    assert "**Rolled back by hand in 4.00 s**\n" in text
    assert '<span class="badge inconclusive">rolled back by hand</span>' in page
    assert "<b>Rolled back by hand</b> in 4.00 s</p>" in page
    assert "efused" not in text + page


def test_a_rollback_by_hand_of_a_shift_that_no_ramp_made_is_told_as_one() -> None:
    start = entries()[0].event
    assert isinstance(start, RampStart)
    begun = replace(entries()[0], event=replace(start, undoes=True))
    shifted = entry(1, StageStart, stage=1, of=1, split="0/100")

    story = story_of([begun, shifted, *BY_HAND])

    assert story is not None
    assert story.path == "slot 02, shifted to 10 → 25 → 50 by no ramp, back to 100/0"
    assert story.turn == "Rolled back by hand"


@pytest.mark.parametrize("count", range(1, len(entries()) + 1))
def test_a_ramp_that_was_killed_at_any_moment_has_a_report(count: int, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    for each in entries()[:count]:
        journal.append(each)

    written = write_report(tmp_path)

    assert "portal+web" in written.text


def test_the_page_needs_no_network_and_has_every_series(tmp_path: Path) -> None:
    page = write_report(written_folder(tmp_path)).page.read_text()

    assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(https?:)?//""", page)
    assert "default-src 'none'" in page
    for series in ("slot-01", "slot-02", "line users", "line slot-01", "line slot-02", "edge"):
        assert re.search(rf'<path class="{series}" d="M[^"]+"', page), series
    for lane in ("targets", "smoke", "probe"):
        assert f'aria-label="Verdicts of {lane}' in page


def test_every_tag_of_the_page_is_closed_where_it_was_opened(tmp_path: Path) -> None:
    parser = Nesting()

    parser.feed(write_report(written_folder(tmp_path)).page.read_text())

    assert parser.open == []


def test_what_a_gate_says_cannot_break_the_page_or_the_table(tmp_path: Path) -> None:
    journal = FileJournal(written_folder(tmp_path))
    facts = {"stage": 3, "gate": "command", "outcome": "fail", "numbers": {}, "window": None}
    journal.append(entry(64, GateVerdict, **facts, reason='<script>alert("1")</script> | a\nb'))

    written = write_report(tmp_path)

    assert "<script" not in written.page.read_text()
    assert "\\| a b |" in written.text


def test_the_page_of_a_gate_that_changes_its_mind_all_day_stays_small(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.append(entries()[0])
    lines = [
        said(second, 1, "targets", outcome, f"web: {outcome} at {second}").line()
        for second in range(5, 5000)
        for outcome in ["fail" if second == 2500 else ("pass", "inconclusive")[second % 2]]
    ]
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write("\n".join(lines) + "\n")

    page = write_report(tmp_path).page.read_text()

    assert len(page) < 200_000
    assert "4895 earlier ones are in journal.jsonl" in page
    assert '<td class="words">web: pass at 4998</td>' in page
    lane = page.partition('aria-label="Verdicts of targets')[2].partition("</div></div>")[0]
    assert lane.count('class="fail"') == 1
    assert lane.count('class="inconclusive"') in range(390, 401)


def test_a_reason_in_the_summary_is_words_whatever_a_command_wrote(tmp_path: Path) -> None:
    journal = FileJournal(written_folder(tmp_path))
    facts = {"stage": 3, "gate": "command", "outcome": "fail", "numbers": {}, "window": None}
    journal.append(entry(64, GateVerdict, **facts, reason="<!-- @team a\\|b\r\nkept_alive_closed"))

    text = write_report(tmp_path).text

    assert "| &lt;!-- &#64;team a\\\\\\|b kept_alive_closed |" in text
    assert ", by a.person@" in text


def test_the_summary_says_the_outcome_the_reason_and_each_stage(tmp_path: Path) -> None:
    text = write_report(written_folder(tmp_path)).text

    assert text.startswith("### ❌ portal+web: rolled back\n")
    assert f"**Rolled back in 5.00 s:** probe: {REASON}" in text
    assert "| 3 | 50/50 | 4.00 s | 1.00 s | fail |" in text
    assert re.search(r"\d+ of 640 requests through the weights were lost", text)


def test_a_good_ramp_is_summed_up_as_done(tmp_path: Path) -> None:
    text = write_report(written_folder(tmp_path, rolls_back=False)).text

    assert text.startswith("### ✅ portal+web: done\n")
    assert "0 of 640 requests through the weights were lost" in text
    assert "Rolled back" not in text


def test_the_command_makes_both_files_and_prints_the_summary(tmp_path: Path) -> None:
    written_folder(tmp_path)

    result = CliRunner().invoke(failover, ["report", str(tmp_path)])

    assert result.exit_code == 0
    assert (tmp_path / SUMMARY).read_text() in result.output
    assert (tmp_path / PAGE).exists()


@pytest.mark.parametrize("text", [None, ""])
def test_a_folder_without_a_ramp_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / FILE_NAME).write_text(text)

    with pytest.raises(ReportError, match=str(FILE_NAME)):
        write_report(tmp_path)

    assert CliRunner().invoke(failover, ["report", str(tmp_path)]).exit_code == 2


def test_a_record_that_is_none_is_named(tmp_path: Path) -> None:
    written_folder(tmp_path)
    (tmp_path / "probe" / "users.jsonl").write_text("nonsense\n")

    with pytest.raises(ReportError, match=r"users\.jsonl line 1 is not a record line"):
        write_report(tmp_path)
