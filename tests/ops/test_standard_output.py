from __future__ import annotations

import io

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ops.standard_output import console_on


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def table() -> Table:
    made = Table("slot", "targets", box=None)
    made.add_row("web-01", "[bold] is text :smile:")
    made.add_row("web-02", "")
    return made


def test_no_line_in_a_pipe_ends_in_blanks() -> None:
    pipe = io.StringIO()

    with console_on(pipe) as console:
        console.print(Group(table(), Text("end")))

    lines = pipe.getvalue().split("\n")
    assert lines == [line.rstrip() for line in lines]
    assert [line.split() for line in lines[1:]] == [
        ["web-01", "[bold]", "is", "text", ":smile:"],
        ["web-02"],
        ["end"],
        [],
    ]


def test_a_terminal_gets_everything_as_it_is_drawn() -> None:
    terminal = Terminal()

    with console_on(terminal, width=60) as console:
        console.print(table())

        assert "web-02" in terminal.getvalue()
