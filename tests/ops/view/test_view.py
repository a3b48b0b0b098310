from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from ops.traffic.answer import SlotAnswer, SlotStream
from ops.view.drawing import drawn
from ops.view.live import LiveView
from ops.view.state import ViewState, counted
from probe.record.line import RequestOutcome
from rollout.ramp_event import RampEnd, Resumption, RollbackEnd, RollbackStart, StackFileCommit
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import Outcome, Verdict
from tests.ops.report.sample import REASON, START, entries, entry

CLOSED = [(False, "", True), (False, "4e1f", False), (True, "", True)]
"""Whether a ramp went back, what it committed, and whether a commit is left to make: after a way
back too, since a person may have made those of the stages."""
BACKEND = "file:///home/somebody/projects/checkout/.rehearsal/backend"
NOW_S = START.timestamp() + 64


def answers(second: int, failing: Slot | None = None) -> list[SlotAnswer]:
    at_s = START.timestamp() + second
    return [
        SlotAnswer("web", stream, slot, said, at_s, at_s + n / 100, 12.0, None)
        for n in range(20)
        for stream in SlotStream
        for slot in [stream.slot or (Slot.SECOND if n < 5 else Slot.FIRST)]
        for said in [RequestOutcome.FAILED if slot is failing else RequestOutcome.OK]
    ]


def state_after(count: int | None = None) -> ViewState:
    state = ViewState()
    for each in entries()[:count]:
        state.saw(each)
    for second in range(60):
        counted(state.traffic, answers(second, Slot.SECOND if second > 50 else None), 200)
    state.judged(
        [
            Verdict("targets", Outcome.PASS, "web: slot 02: all 3 healthy"),
            Verdict("smoke", Outcome.INCONCLUSIVE, "the first round is not over"),
            Verdict("probe", Outcome.FAIL, REASON),
        ]
    )
    return state


def text_of(state: ViewState, width: int) -> str:
    console = Console(file=StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(drawn(state, NOW_S, width))
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 160, 220])
@pytest.mark.parametrize("count", [0, 1, 9, 16, None])
def test_no_line_of_the_view_is_wider_than_the_terminal(width: int, count: int | None) -> None:
    lines = text_of(state_after(count), width).splitlines()

    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [80, 160])
def test_the_view_has_stages_weights_both_slots_and_every_gate_with_its_reason(width: int) -> None:
    state = state_after(16)
    state.waits("stage 2/3 bakes", 12.0)

    text = text_of(state, width)

    for shown in ("RAMP", "100/0", "90/10 ✓", "[75/25]", "50/50", "01  75", "25 02"):
        assert shown in text
    assert "stage 2/3 bakes  12 s left" in text
    for shown in ("slot 01", "slot 02", "15.0", "12.0 ms", "? smoke", "✗ probe", "lost 9 of 220"):
        assert shown in text


@pytest.mark.parametrize("width", [80, 160])
def test_many_services_and_long_reasons_hide_neither_the_slot_nor_the_time_left(
    width: int,
) -> None:
    state = state_after(16)
    names = [f"service-number-{n}" for n in range(10)]
    state.services = tuple(names)
    reason = "; ".join(f"{name}: slot 02 lost 9 of 220 requests" for name in names)
    state.waits(f"stage 2/3 bakes: held by probe: {reason}", 599.0)
    state.judged(
        [
            Verdict("probe", Outcome.FAIL, reason),
            Verdict("command", Outcome.INCONCLUSIVE, "./check.sh: one\ntwo"),
        ]
    )

    lines = text_of(state, width).splitlines()

    assert " to slot 02   1 m 04 s" in lines[0]
    assert "9 m 59 s left" in next(line for line in lines if line.startswith("  now"))
    (first,) = (n for n, line in enumerate(lines) if "✗ probe" in line)
    assert lines[first + 1].startswith(" " * 13)
    assert lines[first + 2].rstrip() == "  ? command  ./check.sh: one two"
    assert max(map(len, lines)) <= width


def test_rates_losses_and_latencies_are_told_by_slot() -> None:
    rows = {
        line.split()[1]: line.split()
        for line in text_of(state_after(), 80).splitlines()
        if "slot 0" in line and " ms" in line
    }

    assert rows["01"][2:] == [
        "100",
        "%",
        "15.0",
        "35.0",
        "0",
        "2,100",
        "0.00",
        "12.0",
        "ms",
        "12.0",
        "ms",
    ]
    assert rows["02"][2:8] == ["0", "%", "5.0", "25.0", "225", "1,500"]


def test_a_ramp_that_was_done_and_is_taken_back_by_hand_is_shown_going_back() -> None:
    until = "2026-11-21T10:00:00Z"
    by_hand = {"found": "done", "by": "ci", "host": "build-7", "pid": 7, "until": until}
    state = ViewState()
    for each in (
        *entries(rolls_back=False),
        entry(70, Resumption, **by_hand),
        entry(71, RollbackStart, why="a person asked", to="100/0"),
    ):
        state.saw(each)

    text = text_of(state, 80)

    assert "ROLLING BACK" in text
    assert "DONE" not in text


def test_a_rollback_by_hand_has_a_title_of_its_own_and_a_reason_only_where_one_was_given() -> None:
    state = ViewState()
    state.saw(entries()[0])
    state.saw(entry(1, RollbackStart, why="by hand", to="100/0", by_hand=True))
    going = text_of(state, 80)
    state.saw(entry(2, RampEnd, outcome="rolled back by hand", exit=0))

    assert "ROLLING BACK BY HAND   portal+web off slot 02" in going
    assert "why" not in going
    assert "ROLLED BACK BY HAND" in text_of(state, 80)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, "…/checkout/.rehearsal/backend"),
        (100, "…/home/somebody/projects/checkout/.rehearsal/backend"),
        (120, BACKEND),
    ],
)
def test_of_a_long_backend_the_end_is_shown_which_tells_one_from_another(
    width: int, shown: str
) -> None:
    state = state_after(1)
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/1/2/3"
    state.stack = StackIdentity(BACKEND, "rehearsal", {"web": arn})

    line = next(line for line in text_of(state, width).splitlines() if "  stack " in line)

    assert line.rstrip() == f"  stack rehearsal   us-east-1 123456789012   {shown}"


def test_a_ramp_that_went_back_shows_why_and_how_it_ended() -> None:
    text = text_of(state_after(), 160)

    assert "ROLLED BACK" in text
    assert f"why   probe: {REASON}" in text


@pytest.mark.parametrize("width", [80, 160])
def test_the_whole_reason_stands_over_what_is_done_while_a_ramp_goes_back(width: int) -> None:
    *going_on, back = (e for e in entries() if not isinstance(e.event, RampEnd))
    assert isinstance(back.event, RollbackEnd)
    state = ViewState()
    for each in going_on:
        state.saw(each)
    state.waits("pulumi up", None)

    text = text_of(state, width)

    assert "ROLLING BACK" in text
    assert f"why probe: {REASON}" in " ".join(text.split())
    assert "now   pulumi up" in text


def test_the_newest_seconds_of_traffic_are_kept_and_no_more() -> None:
    seconds = state_after().traffic

    counted(seconds, answers(500), 200)

    assert len(seconds) == 1


def test_the_view_ends_with_its_last_state_on_the_terminal() -> None:
    console = Console(file=StringIO(), width=100, force_terminal=True)
    view = LiveView(console)
    for each in entries():
        view.saw(each)
    view.answered(answers(1))
    view.close()
    view.close()

    file = console.file
    assert isinstance(file, StringIO)
    assert "ROLLED BACK" in file.getvalue()


@pytest.mark.parametrize(("is_back", "commit", "is_said"), CLOSED)
def test_below_the_view_stands_the_whole_commit_to_make(
    is_back: bool, commit: str, is_said: bool
) -> None:
    console = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    view = LiveView(console)
    message = "web: ramp of 02 from 100/0 through 10,25,50,75,100 done, without floors"
    facts = {"message": message, "file": "Pulumi.prod.yaml", "commit": commit, "pushed": False}
    view.saw(entry(50, StackFileCommit, **facts))
    if is_back:
        view.saw(entry(51, RollbackStart, why=REASON, to="100/0"))

    view.close()

    file = console.file
    assert isinstance(file, StringIO)
    whole = f'commit to make: git commit -m "{message}" -- Pulumi.prod.yaml\n'
    assert file.getvalue().endswith(whole) is is_said


def test_a_split_that_was_read_back_is_the_live_one() -> None:
    assert state_after(10).live == Split(90, 10)
    assert state_after().live == Split(100, 0)
