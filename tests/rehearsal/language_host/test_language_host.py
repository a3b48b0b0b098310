"""The language host under the real engine, with programs that need no provider."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = """\
name: tiny
runtime:
  name: python
  options:
    virtualenv: .venv
"""
PACK = """\
import pulumi_policy as policy

def no_secret_plans(args, report):
    report("deliberately bad")

policy.PolicyPack("tiny", policies=[policy.StackValidationPolicy(
    name="never", description="Nothing is right.", validate=no_secret_plans,
    enforcement_level=policy.EnforcementLevel.MANDATORY)])
"""

pytestmark = pytest.mark.engine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "backend").mkdir()
    write(tmp_path, "import pulumi\npulumi.export('answer', 42)")
    assert pulumi(tmp_path, "stack", "init", "tiny").returncode == 0
    return tmp_path


def write(project: Path, program: str) -> None:
    (project / "__main__.py").write_text(program + "\n")


def environment(project: Path) -> dict[str, str]:
    return os.environ | {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{project / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "tiny",
        "PULUMI_HOME": str(project / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def pulumi(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = ["pulumi", *arguments, "--non-interactive"]
    env = environment(project)
    return subprocess.run(argv, cwd=project, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def hanging(project: Path) -> Iterator[subprocess.Popen[str]]:
    """An `up` whose program says its process id and then waits."""
    write(project, "import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)")
    with subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project,
        env=environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


def program_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if "pid " in line:
            return int(line.split("pid ")[1].split()[0])
    raise AssertionError("the program never started")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


def test_a_program_runs_and_its_outputs_arrive(project: Path) -> None:
    assert pulumi(project, "up", "--yes", "--skip-preview").returncode == 0

    assert pulumi(project, "stack", "output", "answer").stdout.strip() == "42"


@pytest.mark.long
def test_what_a_program_prints_is_shown(project: Path) -> None:
    write(project, "import sys\nprint('on stdout')\nprint('on stderr', file=sys.stderr)")

    shown = pulumi(project, "preview").stdout

    assert "on stdout" in shown
    assert "on stderr" in shown


def test_an_exception_of_the_program_fails_the_run_with_its_own_lines(project: Path) -> None:
    write(project, "raise ValueError('boom')")

    done = pulumi(project, "preview")

    assert done.returncode != 0
    assert "ValueError: boom" in done.stdout
    assert "language_host" not in done.stdout


@pytest.mark.long
def test_a_program_that_has_printed_its_error_adds_no_second_one(project: Path) -> None:
    write(project, "import pulumi, sys\npulumi.log.error('the one message')\nsys.exit(32)")

    done = pulumi(project, "preview")

    assert done.returncode != 0
    assert done.stdout.count("error: ") == done.stdout.count("error: the one message")


@pytest.mark.long
def test_config_and_secrets_reach_the_program(project: Path) -> None:
    pulumi(project, "config", "set", "plain", "a")
    pulumi(project, "config", "set", "--secret", "hidden", "b")
    write(
        project,
        "import pulumi\nc = pulumi.Config()\n"
        "pulumi.export('plain', c.require('plain'))\n"
        "pulumi.export('hidden', c.require_secret('hidden'))",
    )
    pulumi(project, "up", "--yes", "--skip-preview")

    assert pulumi(project, "stack", "output", "plain").stdout.strip() == "a"
    assert pulumi(project, "stack", "output", "hidden").stdout.strip() == "[secret]"


@pytest.mark.long
def test_a_policy_pack_written_in_python_runs(project: Path) -> None:
    pack = project / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text(
        f"runtime:\n  name: python\n  options:\n    virtualenv: {ROOT / '.venv'}\n"
    )
    (pack / "__main__.py").write_text(PACK)

    done = pulumi(project, "preview", "--policy-pack", str(pack))

    assert done.returncode != 0
    assert "deliberately bad" in done.stdout


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_ends_the_program_with_the_engine(hanging: subprocess.Popen[str]) -> None:
    program = program_of(hanging)

    hanging.send_signal(signal.SIGINT)

    hanging.communicate(timeout=30)
    assert hanging.returncode != 0
    assert wait_until_gone(program, 5)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_engine_leaves_no_program_and_no_host(hanging: subprocess.Popen[str]) -> None:
    program = program_of(hanging)
    host = int(Path(f"/proc/{program}/stat").read_text().split(") ")[1].split()[1])
    assert is_running(host)

    hanging.kill()

    assert wait_until_gone(program, 5)
    assert wait_until_gone(host, 5)
