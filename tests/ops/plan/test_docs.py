"""docs/plan.md and docs/ci.md say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from ops.plan.cli import EXIT_CODES, plan
from tests.ops.plan.cases import CASES

ROOT = Path(__file__).parents[3]
PLAN = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ROLES = sorted((ROOT / "docs" / "ci").glob("*-role.json"))
CHANGING = re.compile(r":(Add|Create|Put|Update|Modify|Set|Delete|Remove|Start|Run|Pass|Attach)")


def test_every_option_is_in_the_page_and_no_other() -> None:
    options = {
        option.opts[0]
        for option in plan.params
        if isinstance(option, click.Option) and option.opts[0] != "--help"
    }

    assert set(re.findall(r"^\| `(--[\w-]+)", PLAN, re.MULTILINE)) == options


def test_every_exit_code_is_in_the_page() -> None:
    assert set(re.findall(r"^\| (\d) \|", PLAN, re.MULTILINE)) == {
        str(code) for code in EXIT_CODES.values()
    }


def test_every_example_is_linked_and_every_link_leads_somewhere() -> None:
    for page in (PLAN, CI):
        for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", page):
            assert (ROOT / "docs" / link).is_file(), link

    assert all(f"examples/{case.name}.md" in PLAN for case in CASES)


def test_every_workflow_and_script_is_in_the_page() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert f"`{path.name}`" in CI
    for path in (ROOT / "scripts").glob("*.sh"):
        if path.stem != "fork":
            assert f"scripts/{path.name} dev" in CI


def statements(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text())["Statement"]


@pytest.mark.parametrize("path", ROLES, ids=lambda path: path.stem)
def test_a_role_names_every_action_that_it_allows(path: Path) -> None:
    allowed = [action for each in statements(path) for action in each["Action"]]

    assert not [action for action in allowed if "*" in action]
    assert len(allowed) == len(set(allowed)) or path.stem == "preview-role"
    assert all(each["Effect"] == "Allow" for each in statements(path))


def test_the_preview_role_changes_nothing() -> None:
    (path,) = (path for path in ROLES if path.stem == "preview-role")

    changing = [a for each in statements(path) for a in each["Action"] if CHANGING.search(a)]

    assert changing == []


def test_what_the_deploy_role_changes_is_bound_by_name_or_by_region() -> None:
    (path,) = (path for path in ROLES if path.stem == "deploy-role")

    unbound = [
        each["Sid"]
        for each in statements(path)
        if each["Resource"] == "*" and "Condition" not in each
    ]

    assert unbound == []


def test_each_role_is_for_one_environment_of_one_repository() -> None:
    (trust,) = statements(ROOT / "docs" / "ci" / "trust.json")

    (condition,) = trust["Condition"].items()
    assert condition[0] == "StringEquals"
    assert condition[1]["token.actions.githubusercontent.com:sub"].endswith(
        ":environment:prod-preview"
    )
