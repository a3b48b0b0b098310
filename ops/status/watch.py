"""The status drawn again and again on a terminal, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.live import Live


def watch(draw: Callable[[], RenderableType], wait: Callable[[], object], console: Console) -> None:
    """Draw on a screen of its own and leave the last one behind.

    Each drawing replaces the one before in one write, so nothing flickers.

    Args:
        draw: Reads, and gives what to show.
        wait: Returns when it is time to draw again.
        console: A terminal.
    """
    newest = draw()
    try:
        with Live(newest, console=console, screen=True, auto_refresh=False) as live:
            while True:
                wait()
                newest = draw()
                live.update(newest, refresh=True)
    except KeyboardInterrupt:
        console.print(newest, highlight=False)
