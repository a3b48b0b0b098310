"""The update of an adoption beside its prober: what stops it, what is undone, what is said."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from ops.adopt.adoption import Adoption
from ops.adopt.probing import ProberProcess
from ops.adopt.proposal import Import
from ops.errors import RefusedError, UnsureError
from ops.inspect.balancer_reading import rule_of
from ops.inspect.calls import Calls
from pulumi_cli.errors import PulumiError
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.update import RunningUpdate

WEB, PORTAL = "arn:rule/web", "arn:rule/portal"
FAILED = {"event": "failure", "url": "https://a.example/", "status": 502}
URN = "urn:pulumi:prod::failover::failover:index:Service$aws:lb/listenerRule:ListenerRule::web"
OPEN_ENDED = "import signal, sys; signal.sigwait({signal.SIGINT}); sys.exit(255)"
"""An update that ends only when it is interrupted."""


def described(arn: str, *groups: tuple[str, int]) -> dict[str, Any]:
    """A rule as DescribeRules has it."""
    weighted = [{"TargetGroupArn": group, "Weight": weight} for group, weight in groups]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}
    return {"RuleArn": arn, "Priority": "10", "Conditions": [], "Actions": [action]}


@dataclass
class Balancing:
    """The rules of an account; some refuse to be changed."""

    rules: dict[str, dict[str, Any]]
    refused: frozenset[str] = frozenset()
    region: str = "us-east-1"
    profile: str | None = None

    def client(self, _service: str) -> Balancing:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def describe_rules(self, **asked: Any) -> dict[str, Any]:
        return {"Rules": [self.rules[arn] for arn in asked["RuleArns"]]}

    def modify_rule(self, **asked: Any) -> None:
        arn = asked["RuleArn"]
        if arn in self.refused:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ModifyRule")
        (action,) = asked["Actions"]
        groups = action["ForwardConfig"]["TargetGroups"]
        self.rules[arn] = described(arn, *((g["TargetGroupArn"], g["Weight"]) for g in groups))


@dataclass
class Stack:
    """A stack whose update is a process that runs `code`, and changes the rules as it begins."""

    code: str
    changes: Callable[[], None]
    refresh_error: str | None = None
    stack: str = "prod"
    ran: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def start_up(self, log: Path) -> RunningUpdate:
        self.changes()
        with log.open("w") as output:
            process = subprocess.Popen([sys.executable, "-c", self.code], stdout=output, text=True)
        return RunningUpdate(process, log, log.with_suffix(".events"))

    def state(self) -> dict[str, Any]:
        kind = "aws:lb/listenerRule:ListenerRule"
        return {"resources": [{"urn": URN, "type": kind, "id": WEB}]}

    def run(self, *arguments: str) -> str:
        self.ran.append(arguments)
        if self.refresh_error:
            raise PulumiError(self.refresh_error)
        return ""


class Watching:
    """A prober by what it sees: its failures come with a mark, or as it settles."""

    def __init__(
        self,
        *,
        at_mark: Mapping[str, Mapping[str, Any]] | None = None,
        settling: Mapping[str, Any] | None = None,
        ends_at: str = "",
    ) -> None:
        self.changed = threading.Condition()
        self.failures: list[Mapping[str, Any]] = []
        self.has_ended = False
        self._at_mark, self._settling, self._ends_at = at_mark or {}, settling, ends_at
        self._marks: list[str] = []

    def mark(self, text: str) -> None:
        self._marks.append(text)
        self.has_ended = self.has_ended or text == self._ends_at
        if text in self._at_mark:
            self.failures.append(self._at_mark[text])

    def wait_until_good(self, more: int, seconds: float) -> None:
        assert more >= 1
        assert seconds > 0
        if self.has_ended:
            raise UnsureError("the prober ended: killed")
        if self._marks and self._settling is not None:
            self.failures.append(self._settling)


def converted(
    tmp_path: Path, watching: Watching, stack: Stack, balancing: Balancing, before: dict[str, Any]
) -> None:
    """Run the update of `web` and `portal`."""
    adoption = Adoption(
        imports=(Import("web", WEB), Import("portal", PORTAL)),
        before={arn: rule_of(rule) for arn, rule in before.items()},
        pulumi=cast(Pulumi, stack),
        calls=cast(Calls, balancing),
        say=lambda _text: None,
    )
    adoption.convert(cast(ProberProcess, watching), 20.0, 5.0, tmp_path / "up.log")


@dataclass
class World:
    """Two rules, each with one group, and an update that gives both a second one."""

    balancing: Balancing
    before: dict[str, Any]

    def stack(self, code: str, refresh_error: str | None = None) -> Stack:
        return Stack(code, self._convert, refresh_error)

    def _convert(self) -> None:
        for arn in self.before:
            self.balancing.rules[arn] = described(arn, (f"{arn}-01", 100), (f"{arn}-02", 0))


@pytest.fixture
def world() -> World:
    before = {arn: described(arn, (f"{arn}-01", 1)) for arn in (WEB, PORTAL)}
    return World(Balancing(dict(before)), before)


def test_an_update_without_a_failed_request_is_done(tmp_path: Path, world: World) -> None:
    converted(tmp_path, Watching(), world.stack("pass"), world.balancing, world.before)

    assert world.balancing.rules != world.before


def test_a_request_that_fails_after_an_update_that_failed_is_undone_too(
    tmp_path: Path, world: World
) -> None:
    stack = world.stack("raise SystemExit(255)")

    with pytest.raises(RefusedError, match=r"a\.example/ 502 .* the rules forward as before"):
        converted(tmp_path, Watching(settling=FAILED), stack, world.balancing, world.before)

    assert world.balancing.rules == world.before
    assert stack.ran == [("refresh", "--yes", "--skip-preview", "--target", URN)]


def test_an_update_that_failed_says_so_once_requests_were_seen_to_go_well(
    tmp_path: Path, world: World
) -> None:
    stack = world.stack("raise SystemExit(255)")

    with pytest.raises(UnsureError, match="ended with 255; no request failed"):
        converted(tmp_path, Watching(), stack, world.balancing, world.before)


def test_a_prober_that_ends_stops_the_update_and_nobody_says_that_no_request_failed(
    tmp_path: Path, world: World
) -> None:
    stack = world.stack(OPEN_ENDED)
    watching = Watching(ends_at="up begins")

    with pytest.raises(UnsureError, match=r"killed\. So it is not known") as found:
        converted(tmp_path, watching, stack, world.balancing, world.before)

    assert "no request failed" not in str(found.value)
    assert "failover inspect" in str(found.value)


def test_a_rule_that_cannot_be_put_back_keeps_no_other_and_has_its_command(
    tmp_path: Path, world: World
) -> None:
    world.balancing.refused = frozenset({WEB})
    watching = Watching(at_mark={"up begins": FAILED})

    with pytest.raises(UnsureError, match="could not be undone") as found:
        converted(tmp_path, watching, world.stack(OPEN_ENDED), world.balancing, world.before)

    assert world.balancing.rules[PORTAL] == world.before[PORTAL]
    assert f"aws elbv2 modify-rule --rule-arn {WEB} --actions" in str(found.value)
    assert f'"TargetGroupArn":"{WEB}-01"' in str(found.value)
    assert f"--rule-arn {PORTAL}" not in str(found.value)


def test_a_refresh_that_fails_hides_not_that_the_rules_are_back(
    tmp_path: Path, world: World
) -> None:
    watching = Watching(at_mark={"up begins": FAILED})
    stack = world.stack(OPEN_ENDED, refresh_error="the stack is locked")

    with pytest.raises(UnsureError, match="the rules forward as before") as found:
        converted(tmp_path, watching, stack, world.balancing, world.before)

    assert world.balancing.rules == world.before
    assert "the stack is locked" in str(found.value)
    assert "pulumi refresh --stack prod" in str(found.value)
