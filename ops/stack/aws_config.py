"""The `aws:` config of a stack, by which its provider acts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.stack.pulumi import Pulumi
from settings.declaration.raw import in_namespace


def read_aws_config(pulumi: Pulumi) -> dict[str, str]:
    """The stack's `aws:` config by bare names, lists and maps as JSON.

    Secrets are decrypted where there are any, so that without one no passphrase is needed.

    Raises:
        StackError: there is no such stack, or the CLI cannot read it, as with a wrong passphrase.
    """
    entries = pulumi.document("config", "--json")
    if any(entry.get("secret") for entry in in_namespace(entries, "aws").values()):
        entries = pulumi.document("config", "--json", "--show-secrets")
    return {key: _text(entry) for key, entry in in_namespace(entries, "aws").items()}


def _text(entry: Mapping[str, Any]) -> str:
    if "objectValue" in entry:
        return json.dumps(entry["objectValue"])
    return str(entry.get("value", ""))
