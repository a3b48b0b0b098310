"""A command that fails as nobody foresaw."""

from __future__ import annotations

import click

CAUSES = {"fault": ZeroDivisionError("nobody thought of it"), "Ctrl-C": KeyboardInterrupt()}


@click.command("faulty")
@click.argument("cause")
def faulty(cause: str) -> None:
    """Raise it; anything else is bad input."""
    if cause not in CAUSES:
        raise click.UsageError(f"no {cause}")
    raise CAUSES[cause]
