import pytest

from pulumi_cli.errors import EventStreamError
from pulumi_cli.events import read_events
from tests.ops.plan.streaming import lines, reread, said, summary


def test_a_stream_is_read_event_by_event() -> None:
    events = reread(said("info", "hello"), summary())

    assert [event.kind for event in events] == ["diagnosticEvent", "summaryEvent"]


@pytest.mark.parametrize(
    "line",
    ["panic: runtime error", "[1, 2]", '{"sequence": 3}', '{"summaryEvent": 7}', '{"a": "b"'],
)
def test_a_line_that_is_no_event_is_named_with_its_number(line: str) -> None:
    text = lines(said("info", "hello")) + line + "\n"

    with pytest.raises(EventStreamError, match=r"line 2 of the engine's output") as caught:
        read_events(text.splitlines())

    assert line[:20] in str(caught.value)


def test_a_stream_that_breaks_off_is_a_crash_and_not_an_empty_plan() -> None:
    text = lines(said("info", "hello"))

    with pytest.raises(EventStreamError, match="breaks off after 1 events"):
        read_events(text.splitlines())


def test_a_long_line_is_not_quoted_whole() -> None:
    with pytest.raises(EventStreamError) as caught:
        read_events(["x" * 10_000])

    assert len(str(caught.value)) < 500
