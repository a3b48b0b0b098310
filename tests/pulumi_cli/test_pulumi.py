"""The CLI on one stack, with a CLI that writes what the real one writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_cli.errors import EngineAccessError, NoCliError, NoStackError, PulumiError
from pulumi_cli.events import Event
from pulumi_cli.pulumi import STACK_NOT_FOUND, ConfigEntry, Pulumi
from tests.pulumi_cli.stub import answering, running

SUMMARY = {"summaryEvent": {"result": "failed"}}


def test_a_stack_that_is_not_there_is_told_with_what_makes_it(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {}, STACK_NOT_FOUND)

    with pytest.raises(NoStackError, match=r"no stack prod (.|\n)* pulumi stack init prod "):
        pulumi.state()


def test_the_words_of_the_cli_are_told_without_a_second_error(tmp_path: Path) -> None:
    pulumi = running(tmp_path, "import sys\nsys.exit('error: the disk is full')\n")

    with pytest.raises(PulumiError) as failed:
        pulumi.state()

    assert str(failed.value) == "`pulumi stack export` failed:\nthe disk is full"


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ("sys.exit(255)", "exit code 255, no output"),
        ("os.kill(os.getpid(), 9)", "ended by SIGKILL"),
    ],
)
def test_a_cli_that_ends_without_a_word_tells_how(ends: str, words: str, tmp_path: Path) -> None:
    pulumi = running(tmp_path, f"import os, sys\n{ends}\n")

    with pytest.raises(PulumiError, match=f"`pulumi stack export` failed:\n{words}"):
        pulumi.state()


def test_an_error_that_is_written_to_standard_output_is_told(tmp_path: Path) -> None:
    pulumi = running(tmp_path, "import sys\nprint('error: the lock is held')\nsys.exit(255)\n")

    with pytest.raises(PulumiError, match=r"failed:\nthe lock is held$"):
        pulumi.run("cancel", "--yes")


def test_a_wrong_passphrase_is_told_with_what_sets_it(tmp_path: Path) -> None:
    pulumi = running(tmp_path, "import sys\nsys.exit('error: incorrect passphrase')\n")

    with pytest.raises(EngineAccessError, match="read -rs PULUMI_CONFIG_PASSPHRASE"):
        pulumi.config(shows_secrets=True)


def test_there_is_no_cli(tmp_path: Path) -> None:
    with pytest.raises(NoCliError, match="`make setup` brings one"):
        Pulumi(tmp_path, "prod", {"PATH": str(tmp_path)}).state()


def test_all_values_of_a_change_are_written_in_one_go(tmp_path: Path) -> None:
    floor = 'capacity["web"].floors["01"]'
    written = f"config set-all --path --plaintext weights=90/10 --plaintext {floor}=3"
    removed = "config rm-all --path candidate"
    pulumi = answering(tmp_path, {written: "", removed: ""}, code=255)

    pulumi.write_config({"weights": "90/10", "candidate": None, floor: "3"})

    assert (tmp_path / "asked").read_text().splitlines() == [written, removed]


def test_nothing_is_asked_of_the_cli_for_what_does_not_change(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {}, code=255)

    pulumi.write_config({})

    assert not (tmp_path / "asked").exists()


def test_a_secret_goes_by_standard_input(tmp_path: Path) -> None:
    pulumi = running(
        tmp_path,
        "import pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'asked')!r}).write_text(f'{{sys.argv[1:]}} '"
        " + sys.stdin.read())\n",
    )

    pulumi.write_secret("token", "t0ken")

    arguments = ["config", "set", "--secret", "token", "--stack", "prod", "--non-interactive"]
    assert (tmp_path / "asked").read_text() == f"{arguments} t0ken"


def test_a_secret_of_the_config_has_no_value_until_it_is_decrypted(tmp_path: Path) -> None:
    entry = {"secret": True}
    shown = {"secret": True, "value": "t0ken"}
    answers = {"config --json": {"a:b": entry}, "config --json --show-secrets": {"a:b": shown}}
    pulumi = answering(tmp_path, answers)

    found = [pulumi.config(), pulumi.config(shows_secrets=True)]

    assert found == [{"a:b": ConfigEntry("", True)}, {"a:b": ConfigEntry("t0ken", True)}]


def test_the_events_of_a_preview_that_failed_are_told(tmp_path: Path) -> None:
    pulumi = running(
        tmp_path, f"import sys\nprint({json.dumps(SUMMARY)!r})\nsys.exit('error: preview failed')\n"
    )

    assert pulumi.preview("--refresh") == (Event("summaryEvent", {"result": "failed"}),)


@pytest.mark.parametrize("command", ["import", "refresh --yes", "config set-all", "stack import"])
def test_at_ctrl_c_a_command_that_writes_comes_to_its_end(command: str, tmp_path: Path) -> None:
    pulumi = running(
        tmp_path,
        "import os, pathlib, signal, sys\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "sys.stdin.read()\n"
        "sys.stdout.write('x' * 1_000_000)\n"
        f"pathlib.Path({str(tmp_path / 'ended')!r}).touch()\n",
    )

    with pytest.raises(KeyboardInterrupt):
        pulumi.run(*command.split(), stdin="{}")

    assert (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    "command",
    ["preview", "up", "stack output --json", "stack export", "stack history", "config --json"],
)
def test_at_ctrl_c_what_reads_or_can_stop_between_two_resources_is_interrupted_too(
    command: str, tmp_path: Path
) -> None:
    pulumi = running(
        tmp_path,
        "import os, pathlib, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "signal.sigwait({signal.SIGINT})\n"
        f"pathlib.Path({str(tmp_path / 'ended')!r}).touch()\n",
    )

    with pytest.raises(KeyboardInterrupt):
        pulumi.run(*command.split())

    assert (tmp_path / "ended").exists()


def test_a_command_inherits_the_locks_of_its_caller(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        pulumi = Pulumi(
            tmp_path, "prod", {"PATH": f"{tmp_path}:/usr/bin:/bin"}, lock_fds=[lock.fileno()]
        )
        running(tmp_path, f"import os\nos.fstat({lock.fileno()})\nprint('{{}}')\n")

        assert pulumi.outputs() == {}
