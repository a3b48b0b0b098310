from __future__ import annotations

import io
import threading

from probe.process.host import MAX_WAITING, BackgroundWriter


class Stuck(io.StringIO):
    """A reader that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        self.let_go.wait()
        return super().write(text)


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_lines_arrive_in_order_and_whole() -> None:
    stream = io.StringIO()
    writer = BackgroundWriter(stream)
    for n in range(100):
        writer.write_line(f"line {n}")

    writer.close()

    assert stream.getvalue() == "".join(f"line {n}\n" for n in range(100))


def test_a_reader_that_is_stuck_holds_nothing_up_and_costs_lines_but_not_the_last() -> None:
    stream = Stuck()
    writer = BackgroundWriter(stream)
    writer.write_line("first")
    stream.reached.wait()
    for n in range(MAX_WAITING + 50):
        writer.write_line(f"line {n}")
    dropped = writer.dropped
    stream.let_go.set()

    writer.close("the summary")

    assert dropped == 50
    assert stream.getvalue().endswith(f"line {MAX_WAITING - 1}\nthe summary\n")


def test_a_reader_that_has_gone_is_remembered_and_stops_nothing() -> None:
    writer = BackgroundWriter(Gone())
    writer.write_line("a")
    writer.write_line("b")

    writer.close()

    assert writer.error == "Broken pipe"
