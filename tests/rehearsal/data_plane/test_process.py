"""Whatever is killed, nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rehearsal.control_plane.images import GOOD_BUILDS
from tests.ports import listeners
from tests.rehearsal.data_plane.browser import Connection
from tests.rehearsal.data_plane.world import Rehearsed, eventually, is_alive


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Rehearsed]:
    """A local AWS with traffic that a test may break."""
    rehearsed = Rehearsed(tmp_path)
    group = rehearsed.target_group()
    rehearsed.rule("own.example.test", (group, 1))
    rehearsed.group(GOOD_BUILDS[0].image_id, group, size=2)
    rehearsed.wait_for(group, "healthy", "healthy")
    yield rehearsed
    rehearsed.close()


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def is_left(port: int, folder: Path) -> bool:
    """Whether anything of the data plane in `folder` still listens on a port of its own.

    Another process may have the port by now: its command line does not name the folder.
    """
    return any(str(folder) in words for words in listeners(port).values())


@pytest.mark.parametrize(
    "victim",
    [
        "the data plane",
        "Envoy",
        pytest.param("the control plane", marks=pytest.mark.long),
        "nobody",
    ],
)
def test_a_kill_leaves_no_process_and_no_port(own: Rehearsed, victim: str) -> None:
    instances = {instance["pid"] for instance in own.report()["instances"]}
    children = children_of(own.data.process.pid)
    (envoy,) = set(children) - instances
    ports = [own.https_port, *(i["loopbackPort"] for i in own.report()["instances"])]
    assert len(children) == 3

    if victim == "the data plane":
        own.data.process.kill()
    elif victim == "Envoy":
        os.kill(envoy, signal.SIGKILL)
    elif victim == "the control plane":
        own.control.process.kill()
    else:
        assert own.data.process.stdin is not None
        own.data.process.stdin.close()

    code = own.data.process.wait(timeout=60)
    eventually(lambda: not any(is_alive(pid) for pid in children), "no process")
    eventually(lambda: not any(is_left(port, own.folder) for port in ports), "no port")
    assert (code == 0) == (victim == "nobody")


def test_a_propagation_delay_holds_every_change_back(tmp_path: Path) -> None:
    with closing(Rehearsed(tmp_path, "--propagation-seconds", "1.5")) as slow:
        old, new = slow.target_group(), slow.target_group()
        rule = slow.rule("slow.example.test", (old, 1), (new, 0))
        slow.group(GOOD_BUILDS[0].image_id, old)
        slow.group(GOOD_BUILDS[1].image_id, new)
        slow.wait_for(old, "healthy")
        slow.wait_for(new, "healthy")
        with closing(Connection("slow.example.test", slow.https_port, slow.ca)) as kept:
            eventually(lambda: kept.get()["x-build"] == "v1", "the rule")

            changed = time.monotonic()
            slow.shift(rule, (old, 0), (new, 1))
            eventually(lambda: kept.get()["x-build"] == "v2", "traffic on v2")

            assert time.monotonic() - changed > 1.5
