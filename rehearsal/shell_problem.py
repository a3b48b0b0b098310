"""What is wrong with a shell that has the environment of a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rehearsal.shell_environment import LIFE_VARIABLE, root_in
from rehearsal.workspace import Running, Workspace
from rollout.command import Command, Shell

UNSET_COMMAND = Command.of("eval", Shell('"$(failover rehearse env --unset)"'))
_ENTER = Command.of("eval", Shell('"$(failover rehearse env)"'))


def shell_problem(environ: Mapping[str, str], project: Path | None) -> str | None:
    """Why no command can work in this shell, and what to type; None where nothing is wrong.

    Args:
        environ: The environment of the shell.
        project: The folder of the Pulumi project that the command is run in, where there is one.
    """
    root = root_in(environ)
    if root is None:
        return None
    running = _running_in(root)
    if running is None:
        up = Command.of("failover", "rehearse", "up").then(_ENTER)
        return (
            f"this shell has the environment of a rehearsal that has ended: {root}\n"
            "  expected: a rehearsal that runs, or a shell of your own environment\n"
            f"  fix:      {UNSET_COMMAND}\n"
            f"  or:       {up}"
        )
    if not _is_of(running, environ):
        return (
            f"this shell has the environment of an earlier rehearsal of {root}; the one that runs "
            f"there started at {running.started_at}\n"
            "  expected: the environment of that one, or your own\n"
            f"  fix:      {_ENTER}\n"
            f"  or:       {UNSET_COMMAND}"
        )
    if project is not None and project.resolve() != root.resolve() and not _shares(project):
        return (
            f"this shell has the environment of the rehearsal of {root}, but the project here is "
            f"{project}\n"
            "  expected: the project that the rehearsal belongs to, or a shell of your own "
            "environment\n"
            f"  fix:      {Command.of('cd', str(root))}\n"
            f"  or:       {UNSET_COMMAND}"
        )
    return None


def _shares(project: Path) -> bool:
    """Whether another clone has the stack's file, as a colleague's has, and no own rehearsal."""
    workspace = Workspace(project)
    return workspace.stack_file.exists() and not workspace.folder.exists()


def _running_in(root: Path) -> Running | None:
    return Workspace(root).read_running() if root.is_dir() else None


def _is_of(running: Running, environ: Mapping[str, str]) -> bool:
    """Whether the environment is that of this very rehearsal."""
    life = environ.get(LIFE_VARIABLE)
    if life is not None:
        return life == running.life
    return environ.get("AWS_ENDPOINT_URL") == running.endpoint  # of a former version
