"""A copy of the stack in a folder of its own, where the rules are imported and the plan is made.

A preview reports an imported rule only once the rule is in the state. So that looking changes
nothing, the import is made in a backend that is thrown away.
"""

from __future__ import annotations

import contextlib
import functools
import json
import secrets
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.adopt.config_merge import Config
from pulumi_cli.pulumi import Pulumi
from rollout.json_value import is_list, is_map, map_of
from settings.declaration.command import joined

_OURS = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@contextlib.contextmanager
def scratch_of(
    real: Pulumi,
    config: Config,
    secret_values: Mapping[str, str],
    environ: Mapping[str, str],
    deployment: Mapping[str, Any],
) -> Generator[Pulumi]:
    """The same program, stack name and config on a backend of its own; removed afterwards.

    `config`: without its secrets, which `secret_values` has by key. `deployment`: the stack's, its
    secrets shown.
    """
    with tempfile.TemporaryDirectory(prefix="failover-adopt-") as name:
        folder = Path(name)
        (folder / "backend").mkdir()
        _write_project(real.folder, folder)
        env = {key: value for key, value in environ.items() if key not in _OURS}
        env["PULUMI_BACKEND_URL"] = f"file://{folder / 'backend'}"
        env["PULUMI_CONFIG_PASSPHRASE"] = secrets.token_hex(16)
        scratch = Pulumi(folder, real.stack.rpartition("/")[2], env)
        plain = {
            key: _without_ciphers(value)
            for key, value in config.items()
            if key not in secret_values or not _is_cipher(value)
        }
        scratch.stack_file.write_text(yaml.safe_dump({"config": plain}, sort_keys=False))
        scratch.run("stack", "init", scratch.stack, "--no-select")
        for key, text in secret_values.items():
            for path in _paths_of_ciphers(config[key]) if key in config else [()]:
                value = functools.reduce(_part, path, json.loads(text)) if path else text
                scratch.write_secret(functools.reduce(_joined, path, key), value, is_path=True)
        if deployment.get("resources"):
            own = {"secrets_providers": scratch.state()["secrets_providers"]}
            document = {"version": 3, "deployment": {**deployment, **own}}
            scratch.run("stack", "import", "--force", stdin=json.dumps(document))
        yield scratch


_Path = tuple[str | int, ...]


def _is_cipher(value: Any) -> bool:
    """Whether it is what the CLI writes for a secret."""
    return is_map(value) and set(value) == {"secure"}


def _paths_of_ciphers(value: Any) -> Iterator[_Path]:
    """Where the secrets of a config value are; the empty path is the value itself."""
    if _is_cipher(value):
        yield ()
        return
    entries: Iterable[tuple[str | int, Any]] = ()
    if is_map(value):
        entries = value.items()
    elif is_list(value):
        entries = enumerate(value)
    for name, each in entries:
        for path in _paths_of_ciphers(each):
            yield (name, *path)


def _without_ciphers(value: Any) -> Any:
    """The value without its secrets; in a list an empty text keeps the place of one."""
    if is_map(value):
        return {k: _without_ciphers(v) for k, v in value.items() if not _is_cipher(v)}
    if is_list(value):
        return ["" if _is_cipher(each) else _without_ciphers(each) for each in value]
    return value


def _part(value: Any, name: str | int) -> Any:
    return value[name]


def _joined(path: str, name: str | int) -> str:
    return f"{path}[{name}]" if isinstance(name, int) else joined(path, name)


def _write_project(source: Path, folder: Path) -> None:
    """`Pulumi.yaml` for the same program, on the same tools."""
    project: dict[str, Any] = yaml.safe_load((source / "Pulumi.yaml").read_text())
    project.pop("backend", None)
    project["main"] = str((source / project.get("main", ".")).resolve())
    runtime = map_of(project.get("runtime"))
    options = map_of(runtime.get("options"))
    if options.get("virtualenv"):
        own = {**options, "virtualenv": str(source / options["virtualenv"])}
        project["runtime"] = {**runtime, "options": own}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
