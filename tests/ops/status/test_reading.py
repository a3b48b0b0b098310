"""What a status reads from git and history, how it is drawn again, and what its command refuses."""

from __future__ import annotations

import io
import re
import socket
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.text import Text

from ops.cli import failover
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.opened import ramps_folder
from ops.status.cli import status
from ops.status.config_reading import read_main
from ops.status.difference import differences
from ops.status.document import Status, UnreadError
from ops.status.reader import StatusReader
from ops.status.state_reading import last_known, read_ramping
from ops.status.terminal import shown, watch
from pulumi_cli.errors import NoStackError
from rollout.history_message import StageShift
from rollout.lease import LeaseHolder, LeaseState
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from tests.ops.status.stacks import NOW
from tests.rollout.history import held, released

WHO = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]
PLAN = RampPlan(("web",), Slot.SECOND, Split(100, 0), (25, 100))
DOING = StageShift.to(next(iter(PLAN.stages())), PLAN.candidate)


def ended_process() -> int:
    """The id of a process that there was."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *WHO, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A stack file in a repository whose main has it at 100/0."""
    git(tmp_path, "init", "-q", "-b", "main")
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text("weights: 100/0\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return file


def test_main_is_read_where_no_origin_has_it(file: Path) -> None:
    file.write_text("weights: 0/100\n")

    found = read_main(file)

    assert found is not None
    assert (found.branch.ref, found.text) == ("main", "weights: 100/0\n")
    assert re.fullmatch("[0-9a-f]{4,40}", found.branch.commit)


def test_the_shared_main_is_read_before_ones_own(file: Path) -> None:
    git(file.parent, "update-ref", "refs/remotes/origin/main", "HEAD")
    file.write_text("weights: 50/50\n")
    git(file.parent, "commit", "-q", "-a", "-m", "not pushed")

    found = read_main(file)

    assert found is not None
    assert (found.branch.ref, found.text) == ("origin/main", "weights: 100/0\n")


def test_a_file_that_main_does_not_have_is_told_with_what_shares_it(file: Path) -> None:
    git(file.parent, "init", "-q", "--bare", "shared.git")
    git(file.parent, "remote", "add", "origin", "shared.git")
    git(file.parent, "push", "-q", "--set-upstream", "origin", "main")
    dev = file.with_name("Pulumi.dev.yaml")
    dev.write_text("weights: 50/50\n")
    with pytest.raises(UnreadError, match=r"main has no Pulumi\.dev\.yaml") as told:
        read_main(dev)

    command = (
        str(told.value).partition(": ")[2].replace("git commit", f"git {' '.join(WHO)} commit")
    )
    subprocess.run(["sh", "-c", command], cwd=file.parent, check=True, capture_output=True)

    found = read_main(dev)
    assert found is not None
    assert found.text == "weights: 50/50\n"


def test_a_file_that_git_ignores_is_local_and_no_commit_of_it_is_advised(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("Pulumi.rehearsal.yaml\n")
    git(tmp_path, "add", ".gitignore")
    git(tmp_path, "commit", "-q", "-m", "first")
    (tmp_path / "Pulumi.rehearsal.yaml").write_text("config:\n  failover:services: {}\n")

    found = StatusReader(tmp_path, "rehearsal", stub_cli(tmp_path)).read(NOW)

    assert found.is_local
    assert "main" not in found.missing
    assert not any("commit" in each.why for each in found.unread)


def test_a_folder_without_a_repository_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(UnreadError, match="in no git repository"):
        read_main(tmp_path / "Pulumi.prod.yaml")


def test_a_machine_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UnreadError, match="no `git` on PATH"):
        read_main(tmp_path / "Pulumi.prod.yaml")


@pytest.mark.parametrize(
    ("holder", "minutes", "lease_state"),
    [
        (LeaseHolder("minho", "elsewhere", 7), 10, LeaseState.HELD),
        (LeaseHolder("minho", "elsewhere", 7), -10, LeaseState.EXPIRED),
        (LeaseHolder("minho", socket.gethostname(), ended_process()), 10, LeaseState.DEAD),
    ],
)
def test_a_lease_stands_until_it_is_let_go_of(
    holder: LeaseHolder, minutes: int, lease_state: LeaseState
) -> None:
    lease = held(PLAN, DOING, holder, NOW + timedelta(minutes=minutes))

    standing = read_ramping(["a tag", lease], NOW)
    freed = read_ramping([released(PLAN, DOING, holder), lease], NOW)

    assert standing is not None
    assert (standing.lease.holder, standing.lease_state) == (holder, lease_state)
    assert freed is None


def test_a_watch_draws_until_ctrl_c_and_leaves_the_last_screen() -> None:
    file, drawings, waits = io.StringIO(), iter(range(10)), iter([None, None])

    def wait() -> None:
        if next(waits, "over") == "over":
            raise KeyboardInterrupt

    watch(lambda: Text(f"drawing {next(drawings)}"), wait, Console(file=file, force_terminal=True))

    after_the_screen = file.getvalue().rpartition("\x1b[?1049l")[2]
    assert "drawing 2" in after_the_screen
    assert "drawing 1" in file.getvalue()


@pytest.mark.parametrize(
    "arguments", [["--watch", "--json"], ["--watch", "--drift"], ["--watch"], ["--interval", "0"]]
)
def test_options_that_make_no_status_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(status, arguments).exit_code == 2


def test_a_folder_without_a_project_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(failover, ["status"])

    assert result.exit_code == 2
    assert "no Pulumi.yaml" in result.output


BROKEN = "config:\n  failover:org: a: b\n"


@pytest.mark.parametrize("text", [BROKEN, "config: [", "config:\n  a:b: 1\n  a:b: 2\n"])
def test_a_stack_file_that_cannot_be_read_is_told_once_with_its_place(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(text)

    found = StatusReader(tmp_path, "prod", stub_cli(tmp_path)).read(NOW)

    reasons = {each.what: each.why for each in found.unread}
    assert reasons["config"].startswith("Pulumi.prod.yaml cannot be read: line ")
    assert reasons["live"] == (
        "its region and credentials are in Pulumi.prod.yaml, which cannot be read"
    )
    assert "agree" not in drawn_status(found)
    assert "main, live and config could not be read; only state is shown" in drawn_status(found)


def test_a_stack_that_there_is_not_is_no_status(tmp_path: Path) -> None:
    with pytest.raises(NoStackError, match="there is no stack prod in the backend"):
        StatusReader(tmp_path, "prod", stub_cli(tmp_path, export="exit 6")).read(NOW)


def stub_cli(folder: Path, export: str = "echo '{\"deployment\": {}}'") -> dict[str, str]:
    """An environment whose `pulumi` has an empty stack, and a config as the file is."""
    program = folder / "pulumi"
    program.write_text(
        "#!/bin/sh\n"
        'case "$1 $2" in\n'
        f'  "stack export") {export} ;;\n'
        '  "stack history") echo "[]" ;;\n'
        '  "config --json") echo "{}" ;;\n'
        "  *) exit 255 ;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def drawn_status(found: Status) -> str:
    file = io.StringIO()
    Console(file=file, width=80).print(shown(found, differences(found)), highlight=False)
    return file.getvalue()


def test_live_is_not_read_for_the_reason_that_there_is(tmp_path: Path) -> None:
    program = tmp_path / "pulumi"
    program.write_text(
        "#!/bin/sh\n"
        'case "$1 $2" in\n'
        '  "stack export") echo \'{"deployment": {"resources": []}}\' ;;\n'
        '  "stack history") echo "[]" ;;\n'
        '  *) echo "error: passphrase must be set" >&2; exit 255 ;;\n'
        "esac\n"
    )
    program.chmod(0o755)

    found = StatusReader(tmp_path, "prod", {"PATH": f"{tmp_path}:/usr/bin:/bin"}).read(NOW)

    reasons = {each.what: each.why for each in found.unread}
    assert "this shell has no passphrase" in reasons["live"]


def test_what_a_ramp_wrote_down_is_found_however_its_stack_is_named(tmp_path: Path) -> None:
    environ = {"PULUMI_BACKEND_URL": "s3://state?region=eu"}
    known = KnownStack("s3://state", {"region": "us-east-1"}, {"web": {"ruleArn": "arn:rule/web"}})
    known.write(ramps_folder(tmp_path, "acme/failover/prod"))

    found = [last_known(tmp_path, name, environ) for name in ("prod", "acme/prod")]
    assert found == [known, known]


def test_what_a_ramp_wrote_down_of_a_stack_in_another_backend_is_not_read(tmp_path: Path) -> None:
    known = KnownStack("s3://state", {"region": "us-east-1"}, {"web": {"ruleArn": "arn:rule/web"}})
    known.write(ramps_folder(tmp_path, "prod"))

    with pytest.raises(UnreadError):
        last_known(tmp_path, "prod", {"PULUMI_BACKEND_URL": "s3://other"})
