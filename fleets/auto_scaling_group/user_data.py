"""The user data of an instance: its identity, before the application starts."""

from __future__ import annotations

import base64
import shlex

from rollout.split import Slot

IDENTITY_FILE = "/etc/failover/slot.env"
"""The file with an instance's identity, as `NAME=value` lines for a shell and for systemd."""


def user_data(environment: str, service: str, slot: Slot, port: int) -> str:
    """Cloud-config in base64 that writes `IDENTITY_FILE` before the application starts.

    It runs no command: the image starts its application itself. Source: cloud-init, module
    `write_files`, which runs in the init stage.
    """
    identity = {
        "FAILOVER_ENVIRONMENT": environment,
        "FAILOVER_SERVICE": service,
        "FAILOVER_SLOT": slot.value,
        "FAILOVER_PORT": str(port),
    }
    lines = [f"      {name}={shlex.quote(value)}" for name, value in identity.items()]
    text = "\n".join(
        [
            "#cloud-config",
            "write_files:",
            f"  - path: {IDENTITY_FILE}",
            '    permissions: "0644"',
            "    content: |",
            *lines,
            "",
        ]
    )
    return base64.b64encode(text.encode()).decode()
