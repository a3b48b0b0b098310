"""The peer of a weight change: `terraform apply` of the same rules on the same local AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MIRROR = "TF_PLUGIN_MIRROR"


class TerraformPeer:
    """One `aws_lb_listener_rule` a service, imported from the stack's own rules."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = dict(env)

    @staticmethod
    def why_missing() -> str:
        """Why there are no figures of terraform."""
        return "not installed" if shutil.which("terraform") is None else "no provider"

    @classmethod
    def create(
        cls, folder: Path, env: Mapping[str, str], outputs: Mapping[str, Any]
    ) -> TerraformPeer | None:
        """Import the rules of the stack whose `outputs` these are; None without terraform.

        The provider comes from its registry, or from the mirror that `TF_PLUGIN_MIRROR` names.
        """
        if shutil.which("terraform") is None:
            return None
        folder.mkdir()
        (folder / "main.tf.json").write_text(json.dumps(_configuration(env, outputs), indent=1))
        peer = cls(folder, {**env, **_mirror(folder)})
        if peer._run("init", "-input=false").returncode:
            return None
        peer.change("100/0")
        return peer

    def change(self, split: str) -> None:
        """Apply other weights.

        Raises:
            RuntimeError: terraform refused.
        """
        first, second = split.split("/")
        variables = [f"-var=first={first}", f"-var=second={second}"]
        done = self._run("apply", "-auto-approve", "-input=false", *variables)
        if done.returncode:
            raise RuntimeError(
                f"terraform apply failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self._folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )


def _configuration(env: Mapping[str, str], outputs: Mapping[str, Any]) -> dict[str, Any]:
    rules = {
        name: {
            "listener_arn": service["ruleArn"]
            .replace(":listener-rule/", ":listener/")
            .rsplit("/", 1)[0],
            "condition": [{"host_header": {"values": [f"{name}.example"]}}],
            "action": [
                {
                    "type": "forward",
                    "forward": {
                        "target_group": [
                            {"arn": service["targetGroupArns"]["01"], "weight": "${var.first}"},
                            {"arn": service["targetGroupArns"]["02"], "weight": "${var.second}"},
                        ]
                    },
                }
            ],
            "lifecycle": {"ignore_changes": ["condition", "tags", "priority"]},
        }
        for name, service in outputs["services"].items()
    }
    imports = [
        {"to": f"aws_lb_listener_rule.{name}", "id": service["ruleArn"]}
        for name, service in outputs["services"].items()
    ]
    provider = {
        "region": env["AWS_REGION"],
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
        "endpoints": {"elbv2": env["AWS_ENDPOINT_URL"]},
    }
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "variable": {"first": {"type": "number"}, "second": {"type": "number"}},
        "provider": {"aws": provider},
        "resource": {"aws_lb_listener_rule": rules},
        "import": imports,
    }


def _mirror(folder: Path) -> dict[str, str]:
    named = os.environ.get(_MIRROR)
    if not named:
        return {}
    rc = folder / "terraform.rc"
    rc.write_text(
        "provider_installation {\n  filesystem_mirror {\n"
        f"    path = {json.dumps(named)}\n"
        '    include = ["registry.terraform.io/*/*"]\n  }\n}\n'
    )
    return {"TF_CLI_CONFIG_FILE": str(rc)}
