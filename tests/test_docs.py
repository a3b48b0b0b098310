"""No page names what is not there: a link, a heading, a command, a flag, a make target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from ops.cli import failover
from tests.test_printed_commands import literals
from tests.words import product

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "policy/*.md")
    for path in ROOT.glob(pattern)
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"\bfailover ((?:[a-z][a-z-]*(?: |$|(?=`)))+)([^\n`]*)", re.MULTILINE)
_ENDS = re.compile(r"&&|\||;| then |#|\)")
_VALUE = re.compile(
    r"\W*(?:\b(?:NAME|HOST|web|process \d+|on HOST|rule \d+|Pulumi\.\w+\.yaml|failover approve)\b"
    r"|\b\d+/\d+|No space left on device|\(?\.\.\.\)?)\W*"
)
"""What stands for a value in a message that a page quotes."""
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def headings(page: str) -> frozenset[str]:
    """The anchors of a page, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    found = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found)


def dead_links(page: str) -> Iterator[str]:
    for link in _LINK.findall(text_of(page)):
        path, _, anchor = link.partition("#")
        if link.startswith(("http://", "https://")):
            continue
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in headings(_page(target))):
            yield link


def _page(path: Path) -> str:
    return path.resolve().relative_to(ROOT).as_posix()


@cache
def flags() -> dict[str, frozenset[str]]:
    """Every command with its flags; those of a group are its commands' too."""
    return dict(_flags(failover, click.Context(failover), ""))


def _flags(
    command: click.Command, context: click.Context, name: str
) -> Iterator[tuple[str, frozenset[str]]]:
    own = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            for below, theirs in _flags(found, context, f"{name} {child}".strip()):
                own |= theirs if name else set()
                yield below, theirs
    yield name, frozenset({*own, "--help"})


def unknown_commands(page: str) -> Iterator[str]:
    for words, rest in _COMMAND.findall(text_of(page)):
        named = words.split()
        name = next((n for n in (" ".join(named[:2]), named[0]) if n in flags()), None)
        if name is None:
            yield f"failover {words.strip()}"
            continue
        for flag in _FLAG.findall(_ENDS.split(rest)[0]):
            if flag not in flags()[name]:
                yield f"failover {name} {flag}"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_flag_of_a_page_is_there(page: str) -> None:
    assert list(unknown_commands(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_of_a_page_is_there(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z-]+)", text_of(page))) <= targets


QUOTED = {
    "README.md": (
        *("will be refused", "next stage is", "keeps the live weights", "the rehearsal is gone"),
        *("a rehearsal like", "every stage changed one rule per service and nothing else"),
        *("no request was lost", "begun on slot", "whole after", "after the up began"),
    ),
    "docs/adopt.md": (
        "differs from AWS; nothing was written",
        "nothing was changed yet; the same command with --apply does this",
        *("one target group becomes two", "the plan:", "kept the file as it was"),
        *("adopted already: nothing to change", "Obstacles to weighted slots", "fix"),
        *("weights belong to one rule", "there is no second group beside it"),
        *(
            "a target group cannot be renamed",
            "a launch template of its own, a copy of version",
            "which was ready in",
        ),
        *("a security group of its own, which takes requests", "probing at"),
        *("declares adopted rules. Before --apply:", "declares none of the adopted rules"),
        "may have only rules that are no longer managed",
    ),
    "docs/guards.md": (
        *("the next stage of slot", "will wait", "rollback to slot", "without waiting"),
        *("get the older build", "order of rules", "gets no request:", "the live rule is at"),
        *("and the stack recorded", "and the stack's state has lost it", "then deletes"),
        "AWS cannot change the",
        "moves only requests of",
        "the stack is unprotected until the last of these",
    ),
    "docs/plan.md": (
        "refused: deploying this merge to",
        "would move traffic that it did not mean to",
        *("to move it", "to keep live"),
    ),
    "docs/ramp.md": (
        "this would give users an older build than all of them have; nothing was begun",
        *("which was released later", "the older build after all", "up done in"),
        *("arrived in the traffic after", "floors removed", "is ruled out at"),
    ),
    "docs/status.md": (
        *("was changed outside Pulumi", "restore config", "no ramp is running", "by the program"),
        *("put back what was changed outside Pulumi", "take it over", "put it back"),
        "nothing to import; the next update makes it",
    ),
}
"""Parts of the output that a page shows, which change on the page when they change in the code."""


@pytest.mark.parametrize(
    ("page", "part"), [(page, part) for page, parts in QUOTED.items() for part in parts]
)
def test_output_that_a_page_shows_is_the_products(page: str, part: str) -> None:
    assert part in " ".join(text_of(page).split())
    assert any(part in text for text in messages())


def quoted_messages() -> list[str]:
    """What an operator sees, by the first column of the table at the top of docs/ramp.md."""
    table = text_of("docs/ramp.md").partition("## At 3 a.m.")[2].partition("\n\nExit codes")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    return [quoted for cell in cells for quoted in re.findall(r"`([^`]+)`", cell) if " " in quoted]


@cache
def messages() -> tuple[str, ...]:
    """Every text that the product can print, with `{}` for each value."""
    texts = (text for module in product().values() for text in literals(module))
    return tuple(" ".join(text.split()) for text in texts)


@pytest.mark.parametrize("quoted", quoted_messages())
def test_a_message_that_the_page_quotes_is_one_of_the_products(quoted: str) -> None:
    fixed = [re.escape(part) for part in _VALUE.split(quoted)]
    pattern = re.compile(r"(?:\{\}|\W)+".join(fixed))

    assert any(pattern.search(text) for text in messages())


def test_pages_commands_and_headings_are_found() -> None:
    commands = sum(len(_COMMAND.findall(text_of(page))) for page in PAGES)

    assert len(PAGES) > 25
    assert len(quoted_messages()) > 10
    assert commands > 50
    assert "--break-glass" in flags()["rollback"]
    assert "changes-outside-pulumi" in headings("docs/status.md")
