"""The user data of an instance: its identity, before the application starts, then the team's."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex

from rollout.split import Slot
from settings.launch_template import CLOUD_CONFIG, SHELL_SCRIPT

IDENTITY_FILE = "/etc/failover/slot.env"
"""The file with an instance's identity, as `NAME=value` lines for a shell and for systemd."""
MOST_BYTES = 16384
"""The most that EC2 takes, before base64. Source: EC2 user guide, "Run commands at launch"."""
_MERGE_TYPE = "list(append)+dict(no_replace,recurse_list)+str()"
"""How the keys of a second cloud-config join ours. cloud-init's default replaces `write_files`, and
so loses the identity. Source: cloud-init, "Merging user data sections"."""
_OWN_MERGE_TYPE = re.compile(r"^[\"']?merge_(?:how|type)[\"']?\s*:", re.MULTILINE)
_PLAIN = re.compile(r"[\t\n\x20-\x7e]*")
_LINE = 76
_MULTIPART = "multipart/mixed"
_CONFIG_TYPE = "text/cloud-config"
_SCRIPT_TYPE = "text/x-shellscript"
_KINDS = (
    (SHELL_SCRIPT, _SCRIPT_TYPE),
    ("#cloud-config-archive", "text/cloud-config-archive"),
    (CLOUD_CONFIG, _CONFIG_TYPE),
    ("#cloud-boothook", "text/cloud-boothook"),
    ("#include-once", "text/x-include-once-url"),
    ("#include", "text/x-include-url"),
    ("#part-handler", "text/part-handler"),
    ("## template: jinja", "text/jinja2"),
)
"""Source: cloud-init, "User-data formats"."""


def user_data(
    environment: str,
    service: str,
    slot: Slot,
    port: int,
    own: str | None = None,
    *,
    copied: str | None = None,
) -> str:
    """The user data of a slot in base64.

    Alone, the identity is cloud-config that writes `IDENTITY_FILE` before the application starts.
    It runs no command: the image starts its application itself. Source: cloud-init, module
    `write_files`, which runs in the init stage.

    Args:
        environment: The part of the names, such as `prd`.
        service: The name of the service.
        slot: Which slot.
        port: Where the application listens.
        own: A shell script or cloud-config of the team; the result is then MIME multi-part, with
            the identity first. Source: cloud-init, "MIME multi-part archive".
        copied: What a launch template has that the slot's is made from, of any kind that
            `copied_kind` knows; `own` replaces it. The identity then comes last, and is appended
            to whatever the other parts merge into.
    """
    text = _identity(environment, service, slot, port)
    if own is not None:
        text = _joined(text, own)
    elif copied is not None:
        text = _appended(copied, text)
    return base64.b64encode(text.encode()).decode()


def copied_kind(text: str) -> str | None:
    """The content type of user data that cloud-init understands; `None` for what it does not."""
    if "mime-version:" in text[:4096].lower():
        return _MULTIPART
    return next((kind for start, kind in _KINDS if text.startswith(start)), None)


def rejected(own: str, environment: str, service: str, slot: Slot) -> str | None:
    """What is expected of user data that cannot be used; `None` if it can.

    cloud-init has more kinds of user data; these two join the identity. The limit holds for both
    together, so the size includes the identity, with the longest port that there is.
    """
    first = own.partition("\n")[0].rstrip()
    if first != CLOUD_CONFIG and not first.startswith(SHELL_SCRIPT):
        return f"a shell script, from `{SHELL_SCRIPT}`, or cloud-config, from `{CLOUD_CONFIG}`"
    if first == CLOUD_CONFIG and _OWN_MERGE_TYPE.search(own):
        return (
            "cloud-config without merge_how and merge_type: the slot's identity stays only as the "
            "stack merges it"
        )
    size = size_of(user_data(environment, service, slot, 65_535, own))
    if size > MOST_BYTES:
        return (
            f"user data of at most {MOST_BYTES} bytes, which is the limit of EC2; with the slot's "
            f"identity this is {size}"
        )
    return None


def size_of(encoded: str) -> int:
    """The size of user data as EC2 counts it: before base64."""
    return len(base64.b64decode(encoded))


def _identity(environment: str, service: str, slot: Slot, port: int) -> str:
    identity = {
        "FAILOVER_ENVIRONMENT": environment,
        "FAILOVER_SERVICE": service,
        "FAILOVER_SLOT": slot.value,
        "FAILOVER_PORT": str(port),
    }
    lines = [f"      {name}={shlex.quote(value)}" for name, value in identity.items()]
    return "\n".join(
        [
            CLOUD_CONFIG,
            "write_files:",
            f"  - path: {IDENTITY_FILE}",
            '    permissions: "0644"',
            "    content: |",
            *lines,
            "",
        ]
    )


def _appended(copied: str, identity: str) -> str:
    """The identity after other user data: a part, or a multi-part of its own."""
    kind = copied_kind(copied)
    assert kind is not None, "the settings were refused"
    first = copied if kind == _MULTIPART else _part(kind, "user-data", copied)
    merged = {"Merge-Type": _MERGE_TYPE}
    return _multipart([first, _part(_CONFIG_TYPE, "failover-identity.yaml", identity, merged)])


def _joined(identity: str, own: str) -> str:
    """Both as MIME multi-part, the same for the same parts."""
    is_script = own.startswith(SHELL_SCRIPT)
    return _multipart(
        [
            _part(_CONFIG_TYPE, "failover-identity.yaml", identity),
            _part(_SCRIPT_TYPE, "user-data.sh", own)
            if is_script
            else _part(_CONFIG_TYPE, "user-data.yaml", own, {"Merge-Type": _MERGE_TYPE}),
        ]
    )


def _multipart(parts: list[str]) -> str:
    boundary = f"=={hashlib.sha256(''.join(parts).encode()).hexdigest()[:32]}=="
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\nMIME-Version: 1.0\n\n'
    return head + "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"


def _part(content_type: str, name: str, text: str, headers: dict[str, str] | None = None) -> str:
    """One part; what a mail could not carry line by line is in base64."""
    is_plain = _PLAIN.fullmatch(text) is not None
    head = {
        "Content-Type": f'{content_type}; charset="{"us-ascii" if is_plain else "utf-8"}"',
        "MIME-Version": "1.0",
        "Content-Transfer-Encoding": "7bit" if is_plain else "base64",
        "Content-Disposition": f'attachment; filename="{name}"',
        **(headers or {}),
    }
    lines = [f"{key}: {value}" for key, value in head.items()]
    return "\n".join([*lines, "", text if is_plain else _base64_lines(text)])


def _base64_lines(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode()
    return "\n".join(encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE))
