"""Holds the order of the prober's rooms: each imports those before it and none after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_arrows import ROOT, imported_by

ORDER = (
    "fault",
    "quantity",
    "process",
    "record",
    "options",
    "timing",
    "http",
    "summary",
    "view",
    "run",
    "cli",
)
"""The rooms of `probe`, from the ground up; a module that stands alone is a room."""


def room_of(module: str) -> str | None:
    """The room that a module's name leads to; None outside the prober."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "probe" and rest else None


def room_at(path: str) -> str:
    """The room that a file of the prober is in."""
    return Path(path).parts[1].removesuffix(".py")


def against_the_order(root: Path = ROOT) -> list[tuple[str, str]]:
    """Imports of a room that comes later, with the files that have them."""
    found: list[tuple[str, str]] = []
    for path, module in imported_by("probe", root):
        room = room_of(module)
        if room is not None and ORDER.index(room) > ORDER.index(room_at(path)):
            found.append((path, module))
    return found


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {room_at(f"probe/{path.name}") for path in (ROOT / "probe").iterdir()}

    assert rooms - {"__init__", "__pycache__"} == set(ORDER)


def test_a_room_imports_only_the_rooms_before_it() -> None:
    assert against_the_order() == []


def test_only_a_run_speaks_http() -> None:
    using = {path for path, module in imported_by("probe") if room_of(module) == "http"}

    assert {room_at(path) for path in using} == {"http", "run"}


@pytest.mark.parametrize("package", ["ops", "rehearsal"])
def test_nobody_outside_the_prober_enters_its_http(package: str) -> None:
    entering = [each for each in imported_by(package) if room_of(each[1]) == "http"]

    assert entering == []


def test_the_rehearsal_shares_with_the_ramp_only_how_a_prober_is_started() -> None:
    shared = {module for _, module in imported_by("rehearsal") if room_of(module)}

    assert shared == {"probe.process.child"}


def test_an_import_against_the_order_is_seen(tmp_path: Path) -> None:
    (tmp_path / "probe" / "record").mkdir(parents=True)
    (tmp_path / "probe" / "record" / "bad.py").write_text("from probe.view.plot import Span\n")

    assert against_the_order(tmp_path) == [("probe/record/bad.py", "probe.view.plot")]
