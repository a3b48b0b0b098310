"""What a shell needs so that pulumi, the AWS CLI, boto3 and Terraform meet the local AWS."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping

from rehearsal.workspace import STACK, Running, Workspace

UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_CA_BUNDLE")
"""Variables of a person's shell that would lead a client away from the local AWS."""

_LOOPBACK = "127.0.0.1,localhost"


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
        "PULUMI_BACKEND_URL": f"file://{workspace.backend}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": workspace.passphrase(),
        "PULUMI_HOME": str(workspace.home),
        "PULUMI_DEBUG_PROVIDERS": f"aws:{running.provider_port}",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
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
    """Lines for `eval` in a POSIX shell."""
    away = sorted({*UNSET, *(name for name in os.environ if _leads_away(name))})
    lines = [f"unset {' '.join(away)}"]
    for name, value in shell_variables(workspace, running).items():
        lines.append(f"export {name}={shlex.quote(value)}")
    folder = shlex.quote(str(_bin_folder(workspace)))
    lines.append(f'case ":$PATH:" in *:{folder}:*) ;; *) export PATH={folder}:"$PATH" ;; esac')
    return "\n".join(lines)


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
