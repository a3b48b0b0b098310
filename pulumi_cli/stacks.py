"""Which backend and which stack are meant, which stacks there are, and what to do without one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from pulumi_cli.errors import NoStackError, PulumiError, StackError, access_fault
from pulumi_cli.events import error_text
from pulumi_cli.process import run_process
from rollout.command import Command
from rollout.json_value import is_list
from rollout.stack_identity import without_query

_NONE_SELECTED = "no stack selected"
"""What the CLI writes, with the exit code of any other error. Source: measured, CLI 3.255.0."""

HOSTED = "https://api.pulumi.com"
"""Where the CLI logs in to by itself, given an access token."""

_FILE_PREFIX, _FILE_SUFFIX = "Pulumi.", ".yaml"


@dataclass(frozen=True, slots=True)
class Backend:
    """The stacks of this project in the backend that is logged in to."""

    url: str
    """Empty without a login."""
    stacks: tuple[str, ...] | None
    """The names, as the CLI lists them; `None` where the backend does not answer."""

    @classmethod
    def read(cls, folder: Path, environ: Mapping[str, str]) -> Backend:
        """Ask the CLI. A failure is left out: the error that needs the names is reported anyway."""
        url = current_backend(folder, environ)
        arguments = ("stack", "ls", "--json", "--non-interactive")
        try:
            done = run_process(arguments, folder, {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"})
            listed = json.loads(done.stdout) if done.returncode == 0 else None
        except (StackError, OSError, json.JSONDecodeError):
            return cls(url, None)
        if not is_list(listed):
            return cls(url, None)
        return cls(url, tuple(str(each["name"]) for each in listed if "name" in each))


def stack_file(folder: Path, stack: str) -> Path:
    """`Pulumi.<stack>.yaml`, however the stack is named: `prod`, `org/project/prod`."""
    return folder / f"{_FILE_PREFIX}{_short(stack)}{_FILE_SUFFIX}"


def file_stacks(folder: Path) -> tuple[str, ...]:
    """The stacks that have a file in `folder`, in order."""
    found = folder.glob(f"{_FILE_PREFIX}*{_FILE_SUFFIX}")
    names = (file.name[len(_FILE_PREFIX) : -len(_FILE_SUFFIX)] for file in found)
    return tuple(sorted(name for name in names if name))


def selected_stack(folder: Path, named: str | None, environ: Mapping[str, str]) -> str:
    """The stack that the CLI would take: `named`, else PULUMI_STACK, else the selected one.

    Raises:
        NoStackError: none is named, and none is selected.
        EngineAccessError: no login.
        PulumiError: the backend does not answer, or there is no CLI.
    """
    stack = named or environ.get("PULUMI_STACK")
    if stack:
        return stack
    done = run_process(("stack", "--show-name", "--non-interactive"), folder, environ)
    if done.returncode == 0:
        return done.stdout.strip()
    why = error_text(done.stdout, done.stderr)
    if _NONE_SELECTED not in why:
        failed = PulumiError(f"cannot read which stack is selected:\n{why}")
        raise access_fault(why) or failed
    select = Command.of("pulumi", "stack", "select")
    selections = [str(select.with_options(name)) for name in file_stacks(folder)]
    raise NoStackError(
        "no stack is selected\n"
        "  expected: a stack, selected in this folder or named by PULUMI_STACK\n"
        f"  fix:      {' or '.join(selections) or select}, or the same again with --stack"
    )


def no_stack_text(folder: Path, stack: str, environ: Mapping[str, str]) -> str:
    """The error for a stack that the backend does not have."""
    return missing_stack_text(
        stack,
        Backend.read(folder, environ),
        files=file_stacks(folder),
        is_by_environment=environ.get("PULUMI_STACK") == stack,
    )


def no_file_text(folder: Path, stack: str, *, is_there: bool) -> str:
    """The error for a stack without a file in `folder`; `is_there`: the backend has the stack."""
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


def missing_stack_text(
    stack: str, backend: Backend, *, files: Sequence[str], is_by_environment: bool = False
) -> str:
    """The error for a stack that does not exist, with the stacks that do.

    Args:
        stack: What was asked for, in any form: `prod`, `org/project/prod`.
        backend: The stacks that exist.
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


def current_backend(folder: Path, environ: Mapping[str, str]) -> str:
    """The URL of the backend, without its options; empty without a login. Nothing is asked for it.

    In the order in which the CLI looks. Source: Pulumi docs, "Managing state & backends".

    Args:
        folder: The folder that holds Pulumi.yaml.
        environ: The environment of the CLI.
    """
    named = environ.get("PULUMI_BACKEND_URL") or _of_project(folder) or _of_login(environ)
    if not named and environ.get("PULUMI_ACCESS_TOKEN"):
        named = environ.get("PULUMI_API") or HOSTED
    plain = without_query(named)
    scheme, separator, path = plain.partition("://")
    if scheme == "file" and path.startswith("~"):
        return f"{scheme}{separator}{Path(path).expanduser()}"
    return plain


def nearest(stack: str, stacks: Sequence[str]) -> str | None:
    """The stack whose name is most like `stack`, the organization aside; None where none is."""
    by_short = {_short(each).lower(): each for each in reversed(stacks)}
    found = difflib.get_close_matches(_short(stack).lower(), list(by_short), n=1)
    return by_short[found[0]] if found else None


def _expected(stacks: Sequence[str] | None) -> str:
    if stacks is None:
        return "a stack that `pulumi stack ls` lists"
    if not stacks:
        return "a stack of this project; the backend has none"
    return f"a stack that `pulumi stack ls` lists: {', '.join(stacks)}"


def _fix(stack: str, stacks: Sequence[str], files: Sequence[str]) -> str:
    """The nearest name; a stack with a file is missing, not misspelt."""
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


def _short(stack: str) -> str:
    return stack.rpartition("/")[2]


def _of_project(folder: Path) -> str:
    try:
        project = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
        return str(project["backend"]["url"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return ""  # the CLI reports what is wrong with the file


def _of_login(environ: Mapping[str, str]) -> str:
    home = environ.get("PULUMI_CREDENTIALS_PATH") or environ.get("PULUMI_HOME")
    folder = Path(home) if home else Path.home() / ".pulumi"
    try:
        return str(json.loads((folder / "credentials.json").read_text()).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""
