"""The environment by which pulumi, the AWS CLI, boto3 and Terraform meet the local AWS.

A shell that has the environment of another rehearsal is reported.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from rehearsal.workspace import STACK, Running, Workspace
from rollout.command import Command, Shell

UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_CA_BUNDLE")
"""Variables of a person's shell that would lead a client away from the local AWS."""

ROOT_VARIABLE = "FAILOVER_REHEARSAL"
"""Holds the clone whose rehearsal the shell is for."""
LIFE_VARIABLE = "FAILOVER_REHEARSAL_LIFE"
PATH_VARIABLE = "FAILOVER_REHEARSAL_PATH"
"""Holds the folder that was put on PATH, where one was."""
EARLIER = "FAILOVER_EARLIER_"
"""Before the name of a variable: what it was before."""
_BACKEND = re.compile(r"file://(?P<root>.+)/\.rehearsal/backend(?:\?.*)?")

SET = (
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "NO_PROXY",
    "no_proxy",
    "FAILOVER_HTTP_ADDRESS",
    "FAILOVER_HTTPS_ADDRESS",
    "FAILOVER_CA_FILE",
    "PULUMI_STACK",
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_HOME",
    "PULUMI_DEBUG_PROVIDERS",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    "PULUMI_SKIP_UPDATE_CHECK",
    ROOT_VARIABLE,
    LIFE_VARIABLE,
)
"""The names that `shell_variables` sets."""

_LOOPBACK = "127.0.0.1,localhost"

UNSET_COMMAND = Command.of("eval", Shell('"$(failover rehearse env --unset)"'))
_ENTER = Command.of("eval", Shell('"$(failover rehearse env)"'))


def shell_variables(workspace: Workspace, running: Running) -> dict[str, str]:
    """Name -> value of everything that differs from a plain shell, `PATH` apart.

    boto3 ignores `AWS_REGION` and reads `AWS_DEFAULT_REGION`, hence both. The config and
    credentials files are named away, so that no profile of the person's takes part.
    """
    return {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": _LOOPBACK,
        "no_proxy": _LOOPBACK,
        "FAILOVER_HTTP_ADDRESS": f"127.0.0.1:{running.http_port}",
        "FAILOVER_HTTPS_ADDRESS": f"127.0.0.1:{running.https_port}",
        "FAILOVER_CA_FILE": str(workspace.ca_file),
        "PULUMI_STACK": STACK,
        # Without the note of each file's metadata, which is written in place: an engine that is
        # killed while it writes one would leave a stack that cannot be read.
        "PULUMI_BACKEND_URL": f"{workspace.backend_url}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": workspace.passphrase(),
        "PULUMI_HOME": str(workspace.home),
        "PULUMI_DEBUG_PROVIDERS": f"aws:{running.provider_port}",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        ROOT_VARIABLE: str(workspace.root),
        LIFE_VARIABLE: running.life,
    }


def process_environment(
    workspace: Workspace, running: Running, inherited: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of a child process, on top of what this one inherited."""
    env = {name: value for name, value in inherited.items() if not _leads_away(name)}
    env.update(shell_variables(workspace, running))
    env["PATH"] = os.pathsep.join([str(_bin_folder(workspace)), inherited.get("PATH", "")])
    return env


def as_shell(workspace: Workspace, running: Running) -> str:
    """Lines for `eval` in a POSIX shell.

    What each variable was before is kept in another, so that `as_restoring_shell` can restore it;
    the shell copies it, so that no value of the person's is printed.
    """
    away = sorted({*UNSET, *(name for name in os.environ if _leads_away(name))})
    variables = shell_variables(workspace, running)
    lines = [f'if [ -z "${{{ROOT_VARIABLE}-}}" ]; then']
    lines += [_keeping(name) for name in (*away, *variables)]
    lines += ["fi", f"unset {' '.join(away)}"]
    for name, value in variables.items():
        lines.append(f"export {name}={shlex.quote(value)}")
    folder = shlex.quote(str(_bin_folder(workspace)))
    lines.append(
        f'case ":$PATH:" in *:{folder}:*) ;; '
        f'*) export PATH={folder}:"$PATH" {PATH_VARIABLE}={folder} ;; esac'
    )
    return "\n".join(lines)


def as_restoring_shell(environ: Mapping[str, str]) -> str:
    """Lines for `eval` that give a shell back what it had before `as_shell`.

    Nothing where the shell has no rehearsal's environment. One that a former version gave has kept
    no earlier values, so its variables are only unset.

    Args:
        environ: The environment of the shell.
    """
    if root_in(environ) is None:
        return ""
    earlier = [name.removeprefix(EARLIER) for name in environ if name.startswith(EARLIER)]
    lines = [f'export {name}="${EARLIER}{name}"' for name in sorted(earlier)]
    gone = [name for name in SET if name not in earlier]
    added = environ.get(PATH_VARIABLE)
    if added:
        path = [each for each in environ.get("PATH", "").split(os.pathsep) if each != added]
        lines.append(f"export PATH={shlex.quote(os.pathsep.join(path))}")
    gone += [f"{EARLIER}{name}" for name in sorted(earlier)]
    return "\n".join([*lines, f"unset {' '.join([*gone, PATH_VARIABLE])}"])


def root_in(environ: Mapping[str, str]) -> Path | None:
    """The clone whose rehearsal an environment is for; None where it is for none."""
    named = environ.get(ROOT_VARIABLE)
    if named:
        return Path(named)
    found = _BACKEND.fullmatch(environ.get("PULUMI_BACKEND_URL", ""))
    return Path(found["root"]) if found else None


def _keeping(name: str) -> str:
    kept = f"{EARLIER}{name}"
    return f'if [ -n "${{{name}+x}}" ]; then export {kept}="${name}"; else unset {kept}; fi'


def as_json(workspace: Workspace, running: Running) -> str:
    """The same for a program: `set`, `unset`, and the folder to put first on PATH."""
    shown = {
        "set": shell_variables(workspace, running),
        "unset": list(UNSET),
        "path": str(_bin_folder(workspace)),
    }
    return json.dumps(shown, indent=2)


def _leads_away(name: str) -> bool:
    return name in UNSET or name.startswith("AWS_ENDPOINT_URL_")


def _bin_folder(workspace: Workspace) -> object:
    return workspace.root / ".venv" / "bin"


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
