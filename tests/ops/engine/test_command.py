"""Running the CLI so that what came of it is told, whatever happens to it or to its log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ops.engine.command import SteadyCommand
from ops.engine.update import RunningUpdate

CLI = """\
#!/bin/sh
case "$*" in
  *version*) echo v3.255.0 ;;
  *) echo "Updating (test):"; {does} ;;
esac
"""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` on PATH that says it updates."""
    path = tmp_path / "bin" / "pulumi"
    path.parent.mkdir()
    path.write_text(CLI.format(does="true"))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return path


def test_an_engine_that_was_killed_is_said_to_be(cli: Path, tmp_path: Path) -> None:
    command = SteadyCommand(tmp_path / "logs")
    cli.write_text(CLI.format(does="kill -9 $$"))

    def up() -> Any:
        return command.run(["up"], str(tmp_path), {})

    update = RunningUpdate(command, up)
    while (ended := update.poll()) is None:
        time.sleep(0.01)  # a process has no event

    assert ended.error.strip() == "the engine was ended by SIGKILL"


def test_where_no_log_can_be_made_an_update_is_run_all_the_same(cli: Path, tmp_path: Path) -> None:
    assert cli.exists()
    command = SteadyCommand(cli / "no-folder")

    result = command.run(["up"], str(tmp_path), {})

    assert result.stdout == "Updating (test):\n"
    assert command.log.parent == tmp_path


def test_the_output_of_each_update_is_kept_in_its_folder(cli: Path, tmp_path: Path) -> None:
    assert cli.exists()
    command = SteadyCommand(tmp_path / "logs")

    command.run(["up"], str(tmp_path), {})

    assert command.log.parent == tmp_path / "logs"
    assert command.log.read_text() == "Updating (test):\n"
