"""The table of the pack's page, from the policies themselves: `python -m rules.reference`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pulumi_policy import Policy

from . import POLICIES

_PAGE = Path(__file__).parents[1] / "README.md"
_BEGIN, _END = "<!-- policies -->", "<!-- /policies -->"
_COMMON = "exempt"


def with_table(page: str) -> str:
    """The page with the table as it should be."""
    table = "\n".join([_BEGIN, "", *_rows(), "", _END])
    return re.sub(f"{_BEGIN}.*{_END}", lambda _: table, page, flags=re.DOTALL)


def _rows() -> list[str]:
    return [
        "| policy | what must hold | level | kind | config beside `exempt` |",
        "|---|---|---|---|---|",
        *(_row(policy) for policy in POLICIES),
    ]


def _row(policy: Policy) -> str:
    level = policy.enforcement_level.value if policy.enforcement_level else ""
    kind = ", ".join(policy.tags or [])
    cells = (f"`{policy.name}`", policy.description, level, kind, _config(policy))
    return f"| {' | '.join(cells)} |"


def _config(policy: Policy) -> str:
    properties = policy.config_schema.properties if policy.config_schema else {}
    return "; ".join(
        f"`{name}`, default `{json.dumps(each['default'])}`: {each['description'].rstrip('.')}"
        for name, each in properties.items()
        if name != _COMMON
    )


if __name__ == "__main__":
    _PAGE.write_text(with_table(_PAGE.read_text()))
