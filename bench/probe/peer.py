"""The peers: the shell loop with curl that people use, `hey` and `wrk`."""

from __future__ import annotations

import shutil

PACKAGES = {"curl": "curl", "hey": "hey", "wrk": "wrk"}
"""Command -> Debian package."""

SHELL_LOOP = """
rm -f testlog.log
while :; do
  curl -o - -I $CURL_OPTIONS "$1" >> testlog.log
  sleep "$2"
done
"""
"""The loop as people write it; `CURL_OPTIONS` only names a CA."""


def missing() -> list[str]:
    """The peers that are not on this machine."""
    return [command for command in PACKAGES if shutil.which(command) is None]


def report_missing() -> None:
    """Say what is missing and how it comes."""
    for command in missing():
        print(f"{command} is missing and left out: apt-get install {PACKAGES[command]}")
