"""A folder with a Terraform configuration, on the AWS of an environment.

Terraform and its `hashicorp/aws` provider come from the machine: from the registry, or from the
mirror that `TF_PLUGIN_MIRROR` names. A test is skipped where they cannot be had.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

PLAN_IS_EMPTY = 0
PLAN_HAS_CHANGES = 2
"""Exit codes of `terraform plan -detailed-exitcode`."""


class TerraformFolder:
    """Runs Terraform in one folder."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self._env = {**env}
        self._env.pop("TF_CLI_CONFIG_FILE", None)
        mirror = os.environ.get("TF_PLUGIN_MIRROR")
        if mirror:
            settings = folder / "terraform.rc"
            settings.write_text(
                "provider_installation {\n  filesystem_mirror {\n"
                f"    path = {json.dumps(mirror)}\n  }}\n}}\n"
            )
            self._env["TF_CLI_CONFIG_FILE"] = str(settings)

    def init(self) -> None:
        """Get the provider; skips the test where it cannot be had."""
        if shutil.which("terraform") is None:
            pytest.skip("terraform is not installed")
        got = self.run("init", "-input=false")
        if got.returncode:
            pytest.skip(f"no hashicorp/aws provider: {got.stderr.strip()[:200]}")

    def apply(self) -> str:
        """Apply without a question; returns what it printed."""
        done = self.run("apply", "-auto-approve", "-input=false")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def plan(self) -> tuple[int, str]:
        """Exit code and text of a plan."""
        done = self.run("plan", "-detailed-exitcode", "-input=false")
        return done.returncode, done.stdout + done.stderr

    def destroy(self) -> None:
        done = self.run("destroy", "-auto-approve", "-input=false")
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
