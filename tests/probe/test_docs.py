"""docs/probe.md says what the code does."""

from __future__ import annotations

import dataclasses
import re
import shlex
import subprocess
import sys

import click

from probe.cli import probe
from probe.fault import Phase, RequestFault
from probe.options.request import SECRET_NAMES
from probe.record.line import SCHEMA as RECORD_SCHEMA
from probe.record.line import Mode, RequestLine, RequestOutcome
from probe.summary.document import SCHEMA as SUMMARY_SCHEMA
from probe.view.display import SCHEMA as EVENT_SCHEMA
from tests.probe import faults
from tests.probe.commands import ROOT, run, served

PAGE = (ROOT / "docs" / "probe.md").read_text()
OPTIONS = {
    parameter.opts[0]: parameter
    for parameter in probe.commands["run"].params
    if isinstance(parameter, click.Option)
}


def table_under(heading: str) -> dict[str, str]:
    """First column -> second column of the table whose head begins so."""
    rows: dict[str, str] = {}
    found = PAGE.partition(f"| {heading} |")[2]
    for line in found.splitlines()[2:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        rows[cells[0]] = cells[1].strip(" |")
    return rows


def names_in(rows: dict[str, str]) -> set[str]:
    return {name for cell in rows for name in re.findall(r"`([^`]+)`", cell)}


def test_every_option_is_documented_with_its_default() -> None:
    rows = table_under("option")

    assert names_in(rows) == set(OPTIONS)
    for cell, default in rows.items():
        option = OPTIONS[cell.strip("`")]
        if isinstance(option.default, str | int) and not option.is_flag:
            assert default == str(option.default), cell


def test_every_field_of_a_request_is_documented() -> None:
    fields = {field.name for field in dataclasses.fields(RequestLine)}

    assert names_in(table_under("field of a `request`")) == fields


def test_every_class_of_fault_phase_mode_and_verdict_is_documented() -> None:
    rows = table_under("field of a `request`")

    assert names_in(table_under("class")) == set(RequestFault)
    for values, cell in ((Phase, "`phase`"), (Mode, "`mode`"), (RequestOutcome, "`verdict`")):
        assert set(re.findall(r"`([^`]+)`", rows[cell])) == {str(value) for value in values}


def test_every_version_and_secret_name_is_documented() -> None:
    for version in (RECORD_SCHEMA, SUMMARY_SCHEMA, EVENT_SCHEMA):
        assert f"`{version}`" in PAGE
    for name in SECRET_NAMES:
        assert f"`{name.title()}`" in PAGE


def test_every_example_of_a_command_uses_options_that_exist() -> None:
    examples = re.findall(r"^ {4,}.*?(failover probe [^|\n]+)$", PAGE, re.MULTILINE)

    assert len(examples) >= 8
    for example in examples:
        words = shlex.split(example)
        command = "report" if words[2] == "report" else "run"
        known = {name for option in probe.commands[command].params for name in option.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_the_events_that_are_documented_are_those_that_come() -> None:
    with served(faults.every(10, faults.bad_gateway)) as server:
        arguments = ["--rate", "100", "--duration", "500ms", "--interval", "100ms", "--events"]
        found = run(server.url(), *arguments)

    documented = names_in(table_under("event"))
    came = set(re.findall(r'"event":"(\w+)"', found.stdout))
    assert {"started", "interval", "failure", "summary"} <= came <= documented


def test_the_example_in_python_runs() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    with served(faults.good) as server:
        source = source.replace("http://127.0.0.1:8000/", server.url())
        found = subprocess.run(
            [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True
        )

    assert found.stdout == "Result.PASS\n"
