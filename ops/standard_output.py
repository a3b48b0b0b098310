"""Where rich draws for a person: a terminal, or a pipe or file whose lines end where they end."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from typing import TextIO

from rich.console import Console


@contextlib.contextmanager
def console_on(file: TextIO | None = None, width: int | None = None) -> Generator[Console]:
    """A console on `file`, standard output if left out; text is taken as it is, without markup.

    Rich pads the cells of a table with blanks. A terminal does not show them; in a pipe they would
    be in every comparison and every quotation, so lines are stripped there.
    """
    out = file or sys.stdout
    console = Console(file=out, width=width, markup=False, emoji=False, highlight=False)
    if console.is_terminal:
        yield console
        return
    with console.capture() as captured:
        yield console
    out.write("\n".join(line.rstrip(" ") for line in captured.get().split("\n")))
