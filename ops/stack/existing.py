"""Which stacks there are, for a command that was given one that there is not."""

from __future__ import annotations

import difflib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.stack.backend import current_backend
from ops.stack.stack_file import stack_file
from rollout.command import Command

_FILE_PREFIX, _FILE_SUFFIX = "Pulumi.", ".yaml"


@dataclass(frozen=True, slots=True)
class Backend:
    """What the backend that is logged in to says of this project."""

    url: str
    """Empty where nobody has logged in."""
    stacks: tuple[str, ...] | None
    """The names, as the CLI lists them; `None` where it does not answer."""

    @classmethod
    def read(cls, folder: Path, environ: Mapping[str, str]) -> Backend:
        """Ask the CLI; whatever it does not answer is left out, since an error is told already."""
        listed = _document(folder, environ, "stack", "ls", "--json")
        names = None
        if isinstance(listed, list):
            names = tuple(str(each["name"]) for each in listed if "name" in each)
        return cls(current_backend(folder, environ), names)


def no_stack_text(folder: Path, stack: str, environ: Mapping[str, str]) -> str:
    """What is told of a stack that the backend does not have."""
    return described(
        stack,
        Backend.read(folder, environ),
        files=file_stacks(folder),
        is_by_environment=environ.get("PULUMI_STACK") == stack,
    )


def no_file_text(folder: Path, stack: str, *, is_there: bool) -> str:
    """What is told of a stack that has no file in `folder`; `is_there`: the backend has it."""
    others = [each for each in file_stacks(folder) if each != _short(stack)]
    here = f"; here are those of {', '.join(others)}" if others else ""
    near = nearest(stack, others)
    refresh = Command.of("pulumi", "config", "refresh", "--stack", stack)
    fixes = [f"did you mean {near}? Then --stack {near}"] if near else []
    if is_there:
        fixes.append(f"{refresh}   # writes it as the newest update had it")
    fix = "\n            ".join(fixes) or "name one of these with --stack"
    return (
        f"there is no {stack_file(folder, stack).name} in {folder}\n"
        f"  expected: the stack's file{here}\n"
        f"  fix:      {fix}"
    )


def file_stacks(folder: Path) -> tuple[str, ...]:
    """The stacks that have a file in `folder`, in order."""
    found = folder.glob(f"{_FILE_PREFIX}*{_FILE_SUFFIX}")
    names = (file.name[len(_FILE_PREFIX) : -len(_FILE_SUFFIX)] for file in found)
    return tuple(sorted(name for name in names if name))


def described(
    stack: str, backend: Backend, *, files: Sequence[str], is_by_environment: bool = False
) -> str:
    """There is no such stack: what there is, and what to type.

    Args:
        stack: What was asked for, in any form: `prod`, `org/project/prod`.
        backend: What there is.
        files: The stacks with a file in the project's folder.
        is_by_environment: Whether the name may come from PULUMI_STACK.
    """
    at = f" {backend.url}" if backend.url else ""
    named = " (PULUMI_STACK names it)" if is_by_environment else ""
    return (
        f"there is no stack {stack} in the backend{at}{named}\n"
        f"  expected: {_expected(backend.stacks)}\n"
        f"  fix:      {_fix(stack, backend.stacks or (), files)}"
    )


def _expected(stacks: Sequence[str] | None) -> str:
    if stacks is None:
        return "a stack that `pulumi stack ls` lists"
    if not stacks:
        return "a stack of this project; the backend has none"
    return f"a stack that `pulumi stack ls` lists: {', '.join(stacks)}"


def _fix(stack: str, stacks: Sequence[str], files: Sequence[str]) -> str:
    """What is nearest to what was typed; a stack with a file is missing, not misspelt."""
    short = _short(stack)
    near = nearest(stack, stacks)
    if near and (short not in files or _short(near) == short):
        return f"did you mean {near}? Then --stack {near}"
    if stacks and short not in files:
        return "name one of these with --stack"
    here = f"{stack_file(Path(), short)} is here: " if short in files else ""
    return (
        f"{here}is this the right backend, or was the stack never made?\n"
        "            pulumi whoami --verbose   # names the backend\n"
        f"            {Command.of('pulumi', 'stack', 'init', stack)}   # makes the stack, empty"
    )


def nearest(stack: str, stacks: Sequence[str]) -> str | None:
    """The stack whose name is most like `stack`, the organization aside; None where none is."""
    by_short = {_short(each).lower(): each for each in reversed(stacks)}
    found = difflib.get_close_matches(_short(stack).lower(), list(by_short), n=1)
    return by_short[found[0]] if found else None


def _short(stack: str) -> str:
    return stack.rpartition("/")[2]


def _document(folder: Path, environ: Mapping[str, str], *arguments: str) -> Any:
    try:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=folder,
            env={**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, json.JSONDecodeError):
        return None
