"""A copy of the stack in a folder of its own, where the rules are imported and the plan is made.

A preview reports an imported rule only once the rule is in the state. So that looking changes
nothing, the import is made in a backend that is thrown away.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.adopt.config_merge import Config
from pulumi_cli.pulumi import Pulumi
from rollout.json_value import map_of

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
        plain = {key: value for key, value in config.items() if key not in secret_values}
        scratch.stack_file.write_text(yaml.safe_dump({"config": plain}, sort_keys=False))
        scratch.run("stack", "init", scratch.stack, "--no-select")
        for key, value in secret_values.items():
            scratch.write_secret(key, value)
        if deployment.get("resources"):
            own = {"secrets_providers": scratch.state()["secrets_providers"]}
            document = {"version": 3, "deployment": {**deployment, **own}}
            scratch.run("stack", "import", "--force", stdin=json.dumps(document))
        yield scratch


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
