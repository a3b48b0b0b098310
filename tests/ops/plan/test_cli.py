"""`failover plan` in a folder of its own, with a CLI that writes what the real one once wrote."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import failover
from ops.drift.cli import drift
from rollout.errors import CONFIG_REFUSED
from tests.ops.plan.cases import BY_NAME, CASES, Case

Pulumi = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: failover\n")
    (folder / "Pulumi.rehearsal.yaml").write_text("config: {}\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PULUMI_STACK", "rehearsal")
    return folder


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    """Puts a `pulumi` on PATH that notes its arguments, writes this and exits so."""

    def put(stdout: str = "", stderr: str = "", code: int = 0) -> Path:
        said, arguments = tmp_path / "said", tmp_path / "arguments"
        said.write_text(stdout)
        program = tmp_path / "bin" / "pulumi"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f"#!{sys.executable}\n"
            "import json, os, sys\n"
            f"json.dump([sys.argv[1:], os.environ.get('PULUMI_ENABLE_STREAMING_JSON_PREVIEW')],"
            f" open({str(arguments)!r}, 'w'))\n"
            f"sys.stdout.write(open({str(said)!r}).read())\n"
            f"sys.stderr.write({stderr!r})\n"
            f"sys.stdout.flush(); sys.stderr.flush()\n"
            f"os.kill(os.getpid(), {-code}) if {code} < 0 else sys.exit({code})\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return arguments

    return put


def run(*arguments: str) -> Result:
    return CliRunner().invoke(failover, ["plan", *arguments])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_markdown_goes_to_the_file_and_the_exit_code_is_the_outcomes(
    case: Case, project: Path, pulumi: Pulumi
) -> None:
    pulumi(case.text())

    result = run("--markdown", "--output", "plan.md")

    assert result.exit_code == case.exit_code
    assert (project / "plan.md").read_text(encoding="utf-8") == case.example.read_text("utf-8")
    assert result.stdout == ""


def test_the_engine_streams_and_is_told_the_stack_the_pack_and_its_config(
    project: Path, pulumi: Pulumi
) -> None:
    pack = project / "policy"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").touch()
    (pack / "prod.json").touch()
    (project / "Pulumi.prod.yaml").write_text("config: {}\n")
    noted = pulumi(BY_NAME["no-change"].text())

    result = run("--stack", "acme/failover/prod", "--refresh", "--json")

    arguments, streaming = json.loads(noted.read_text())
    assert result.exit_code == 0
    assert streaming == "true"
    assert arguments == [
        "preview", "--json",
        "--policy-pack", str(pack), "--policy-pack-config", str(pack / "prod.json"), "--refresh",
        "--stack", "acme/failover/prod", "--non-interactive",
    ]  # fmt: skip
    assert json.loads(result.stdout)["outcome"] == "no change"


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "expected", "exit_code"),
    [
        (
            "",
            "error: no stack named 'x' found",
            6,
            "there is no stack rehearsal in the backend",
            2,
        ),
        ("", "error: incorrect passphrase", 1, "fix:      read -rs PULUMI_CONFIG_PASSPHRASE", 2),
        ("", "", 1, "`pulumi preview --json` failed:\nexit code 1, no output", 3),
        ("", "", -9, "`pulumi preview --json` failed:\nended by SIGKILL, no output", 3),
        (
            "panic: nil map\n\ngoroutine 1",
            "",
            2,
            "line 1 of the engine's output is not an event",
            3,
        ),
        ('{"diagnosticEvent": {}}\n', "", -9, "breaks off after 1 events", 3),
    ],
)
def test_a_preview_that_gives_no_plan_is_one_clear_message(
    stdout: str, stderr: str, code: int, expected: str, exit_code: int,
    project: Path, pulumi: Pulumi,
) -> None:  # fmt: skip
    pulumi(stdout, stderr, code)

    result = run("--markdown", "--output", "plan.md")

    assert result.exit_code == exit_code
    assert expected in result.stderr
    assert result.stderr.count("error: ") == 1
    comment = (project / "plan.md").read_text()
    assert comment.startswith("<!-- failover plan of rehearsal -->")
    assert expected.removeprefix("error: ") in comment


@pytest.mark.usefixtures("project")
def test_a_missing_cli_says_what_brings_one() -> None:
    result = run()

    assert result.exit_code == 3
    assert "`make setup` brings one" in result.stderr


def test_a_stack_without_a_file_is_told_what_writes_it_and_no_list_of_absent_keys(
    project: Path, pulumi: Pulumi
) -> None:
    (project / "Pulumi.rehearsal.yaml").unlink()
    pulumi('{"summaryEvent": {}}', "", 1)

    result = run()

    assert result.exit_code == 2
    assert result.stderr == (
        f"error: there is no Pulumi.rehearsal.yaml in {project}\n"
        "  expected: the stack's file\n"
        "  fix:      pulumi config refresh --stack rehearsal   # writes it as the newest update "
        "had it\n"
    )


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--markdown", "--json"), "choose one"),
        (("--policy-pack", "nowhere"), "--policy-pack nowhere has no PulumiPolicy.yaml"),
        (("--output", "nowhere/plan.md"), "--output nowhere/plan.md: there is no folder nowhere"),
        (("--output", "."), "is a directory"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    arguments: tuple[str, ...], expected: str
) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert expected in result.stderr


def test_without_a_project_there_is_no_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run()

    assert result.exit_code == 2
    assert "no Pulumi.yaml in" in result.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("name", "exit_code", "line"),
    [
        ("no-change", 0, "rehearsal: AWS matches the program"),
        ("weight-change", 1, "  listener rule web: 100/0 -> 90/10"),
        ("image-change", 1, "imageId ami-0fa11000000000001 -> ami-0fa1"),
    ],
)
def test_drift_is_told_in_plain_words(name: str, exit_code: int, line: str, pulumi: Pulumi) -> None:
    noted = pulumi(BY_NAME[name].text())
    Path("Pulumi.rehearsal.yaml").write_text("config:\n  failover:weights: 100/0\n")

    result = CliRunner().invoke(drift, [])

    assert result.exit_code == exit_code
    assert line in result.stdout
    assert "--refresh" in json.loads(noted.read_text())[0]
    assert "forward.targetGroups" not in result.stdout


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("said", "exit_code"), [(CONFIG_REFUSED, 2), ("no answer", 3)])
def test_a_drift_that_cannot_be_told_is_bad_input_or_a_failure(
    said: str, exit_code: int, pulumi: Pulumi
) -> None:
    diagnostic = {"diagnosticEvent": {"severity": "error", "message": said}}
    pulumi(f'{json.dumps(diagnostic)}\n{{"summaryEvent": {{"result": "failed"}}}}\n', code=1)

    result = CliRunner().invoke(drift, [])

    assert result.exit_code == exit_code
    assert said in result.stderr


def test_ctrl_c_ends_it_with_one_line_and_not_as_a_refusal(project: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "signal.sigwait({signal.SIGINT})\n"
        f"pathlib.Path({str(tmp_path / 'ended')!r}).touch()\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    done = subprocess.run(
        [sys.executable, "-c", "from ops.cli import main; main()", "plan"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 3
    assert done.stderr == "ended before the plan was made; nothing was changed\n"
    assert (tmp_path / "ended").exists(), "the CLI was killed, and left what it had started"
