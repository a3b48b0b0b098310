from __future__ import annotations

from ops.adopt.conflict_text import conflicts_text
from ops.adopt.merge import Conflict

WEB = {"hosts": ["www.example.com"], "priority": 20, "healthCheck": {"path": "/", "port": "true"}}


def test_only_the_values_that_differ_are_told_each_by_its_path() -> None:
    there = {**WEB, "healthCheck": {"path": "/healthz", "port": True}, "adoptedRule": True}

    told = conflicts_text([Conflict(("failover:services", "web"), WEB, there)])

    assert told.splitlines() == [
        '  failover:services.web.healthCheck.path: "/" in the file, "/healthz" there',
        "  failover:services.web.adoptedRule: nothing in the file, true there",
    ]


def test_what_is_too_long_for_a_line_of_a_terminal_has_three_and_is_cut() -> None:
    held = [f"host-{number}.example.com" for number in range(9)]

    conflict = Conflict(("failover:services", "web", "hosts"), held, ["a.example.com"])
    told = conflicts_text([conflict])

    first, file, there = told.splitlines()
    assert first == "  failover:services.web.hosts:"
    assert file.startswith('    file   ["host-0.example.com", "host-1')
    assert file.endswith("...")
    assert there == '    there  ["a.example.com"]'
    assert max(map(len, told.splitlines())) <= 80


def test_what_goes_is_told_as_nothing_there() -> None:
    told = conflicts_text([Conflict(("failover:services", "old"), {"priority": 5}, None)])

    assert told == '  failover:services.old: {"priority": 5} in the file, nothing there'
