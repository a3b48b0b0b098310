"""Which backend the Pulumi CLI would use, without asking the CLI or the backend."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from rollout.stack_identity import without_query

HOSTED = "https://api.pulumi.com"
"""Where the CLI logs in to by itself, given an access token."""


def current_backend(folder: Path, environ: Mapping[str, str]) -> str:
    """The URL of the backend, without its options; empty without a login.

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
