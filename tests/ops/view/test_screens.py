"""Whole screens of the live view, compared line by line at the widths that people have.

`TZ=UTC python -m tests.ops.view.test_screens` writes them anew: read the difference, then commit.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ops.view.drawing import SHOWN_SERVICES, drawn, gate_lines
from ops.view.state import Second, ViewState
from ops.view.traffic_lines import traffic_lines
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import Outcome, ServiceFinding, Verdict, worst
from tests.ops.view.test_view import NOW_S, state_after

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (80, 100, 120, 160)
SERVICES = {2: ("portal", "web"), 10: tuple(f"service-{number}" for number in range(10))}
PASS, FAIL, HOLD = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
PROBED = {
    PASS: "0 of 1,234 requests to slot 02 failed; more than 0.24 % is ruled out at 95 %",
    FAIL: "slot 02 lost 9 of 220 requests in the last minute (4.09 %: 9 status 500)",
    HOLD: "only 3 answers of slot 02 in 12 s, of at least 20",
}
OUTCOMES = st.sampled_from(list(Outcome))
WORDS = st.text(st.sampled_from("abc :;%0123456789"), max_size=120)


def verdict(gate: str, outcomes: dict[str, Outcome], said: dict[Outcome, str]) -> Verdict:
    """As a gate makes it: the reason has the services of the worst outcome alone."""
    findings = tuple(
        ServiceFinding(name, outcome, f"{name}: {said[outcome]}")
        for name, outcome in outcomes.items()
    )
    outcome = worst(outcomes.values())
    reason = "; ".join(each.reason for each in findings if each.outcome is outcome)
    return Verdict(gate, outcome, reason, services=findings)


def busy(count: int) -> ViewState:
    """A ramp of so many services in mid-stage, under 6,000 requests a second."""
    state, names = state_after(16), SERVICES[count]
    state.services = names
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/1/2/3"
    state.stack = StackIdentity("s3://team-state", "prod", dict.fromkeys(names, arn))
    state.waits("stage 2/3 bakes", 599.0)
    state.waits("stage 2/3 bakes", 312.0)
    for second in state.traffic.values():
        for counts in (second.users, second.requests, second.failed):
            for side in counts:
                counts[side] *= 100
        second.latencies_ms = {Slot.FIRST: [12.3, 456.7], Slot.SECOND: [999.9, 12_345.6]}
    bad = {1: FAIL, 2: HOLD, 3: FAIL, 4: HOLD, 6: HOLD}
    state.judged(
        [
            verdict("targets", dict.fromkeys(names, PASS), {PASS: "slot 02: all 3 healthy"}),
            verdict("smoke", {**dict.fromkeys(names, PASS), names[0]: HOLD}, PROBED),
            Verdict("alarms", PASS, "none of 8 alarms is on"),
            verdict("probe", {n: bad.get(i, PASS) for i, n in enumerate(names)}, PROBED),
        ]
    )
    return state


def screen(state: ViewState, width: int, height: int | None = None) -> str:
    """What is on the terminal, without colour."""
    file = StringIO()
    console = Console(file=file, width=width, force_terminal=False, color_system=None)
    console.print(drawn(state, NOW_S, width, height))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The notes have the time of the terminal's zone."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", SERVICES)
def test_a_screen_is_whole_at_every_width_and_needs_no_colour(width: int, count: int) -> None:
    expected = (SCREENS / f"{count}-services-{width}.txt").read_text(encoding="utf-8")

    assert screen(busy(count), width).splitlines() == expected.splitlines()


@pytest.mark.parametrize("width", WIDTHS)
def test_slots_counts_stack_and_where_it_is_are_whole_at_every_width(width: int) -> None:
    lines = screen(busy(2), width).splitlines()

    assert lines[1] == "  stack prod   us-east-1 123456789012   s3://team-state"
    for slot, lost, asked in (("slot 01", "0", "210,000"), ("slot 02", "22,500", "150,000")):
        (row,) = [line for line in lines if line.startswith(f"  {slot} ")]
        assert {lost, asked} <= set(row.split())
    assert not any("…" in line for line in lines if "slot 0" in line and "%" not in line)


@given(
    first=st.integers(0, 100),
    width=st.integers(60, 220),
)
def test_the_bar_tells_the_slots_apart_by_their_characters(first: int, width: int) -> None:
    state = busy(2)
    state.live = Split(first, 100 - first)

    (bar,) = [line for line in screen(state, width).splitlines() if line.startswith("  live")]

    cells = width - 30
    assert bar.count("█") == round(first / 100 * cells)
    assert bar.count("█") + bar.count("░") == cells
    assert bar.startswith(f"  live  01 {first:>3} ")
    assert bar.endswith(f" {100 - first:>3} 02")


def test_seconds_in_which_requests_were_lost_are_marked_below_the_bars() -> None:
    lines = screen(busy(2), 80).splitlines()

    (place,) = [n for n, line in enumerate(lines) if set(line.strip()) == {"✗"}]
    assert len(lines[place].strip()) == 8
    assert len(lines[place]) == len(lines[place - 1])
    assert lines[place + 1].endswith("; ✗ lost some")


@pytest.mark.usefixtures("utc")
def test_a_low_terminal_keeps_the_gates_and_gives_up_the_notes() -> None:
    lines = screen(busy(10), 80, height=24).splitlines()

    assert len(lines) <= 23
    assert any("service-1: slot 02 lost" in line for line in lines)
    assert lines[-1].strip().startswith("Ctrl-C")
    assert not any("09:00:2" in line for line in lines)


@given(
    verdicts=st.lists(
        st.builds(
            lambda outcomes, reason: Verdict(
                "probe",
                worst(outcomes.values()),
                reason,
                services=tuple(
                    ServiceFinding(name, outcome, f"{name}: {reason}")
                    for name, outcome in outcomes.items()
                ),
            ),
            st.dictionaries(st.sampled_from(SERVICES[10]), OUTCOMES),
            WORDS,
        ),
        max_size=3,
    ),
    width=st.integers(60, 220),
)
@settings(max_examples=60)
def test_every_service_of_a_gate_is_shown_or_counted_and_no_line_is_too_wide(
    verdicts: list[Verdict], width: int
) -> None:
    for each in verdicts:
        lines = [text.plain for text in gate_lines([each], width)]
        text = " ".join(lines)

        assert max(map(len, lines)) <= width
        if len(each.services) < 2:
            continue
        named = sum(f"{finding.service}" in text for finding in each.services)
        more = sum(int(word[1:]) for word in text.split() if word[:1] == "+")
        if all(finding.outcome is PASS for finding in each.services):
            assert f"all {len(each.services)} pass" in text or named == len(each.services)
        else:
            failing = sum(finding.outcome is not PASS for finding in each.services)
            assert more + min(failing, SHOWN_SERVICES) == len(each.services)


def test_the_worst_services_have_the_lines() -> None:
    outcomes = dict(
        zip(SERVICES[10], [PASS, HOLD, PASS, FAIL, HOLD, FAIL, PASS, FAIL], strict=False)
    )

    lines = [text.plain for text in gate_lines([verdict("probe", outcomes, PROBED)], 100)]

    assert [line.split(":")[0].split()[-2:] for line in lines[:3]] == [
        ["✗", "service-3"],
        ["✗", "service-5"],
        ["✗", "service-7"],
    ]
    assert lines[3].strip() == (
        "+2 more inconclusive: service-1, service-4; +3 more pass: service-0, service-2, service-6"
    )


@given(
    users=st.integers(0, 10**6),
    requests=st.integers(0, 10**7),
    failed=st.integers(0, 10**7),
    latency_ms=st.floats(0, 10**6),
    width=st.integers(60, 220),
)
def test_no_cell_of_the_traffic_is_cut_whatever_the_numbers(
    users: int, requests: int, failed: int, latency_ms: float, width: int
) -> None:
    state = state_after(16)
    for slot in Slot:
        second = Second({slot: users}, {slot: requests}, {slot: failed}, {slot: [latency_ms]})
        state.traffic = {1: second, 2: Second()}
        lines = [text.plain for text in traffic_lines(state, width)]

        assert max(map(len, lines)) <= width
        assert lines[0].split()[0] == "traffic"
        assert {"lost", "of"} <= set(lines[0].split())
        (row,) = [line for line in lines if f"slot {slot}" in line]
        assert {f"{failed:,}", f"{requests:,}"} <= set(row.split())
        assert "…" not in "".join(lines)


if __name__ == "__main__":
    for number in SERVICES:
        for columns in WIDTHS:
            path = SCREENS / f"{number}-services-{columns}.txt"
            path.write_text(screen(busy(number), columns), encoding="utf-8")
