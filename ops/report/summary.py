"""A ramp as Markdown, for a pull request or a chat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ops.report.records import TrafficHistory
from ops.report.story import Story
from ops.traffic.answer import SlotStream
from ops.words import as_words
from probe.quantity import duration_text
from rollout.counts import Counts, excluded_rate
from rollout.verdict import Outcome

SIGNS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.INCONCLUSIVE: "❔"}


def summary_markdown(story: Story, traffic: TrafficHistory) -> str:
    """The whole summary, the outcome first; ends with a newline."""
    return "\n".join([*_head(story, traffic), "", *_stages(story), "", *_gates(story), ""])


def _head(story: Story, traffic: TrafficHistory) -> Iterator[str]:
    yield f"### {SIGNS[story.verdict]} {story.group}: {story.outcome}"
    yield ""
    started = datetime.fromtimestamp(story.started_s, UTC)
    took = duration_text(max(story.ended_s - story.started_s, 0.0))
    yield f"S{story.path[1:]}, {started:%Y-%m-%d %H:%M} UTC, {took}, by {story.by}."
    if story.rollback:
        back = story.rollback_seconds
        took_back = "" if back is None else f" in {duration_text(back)}"
        yield ""
        why = f": {_in_one_line(story.why)}" if story.why else ""
        yield f"**{story.turn}{took_back}{why[:1]}**{why[1:]}"
    users = Counts(traffic.failed(SlotStream.USERS), traffic.total(SlotStream.USERS))
    if users.total:
        yield ""
        yield (
            f"{users.bad:,} of {users.total:,} requests through the weights were lost; "
            f"a rate above {excluded_rate(users) * 100:.2g} % is ruled out at 95 %."
        )


def _stages(story: Story) -> Iterator[str]:
    if not story.rows:
        yield "No stage began."
        return
    yield "| stage | split | `pulumi up` | in the traffic after | verdict |"
    yield "|---|---|---|---|---|"
    for row in story.rows:
        up = "-" if row.up_seconds is None else duration_text(row.up_seconds)
        arrived = "-" if row.propagation_seconds is None else duration_text(row.propagation_seconds)
        yield f"| {row.number} | {row.split} | {up} | {arrived} | {row.outcome or '-'} |"


def _gates(story: Story) -> Iterator[str]:
    if not story.verdicts:
        yield "No gate has reported a verdict."
        return
    yield "| gate | last verdict | why |"
    yield "|---|---|---|"
    for gate, verdicts in story.verdicts.items():
        last = next((each for each in verdicts if each.outcome is Outcome.FAIL), verdicts[-1])
        yield f"| {gate} | {SIGNS[last.outcome]} {last.outcome} | {_in_one_line(last.reason)} |"


def _in_one_line(reason: str) -> str:
    """A gate's reason in one line: it may hold anything that a command or a page wrote."""
    return as_words(" ".join(reason.split()))
