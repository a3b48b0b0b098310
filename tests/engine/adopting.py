"""Adopts a console-made shop on a rehearsal, and kills it on the way."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.account import images_of
from rehearsal.lifecycle import ROOT
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.ops.console_made import BALANCER, PORTAL_GROUP, WEB_GROUP, Shop, click_together

ADOPTED = {"40": PORTAL_GROUP, "100": WEB_GROUP}
"""Priority to target group of the rules that are adopted."""
_ENDING_SECONDS = 300.0
"""Far above what it takes; a machine that does much else beside is slow."""


@dataclass(frozen=True)
class NamedGroup:
    """An Auto Scaling group of the team."""

    name: str
    least: int
    desired: int
    held: int
    """The min to which a ramp has raised it; 0 without one."""

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> NamedGroup:
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        floor = int(tags.get("failover:floor", 0))
        held = floor if group["MinSize"] == floor else 0
        return cls(group["AutoScalingGroupName"], group["MinSize"], group["DesiredCapacity"], held)


@dataclass(frozen=True)
class Adopting:
    """A shop on a rehearsal, and the command that adopts it."""

    stack: Rehearsed
    shop: Shop
    before: Mapping[str, Any]
    """The rules as they were, by priority."""

    def argv(self, *options: str) -> list[str]:
        """The command, with nothing left to ask."""
        named = ["--load-balancer", BALANCER, "--stack", "rehearsal", "--yes"]
        return [sys.executable, "-m", "ops.cli", "adopt", *named, *options]

    @property
    def env(self) -> dict[str, str]:
        return {**self.stack.env, "PYTHONPATH": str(ROOT)}

    def adopt(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*options),
            cwd=self.stack.root,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def rules(self) -> dict[str, Any]:
        """The rules as they are, by priority."""
        return {rule["Priority"]: rule for rule in self.shop.rules()}

    def others(self) -> dict[str, Any]:
        """The rules that are not ours to change."""
        return {p: rule for p, rule in self.rules().items() if p in set(self.before) - set(ADOPTED)}

    def split_of(self, priority: str) -> list[tuple[str, int]]:
        """Name and weight of each group that a rule forwards to, slot 01's first.

        The rule's own order is a set's.
        """
        (action,) = self.rules()[priority]["Actions"]
        groups = action["ForwardConfig"]["TargetGroups"]
        split = [(g["TargetGroupArn"].split("/")[-2], g["Weight"]) for g in groups]
        return sorted(split, key=lambda group: group[0] != ADOPTED[priority])

    def assert_as_it_was_or_converted(self) -> None:
        """Each rule forwards as it did or by its two weights; the state has what there is."""
        for priority, group in ADOPTED.items():
            split = self.split_of(priority)
            assert split[0] in ((group, 1), (group, 100))
            assert [weight for _, weight in split[1:]] in ([], [0])
        assert self.gone() == []
        assert self.others() == {priority: self.before[priority] for priority in self.others()}

    def gone(self) -> list[str]:
        """The resources of the state that AWS does not have."""
        said = self.stack.pulumi("refresh", "--preview-only", "--json").stdout
        start = said.find("{")
        steps = json.loads(said[start : said.rfind("}") + 1]).get("steps", [])
        return [step["urn"] for step in steps if step["op"] == "delete"]

    @property
    def updated(self) -> int:
        """How many resources the update that runs, or ran last, has made or changed."""
        with contextlib.suppress(FileNotFoundError):
            return self._events.read_text().count("resOutputsEvent")
        return 0

    @property
    def _events(self) -> Path:
        return self.stack.root / ".failover" / "adopt" / "up.events"

    @property
    def is_importing(self) -> bool:
        """Whether the import has begun to write the state."""
        return "ListenerRule" in self.stack.engine.run("stack", "export")

    @contextlib.contextmanager
    def when_updating(self, act: Callable[[], None]) -> Generator[None]:
        """Act once an update that runs within the block has made something."""
        self._events.unlink(missing_ok=True)
        over = threading.Event()

        def wait() -> bool:
            while not self.updated:
                if over.wait(0.02):
                    return False
            act()
            return True

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            acted = pool.submit(wait)
            try:
                yield
            finally:
                over.set()
            assert acted.result(), "no update began"

    def named_groups(self) -> dict[str, NamedGroup]:
        """The Auto Scaling groups that the stack only names, by their names."""
        groups = self.shop.client("autoscaling").describe_auto_scaling_groups()
        found = {
            group["AutoScalingGroupName"]: NamedGroup.of(group)
            for group in groups["AutoScalingGroups"]
        }
        return {name: group for name, group in found.items() if not name.endswith("-02-asg")}

    @contextlib.contextmanager
    def watching_named_groups(self) -> Generator[list[NamedGroup]]:
        """Those that a ramp holds while the block runs, as they are seen."""
        seen: list[NamedGroup] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.2):
                seen.extend(group for group in self.named_groups().values() if group.held)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            watched = pool.submit(watch)
            try:
                yield seen
            finally:
                over.set()
            watched.result()

    @contextlib.contextmanager
    def page(self, path: str, priority: int) -> Generator[Callable[[], None]]:
        """A page that answers 200 until what this gives is called, and 503 from then on."""
        elb = self.shop.client("elbv2")
        made = elb.create_rule(
            ListenerArn=self.shop.listener_arn,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=[_answer("200")],
        )
        arn = made["Rules"][0]["RuleArn"]
        try:
            yield lambda: elb.modify_rule(RuleArn=arn, Actions=[_answer("503")])
        finally:
            elb.delete_rule(RuleArn=arn)

    def killed(self, when: Callable[[], bool], *, with_children: bool) -> None:
        """Begin, and kill -9 at that moment: alone, or with every process below."""
        self._events.unlink(missing_ok=True)
        with subprocess.Popen(
            self.argv("--apply", "--probe-rate", "50"),
            cwd=self.stack.root,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while not (is_due := when()) and process.poll() is None:
                time.sleep(0.02)  # a log file and a clock have no event to await
            below = descendants(process.pid) if with_children else []
            for pid in [process.pid, *below]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        assert is_due, "it ended before that moment"
        wait_until_gone(below)


def _answer(status: str) -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": status}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, the nearest first."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, level = list[int](), [pid]
    while level := [child for parent in level for child in parents.get(parent, [])]:
        found += level
    return found


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + _ENDING_SECONDS
    while any(is_there(pid) for pid in pids):
        assert time.monotonic() < deadline, pids
        time.sleep(0.05)


def is_there(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextlib.contextmanager
def adopting(folder: Path) -> Generator[Adopting]:
    """A rehearsal with a shop in it, and a stack file that says nothing but its secret."""
    with rehearsed(folder, "prod") as stack:
        document = yaml.safe_load(stack.workspace.stack_file.read_text())
        token = {k: v for k, v in document["config"].items() if k == "failover:previewToken"}
        stack.workspace.stack_file.write_text(yaml.safe_dump({**document, "config": token}))
        images = images_of(stack.running.endpoint, stack.running.region)
        shop = click_together(stack.client, images)
        shop.wait_until_it_serves()
        yield Adopting(stack, shop, {rule["Priority"]: rule for rule in shop.rules()})
