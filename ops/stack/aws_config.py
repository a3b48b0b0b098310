"""The `aws:` config of a stack, by which its provider acts."""

from __future__ import annotations

from pulumi_cli.pulumi import Pulumi
from settings.declaration.raw import in_namespace


def read_aws_config(pulumi: Pulumi) -> dict[str, str]:
    """The stack's `aws:` config by bare names, lists and maps as JSON.

    Secrets are decrypted where there are any, so that without one no passphrase is needed.

    Raises:
        StackError: there is no such stack, or the CLI cannot read it, as with a wrong passphrase.
    """
    found = in_namespace(pulumi.config(), "aws")
    if any(entry.is_secret for entry in found.values()):
        found = in_namespace(pulumi.config(shows_secrets=True), "aws")
    return {key: entry.value for key, entry in found.items()}
