"""An update that runs beside its caller: what came of it, whatever happens to it or to its log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_cli.process import FULL_PRIORITY, LOW_PRIORITY
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.update import HISTORY_LENGTH, EngineUpdate, UpdateResult, updates_of
from rollout.notice import Notice, NoticeKind

REFUSED = Notice(NoticeKind.REFUSED, "web", "90/10 -> 75/25", "web-02 has 1 of 3 healthy\n  fix: x")
LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to "
    "end or delete the lock file with `pulumi cancel`.\n"
    "  s3://state/locks/1.json: created by me@host (pid 7) at 2026-11-21T09:00:00Z\n"
)

Cli = Callable[..., Pulumi]


def diagnostic(severity: str, message: str) -> dict[str, object]:
    return {"diagnosticEvent": {"severity": severity, "message": f"{message}\n"}}


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Puts a `pulumi` on PATH that writes its output and these events, then does something."""

    def put(*events: object, says: str = "Updating (test):\n", does: str = "") -> Pulumi:
        program = tmp_path / "bin" / "pulumi"
        program.parent.mkdir()
        lines = "".join(f"{json.dumps(event)}\n" for event in events)
        program.write_text(
            f"#!{sys.executable}\n"
            "import os, signal, sys\n"
            f"os.write(1, {says.encode()!r})\n"
            f"open(sys.argv[sys.argv.index('--event-log') + 1], 'w').write({lines!r})\n"
            f"{does}\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        return Pulumi(tmp_path, "prod", os.environ)

    return put


def result_of(pulumi: Pulumi, log: Path) -> UpdateResult:
    """What came of one update; it leaves its log and nothing else."""
    update = pulumi.start_up(log)
    while (ended := update.poll()) is None:
        time.sleep(0.01)  # a process has no event
    assert [file.name for file in update.log.parent.glob("*.events")] == []
    assert update.wait() is ended
    return ended


def test_an_update_tells_what_it_changed(cli: Cli, tmp_path: Path) -> None:
    changes = {"same": 53, "read": 1, "update": 2}

    ended = result_of(cli({"summaryEvent": {"resourceChanges": changes}}), tmp_path / "up.log")

    assert (ended.changed, ended.exit_code, ended.error) == ({"update": 2}, 0, "")


def test_of_a_failed_update_only_the_errors_are_told(cli: Cli, tmp_path: Path) -> None:
    events = [diagnostic("info", "waiting"), diagnostic("error", str(REFUSED))]

    ended = result_of(cli(*events, does="sys.exit(255)"), tmp_path / "up.log")

    assert (ended.error, ended.is_refused, ended.is_locked) == (str(REFUSED), True, False)


def test_a_failed_update_without_an_event_tells_what_it_wrote(cli: Cli, tmp_path: Path) -> None:
    pulumi = cli(says="error: no space left on device\n", does="sys.exit(255)")

    ended = result_of(pulumi, tmp_path / "up.log")

    assert (ended.error, ended.is_refused) == ("no space left on device", False)


def test_an_update_that_another_one_holds_up_names_the_holder(cli: Cli, tmp_path: Path) -> None:
    ended = result_of(cli(says=LOCKED, does="sys.exit(255)"), tmp_path / "up.log")

    assert ended.is_locked
    assert "created by me@host (pid 7)" in ended.error


def test_the_events_that_a_killed_run_has_left_are_not_taken_for_those_of_the_next(
    cli: Cli, tmp_path: Path
) -> None:
    pulumi, log = cli(says=LOCKED, does="sys.exit(255)"), tmp_path / "up.log"
    program = tmp_path / "bin" / "pulumi"
    program.write_text(program.read_text().replace("open(sys.argv", "0 and open(sys.argv"))
    log.with_suffix(".events").write_text(f"{json.dumps(diagnostic('error', str(REFUSED)))}\n")

    ended = result_of(pulumi, log)

    assert (ended.is_locked, ended.is_refused) == (True, False)
    assert str(REFUSED) not in ended.error


def test_an_engine_that_was_killed_is_said_to_be(cli: Cli, tmp_path: Path) -> None:
    pulumi = cli(does="os.kill(os.getpid(), signal.SIGKILL)")

    ended = result_of(pulumi, tmp_path / "up.log")

    assert (ended.error, ended.exit_code) == ("the engine was ended by SIGKILL", -9)


def test_an_update_is_interrupted_as_by_ctrl_c_and_in_no_other_way(
    cli: Cli, tmp_path: Path
) -> None:
    pulumi = cli(
        does="signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "os.write(1, b'begun\\n')\n"
        "sys.exit(signal.sigwait({signal.SIGINT}) and 255)"
    )
    update = pulumi.start_up(tmp_path / "up.log")
    while "begun" not in update.log.read_text():
        time.sleep(0.01)  # a process has no event

    update.interrupt()

    assert os.getsid(update.pid) != os.getsid(0)
    assert update.wait().exit_code == 255


def test_only_whole_lines_are_read_and_each_once(cli: Cli, tmp_path: Path) -> None:
    update = cli(says="Updating (test):\n\n  web upda").start_up(tmp_path / "up.log")
    update.wait()

    lines = [update.new_lines(), update.new_lines()]
    with update.log.open("a") as log:
        log.write("ted\n")

    assert [*lines, update.new_lines()] == [["Updating (test):"], [], ["  web updated"]]


def test_where_no_log_can_be_made_an_update_is_run_all_the_same(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    update = cli().start_up(tmp_path / "file" / "up.log")

    assert update.wait().exit_code == 0
    assert update.log == tmp_path / "failover-up.log"
    assert update.log.read_text() == "Updating (test):\n"


def test_an_update_gives_way_to_the_prober_unless_it_is_a_rollback(
    cli: Cli, tmp_path: Path
) -> None:
    pulumi = cli(does="print(os.getpriority(os.PRIO_PROCESS, 0))")
    own = os.getpriority(os.PRIO_PROCESS, 0)

    updates = [
        pulumi.start_up(tmp_path / f"{niceness}.log", niceness=niceness)
        for niceness in (LOW_PRIORITY, FULL_PRIORITY)
    ]

    assert [update.wait().exit_code for update in updates] == [0, 0]
    assert [update.log.read_text().split()[-1] for update in updates] == [
        str(max(own, LOW_PRIORITY)),
        str(max(own, FULL_PRIORITY)),
    ]


AT = "2026-11-21T09:00:00.000Z"


def past(message: str, kind: str = "update", **more: Any) -> dict[str, Any]:
    """An update as the CLI has it."""
    return {"kind": kind, "startTime": AT, "message": message, "result": "succeeded", **more}


def messages(*history: dict[str, Any]) -> list[str]:
    return [each.message for each in updates_of(history)]


def test_an_update_is_read_with_its_config_but_no_secret() -> None:
    config = {
        "failover:weights": {"value": "75/25", "secret": False},
        "failover:previewToken": {"value": "[secret]", "secret": True},
        "failover:capacity": {"value": '{"web":{}}', "objectValue": {"web": {}}, "secret": False},
    }
    ended = {"endTime": "2026-11-21T09:00:05.000Z", "result": "failed"}

    assert updates_of([past("a stage", config=config, **ended)]) == (
        EngineUpdate(
            message="a stage",
            succeeded=False,
            config={"failover:weights": "75/25", "failover:capacity": '{"web":{}}'},
            at=datetime(2026, 11, 21, 9, tzinfo=UTC),
            ended=datetime(2026, 11, 21, 9, 0, 5, tzinfo=UTC),
            is_first=True,
        ),
    )


def test_only_updates_and_imports_are_told() -> None:
    found = messages(past("up"), past("a look", "refresh"), past("adopted", "import"))

    assert found == ["up", "adopted"]


def test_what_was_before_everything_was_removed_is_not_told() -> None:
    gone = past("gone", "destroy", resourceChanges={"delete": 5})
    some = past("some", "destroy", resourceChanges={"delete": 1, "same": 4})

    assert messages(past("new"), gone, past("old")) == ["new"]
    assert messages(past("new"), some, past("old")) == ["new", "old"]


def test_of_a_history_that_goes_on_nobody_knows_the_first_update() -> None:
    whole = updates_of([past(str(number)) for number in range(HISTORY_LENGTH - 1)])
    cut = updates_of([past(str(number)) for number in range(HISTORY_LENGTH)])

    assert [each.is_first for each in whole] == [False] * (HISTORY_LENGTH - 2) + [True]
    assert not any(each.is_first for each in cut)
