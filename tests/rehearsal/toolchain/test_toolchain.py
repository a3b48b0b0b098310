from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.toolchain import cli, packages
from rehearsal.toolchain.__main__ import fingerprint
from rehearsal.toolchain.progress import SetupError, SetupProgress, duration

ROOT = Path(__file__).parents[3]


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def folder_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "its own" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def placed() -> Path | None:
    return cli._from_path(SetupProgress())  # pyright: ignore[reportPrivateUsage]


def test_a_recent_cli_on_path_with_its_host_is_used(folder_on_path: Path) -> None:
    own = program(folder_on_path / "pulumi", "echo v3.300.1")
    program(folder_on_path / "pulumi-language-python", "")

    assert placed() == own


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("echo v3.254.9", "is 3.254.9, older than the 3.255.0 needed"),
        ("echo nonsense", "is unknown, older than the 3.255.0 needed"),
        ("exit 1", "is unknown, older than the 3.255.0 needed"),
    ],
)
def test_an_old_or_broken_cli_is_passed_over_with_the_reason(
    folder_on_path: Path,
    capsys: pytest.CaptureFixture[str],
    version: str,
    reason: str,
) -> None:
    program(folder_on_path / "pulumi", version)
    program(folder_on_path / "pulumi-language-python", "")

    assert placed() is None
    assert reason in capsys.readouterr().err


def test_a_cli_without_a_python_host_is_passed_over_with_the_reason(
    folder_on_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(folder_on_path / "pulumi", "echo v3.300.1")

    assert placed() is None
    assert "has no Python language host" in capsys.readouterr().err


def test_a_cli_in_a_virtual_environment_is_not_the_persons(
    folder_on_path: Path,
) -> None:
    """It is of this clone, or of another one that is active in the shell."""
    program(folder_on_path / "pulumi", "echo v3.300.1")
    program(folder_on_path / "pulumi-language-python", "")
    assert placed() is not None

    (folder_on_path.parent / "pyvenv.cfg").touch()

    assert placed() is None


def test_a_folder_is_published_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "tool"

    def publish_half() -> None:
        with packages.published(target) as draft:
            (draft / "half").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        publish_half()
    assert list(tmp_path.iterdir()) == []

    with packages.published(target) as draft:
        (draft / "whole").touch()
    assert [path.name for path in target.iterdir()] == ["whole"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o755


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_pin_makes_setup_run_again(tmp_path: Path, name: str) -> None:
    for each in ("requirements.lock", "pyproject.toml"):
        (tmp_path / each).write_text("before")
    before = fingerprint(tmp_path)

    (tmp_path / name).write_text("after")

    assert fingerprint(tmp_path) != before


def test_a_second_setup_does_nothing_and_prints_nothing() -> None:
    argv = [sys.executable, "-m", "rehearsal.toolchain"]
    env = {**os.environ, "PATH": ""}

    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_failed_download_reports_what_failed_and_what_to_type() -> None:
    argv = [sys.executable, "-c", "import sys; print('no such host', file=sys.stderr); sys.exit(3)"]

    with pytest.raises(SetupError) as failed:
        packages._run(argv, "packages")  # pyright: ignore[reportPrivateUsage]

    assert "exited with 3:\nno such host" in str(failed.value)
    assert "run `make setup` again" in str(failed.value)


def test_the_lock_names_no_index_and_hashes_everything() -> None:
    text = (ROOT / "requirements.lock").read_text()

    pins = [line for line in text.splitlines() if "==" in line]
    assert len(pins) > 50
    assert "://" not in text
    assert "index-url" not in text
    assert text.count("--hash=sha256:") >= len(pins)


@pytest.mark.parametrize(("seconds", "shown"), [(4.21, "4.2 s"), (200.0, "3 min 20 s")])
def test_durations_read_as_a_person_writes_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
