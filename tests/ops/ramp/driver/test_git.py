"""A ramp that makes its commits, on real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops.ramp.driver.git import OwnGit
from ops.ramp.errors import BadInputError
from ops.stack.repository import is_ignored
from rollout.plan import RampPlan
from rollout.ramp_event import StackFileCommit
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.fakes import KilledError
from tests.ops.ramp.world import SERVICES, World

PLAN = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (50, 100))


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Its stack file is committed in a clone, and pushed."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.com")
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "shared.git")
    git(tmp_path, "clone", "--quiet", "shared.git", "clone")
    world = World(tmp_path / "clone")
    (tmp_path / "clone" / "notes").write_text("mine")
    git(tmp_path / "clone", "switch", "--quiet", "--create", "main")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "--quiet", "--message", "stack")
    git(tmp_path / "clone", "push", "--quiet", "--set-upstream", "origin", "main")
    world.git, world.pushes = OwnGit(), True
    return world


def push_of_somebody_else(folder: Path) -> None:
    git(folder, "clone", "--quiet", "shared.git", "other")
    (folder / "other" / "theirs").write_text("theirs")
    git(folder / "other", "add", ".")
    git(folder / "other", "commit", "--quiet", "--message", "theirs")
    git(folder / "other", "push", "--quiet")


def test_every_commit_of_a_ramp_holds_the_stack_file_alone_and_is_pushed(
    world: World, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    (clone / "notes").write_text("not yet committed")

    ending = world.run(PLAN)

    log = git(tmp_path / "shared.git", "log", "--reverse", "--format=%s", "--name-only", "main~3..")
    assert ending.exit_code == 0
    assert [line for line in log.splitlines() if line] == [
        "portal+web: stage 1/2, 02 at 50",
        world.stack_file.name,
        "portal+web: stage 2/2, 02 at 100",
        world.stack_file.name,
        "portal+web: released at 0/100, without floors",
        world.stack_file.name,
    ]
    assert git(clone, "status", "--porcelain") == "M notes"


def test_a_push_that_is_refused_on_the_way_up_leaves_the_weights_and_asks_a_person(
    world: World, tmp_path: Path
) -> None:
    push_of_somebody_else(tmp_path)

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "[rejected]" in ending.words
    assert "commit and push the stack file by hand" in ending.words
    assert (set(world.live.values()), world.weights()) == ({Split(50, 50)}, "50/50")


def test_a_kill_before_the_last_commit_leaves_it_to_the_next_run(
    world: World, tmp_path: Path
) -> None:
    class Killed(OwnGit):
        def commit(self, file: Path, message: str) -> str:
            if "released" in message:
                raise KilledError
            return super().commit(file, message)

    world.git = Killed()
    with pytest.raises(KilledError):
        world.run(PLAN)
    world.git = OwnGit()

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    log = git(tmp_path / "shared.git", "log", "-1", "--format=%s")
    assert "released at 0/100, without floors" in log


def test_a_push_that_is_refused_does_not_stop_the_way_back(world: World, tmp_path: Path) -> None:
    def fails(mark: object) -> Outcome:
        is_first = world.visited[-1] == Split(50, 50)
        if is_first and not (tmp_path / "other").exists():
            push_of_somebody_else(tmp_path)
        return Outcome.FAIL if is_first else Outcome.PASS

    world.gate.says = fails

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert ending.words.startswith("rolled back: portal+web at 100/0")
    assert "not in git: `git push --quiet` exited 1" in ending.words
    assert world.has_released()


def test_no_commit_is_asked_for_of_a_file_that_git_ignores(world: World, tmp_path: Path) -> None:
    world.git, world.is_file_ignored = None, True

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    assert world.events(StackFileCommit) == []


def test_a_commit_is_asked_for_of_a_file_that_git_follows(world: World) -> None:
    world.git = None

    world.run(PLAN)

    assert len(world.events(StackFileCommit)) == 3


def test_only_what_git_does_not_follow_can_be_ignored(world: World, tmp_path: Path) -> None:
    clone, followed = tmp_path / "clone", world.stack_file
    (clone / ".gitignore").write_text(f"{followed.name}\nPulumi.rehearsal*.yaml\n")
    file = clone / "Pulumi.rehearsal.yaml"
    file.write_text("config: {}\n")

    assert is_ignored(file)
    assert not is_ignored(followed)
    assert not is_ignored(clone / "Pulumi.dev.yaml")
    assert not is_ignored(tmp_path / "Pulumi.rehearsal.yaml")
    with pytest.raises(BadInputError, match=r"git ignores Pulumi\.rehearsal\.yaml") as refused:
        OwnGit().refuse_unready(file, pushes=False)
    assert "git add" not in str(refused.value)
    assert "fix:      the same without --commit and --push" in str(refused.value)


def test_a_ramp_that_could_not_commit_is_refused_before_it_begins(
    world: World, tmp_path: Path
) -> None:
    clone, file = tmp_path / "clone", world.stack_file
    own = OwnGit()

    own.refuse_unready(file, pushes=True)

    file.write_text(file.read_text() + "\n")
    with pytest.raises(BadInputError, match="has changes of its own"):
        own.refuse_unready(file, pushes=False)
    git(clone, "checkout", "--quiet", "--", file.name)
    push_of_somebody_else(tmp_path)
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "mine")
    with pytest.raises(BadInputError, match="the push would be refused"):
        own.refuse_unready(file, pushes=True)
    with pytest.raises(BadInputError, match="git does not follow"):
        own.refuse_unready(clone / "new.yaml", pushes=False)
    git(clone, "switch", "--quiet", "--detach")
    with pytest.raises(BadInputError, match="no branch is checked out"):
        own.refuse_unready(file, pushes=False)
