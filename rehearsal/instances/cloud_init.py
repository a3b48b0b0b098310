"""What an instance makes of its user data when it boots, as cloud-init does: parts and files.

A shell script is not run, because it is written for a machine of its own: of it only the files
count that it plainly writes, by `>`, `>>`, `tee` or `touch` and an absolute path. Every other kind
of user data writes no file here. Source: cloud-init, "User-data formats", "Merging user data
sections", module `write_files`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.json_value import is_map, list_of, map_of

CLOUD_CONFIG = "text/cloud-config"
SHELL_SCRIPT = "text/x-shellscript"
_BY_START = {"#cloud-config": CLOUD_CONFIG, "#!": SHELL_SCRIPT}
_GUESSED = frozenset({"text/plain", "text/x-not-multipart", "application/octet-stream"})
_WRITTEN = re.compile(r"(?:>>?\s*|\btee\s+(?:-a\s+)?|\btouch\s+)[\"']?(/[^\s;&|\"'>]+)")


@dataclass(frozen=True, slots=True)
class UserDataPart:
    """One part of user data."""

    content_type: str
    text: str
    appends_lists: bool
    """Whether its lists join those of the parts before it, instead of replacing them."""


def texts_of(user_data: str) -> tuple[str, ...]:
    """The text of every part, decoded."""
    return tuple(part.text for part in _parts(user_data))


def files_of(user_data: str) -> tuple[str, ...]:
    """The paths that it writes, in order."""
    parts = tuple(_parts(user_data))
    written = [str(file["path"]) for file in _write_files(parts) if "path" in file]
    for part in parts:
        if part.content_type == SHELL_SCRIPT:
            written += _WRITTEN.findall(part.text)
    return tuple(dict.fromkeys(written))


def _parts(user_data: str) -> Iterator[UserDataPart]:
    if "mime-version:" not in user_data[:4096].lower():
        yield UserDataPart(_by_start(user_data), user_data, appends_lists=False)
        return
    from email import message_from_string
    from email.policy import default

    message = message_from_string(user_data, policy=default)
    for part in message.walk():
        if part.is_multipart():
            continue
        raw = part.get_payload(decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
        named = part.get_content_type()
        merge_type = str(part.get("Merge-Type") or part.get("X-Merge-Type") or "")
        yield UserDataPart(
            _by_start(text) if named in _GUESSED else named, text, "list(append)" in merge_type
        )


def _by_start(text: str) -> str:
    return next((kind for start, kind in _BY_START.items() if text.startswith(start)), "text/plain")


def _write_files(parts: tuple[UserDataPart, ...]) -> list[Mapping[str, Any]]:
    """The list `write_files` after all parts of cloud-config: a later one replaces an earlier."""
    files: list[Mapping[str, Any]] = []
    for part in parts:
        if part.content_type != CLOUD_CONFIG:
            continue
        config = _yaml(part.text)
        if "write_files" in config:
            own = [map_of(each) for each in list_of(config["write_files"])]
            files = [*files, *own] if part.appends_lists else own
    return files


def _yaml(text: str) -> Mapping[str, Any]:
    """The map in a text; empty for another or a broken one, which cloud-init leaves out too."""
    import yaml  # A process of an instance imports this module without any packages.

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if is_map(found) else {}
