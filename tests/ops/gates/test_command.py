from __future__ import annotations

import json
import os
import sys
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.gates.command import CommandGate, CommandRun, stage_document
from rollout.verdict import Outcome, Verdict
from settings.gates.command import CommandLimits
from tests.ops.gates.marks import stage
from tests.ops.gates.waiting import DEADLINE_SECONDS, judged


def gate_of(code: str, folder: Path, timeout_seconds: int = 30) -> CommandGate:
    limits = CommandLimits(run=(sys.executable, "-c", code), timeout_seconds=timeout_seconds)
    return CommandGate(limits, folder, lambda: datetime.now(UTC))


def verdict_of(code: str, folder: Path, timeout_seconds: int = 30) -> Verdict:
    gate = gate_of(code, folder, timeout_seconds)
    gate.begin(stage())
    try:
        return judged(gate)
    finally:
        gate.close()


@pytest.mark.parametrize(
    ("exit_code", "outcome"),
    [(0, Outcome.PASS), (1, Outcome.FAIL), (2, Outcome.INCONCLUSIVE), (77, Outcome.INCONCLUSIVE)],
)
def test_the_exit_code_is_the_verdict_and_the_last_line_the_reason(
    exit_code: int, outcome: Outcome, tmp_path: Path
) -> None:
    verdict = verdict_of(f"print('column email is gone'); exit({exit_code})", tmp_path)

    assert verdict.outcome is outcome
    assert verdict.reason.endswith(f"ended with exit code {exit_code}: column email is gone")
    assert verdict.numbers == {"exitCode": exit_code}


def test_the_command_reads_the_stage_in_the_projects_folder(tmp_path: Path) -> None:
    code = "import sys; open('got.json', 'w').write(sys.stdin.read())"

    verdict = verdict_of(code, tmp_path)

    assert verdict.outcome is Outcome.PASS
    assert json.loads((tmp_path / "got.json").read_text()) == stage_document(stage())


def test_a_command_that_takes_too_long_is_ended_and_inconclusive(tmp_path: Path) -> None:
    verdict = verdict_of("import time; time.sleep(600)", tmp_path, timeout_seconds=1)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "took more than 1 s and was ended" in verdict.reason


def test_a_command_that_is_not_there_is_inconclusive(tmp_path: Path) -> None:
    gate = CommandGate(CommandLimits(run=("./no-such-check",)), tmp_path, lambda: datetime.now(UTC))
    gate.begin(stage())

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "./no-such-check cannot be run" in verdict.reason


def test_what_a_command_leaves_running_neither_holds_the_gate_nor_outlives_it(
    tmp_path: Path,
) -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid)\n"
    )

    verdict = verdict_of(code, tmp_path, timeout_seconds=300)

    assert verdict.outcome is Outcome.PASS, verdict.reason
    _await_end(int(verdict.reason.rpartition(": ")[2]))


def test_what_left_the_commands_group_cannot_hold_the_gate(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], "
        "start_new_session=True)\n"
        "print('done', flush=True)\n"
    )

    verdict = verdict_of(code, tmp_path, timeout_seconds=300)

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason.endswith("ended with exit code 0: done")


def test_of_megabytes_of_output_only_the_end_is_kept(tmp_path: Path) -> None:
    line = "x" * 99
    run = CommandRun(
        (sys.executable, "-c", f"for _ in range(200_000): print('{line}')\nprint('the last')"),
        tmp_path,
        "",
    )
    tracemalloc.start()

    exit_code = run.wait(DEADLINE_SECONDS)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (exit_code, run.last_line) == (0, "the last")
    assert most < 1 << 20


def test_a_signal_that_ended_it_is_named_and_inconclusive(tmp_path: Path) -> None:
    verdict = verdict_of("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", tmp_path)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.endswith("was ended by SIGTERM")


def test_a_reason_has_no_colours_and_no_control_characters(tmp_path: Path) -> None:
    verdict = verdict_of(r"print('\x1b[1;31mcolumn\x1b[0m email\x07 is gone'); exit(1)", tmp_path)

    assert verdict.reason.endswith(": column email is gone")


def test_while_it_runs_the_gate_waits_and_close_ends_it_with_its_children(tmp_path: Path) -> None:
    started = tmp_path / "child"
    code = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"path = pathlib.Path({str(started)!r})\n"
        "path.with_suffix('.new').write_text(str(child.pid))\n"
        "path.with_suffix('.new').rename(path)\n"
        "child.wait()\n"
    )
    gate = gate_of(code, tmp_path)
    gate.begin(stage())
    until = time.monotonic() + DEADLINE_SECONDS
    while not started.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    verdict = gate.judge()

    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "still runs" in verdict.reason
    _await_end(int(started.read_text()))


def _await_end(process: int) -> None:
    until = time.monotonic() + DEADLINE_SECONDS
    while _is_running(process):
        assert time.monotonic() < until
        time.sleep(0.01)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_a_new_stage_runs_it_anew(tmp_path: Path) -> None:
    code = "import json, sys; exit(json.load(sys.stdin)['stage'] - 1)"
    gate = gate_of(code, tmp_path)
    gate.begin(stage(10, number=1))
    first = judged(gate)

    gate.begin(stage(25, number=2))
    between = gate.judge()
    second = judged(gate)
    gate.close()

    assert (first.outcome, second.outcome) == (Outcome.PASS, Outcome.FAIL)
    assert between.outcome in (Outcome.INCONCLUSIVE, Outcome.FAIL)


def test_the_same_stage_without_floors_does_not_run_it_again(tmp_path: Path) -> None:
    gate = gate_of("print('said yes')", tmp_path)
    gate.begin(stage(100, number=5))
    first = judged(gate)

    gate.begin(stage(100, number=5, is_released=True))
    second = gate.judge()
    gate.close()

    assert second == first
