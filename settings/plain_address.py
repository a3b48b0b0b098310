"""An address that a rule takes, from patterns that may hold wildcards."""

from __future__ import annotations

from collections.abc import Sequence

_WILDCARDS = frozenset("*?")


def plain_host(hosts: Sequence[str]) -> str | None:
    """The first host without a wildcard; what another stands for, only its owner knows."""
    return next((host for host in hosts if not _WILDCARDS & set(host)), None)


def plain_path(paths: Sequence[str]) -> str:
    """A path that the first pattern takes; `/` where a rule takes any.

    Source: ELB user guide, "Path conditions": `*` is 0 or more characters, `?` exactly 1.
    """
    pattern = paths[0] if paths else "/"
    path = pattern.replace("*", "").replace("?", "x")
    if pattern.startswith("?"):
        return f"/{path[1:]}"
    return path if path.startswith("/") else f"/{path}"
