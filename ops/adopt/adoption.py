"""One adoption, from what was found to what is converted: imports, plan, update, rules put back."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.adopt.plan import AdoptionPlan, planned
from ops.adopt.probing import ProberProcess
from ops.adopt.proposal import Import
from ops.adopt.state import State, import_document, missing
from ops.errors import CommandError, RefusedError, UnsureError
from ops.inspect.balancer_reading import rule_of
from ops.inspect.calls import Calls, reported
from ops.inspect.document import RuleReport
from ops.inspect.rule_fixes import forward_action
from ops.plan.preview import PreviewRequest, whole_preview
from ops.plan.service_plan import RULE
from pulumi_cli.errors import StackError
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.update import RunningUpdate, UpdateResult
from rollout.command import UP, Command

ANSWER_SECONDS = 30.0
"""How long the prober may take to its first answers."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is adopted, and with what."""

    imports: tuple[Import, ...]
    before: Mapping[str, RuleReport]
    """The rules of `imports` as they were inspected, by ARN."""
    pulumi: Pulumi
    calls: Calls
    say: Say

    @property
    def rules(self) -> dict[str, RuleReport]:
        """Service to its rule as it was inspected."""
        return {each.service: self.before[each.rule_arn] for each in self.imports}

    @property
    def groups(self) -> dict[str, str]:
        """Service to the target group that carries its requests now."""
        return {each.service: _heaviest(self.before[each.rule_arn]) for each in self.imports}

    @property
    def _refresh(self) -> Command:
        """Updates the state from AWS; changes nothing in AWS."""
        return Command.of("pulumi", "refresh", "--stack", self.pulumi.stack)

    def bring_in(self, pulumi: Pulumi) -> None:
        """Import the rules that the state of `pulumi` does not have.

        Raises:
            RefusedError: the state has another rule in the place of one.
            PulumiError: the import failed.
        """
        state = State.of(pulumi.state())
        absent = missing(self.imports, state)
        for each in absent:
            held = state.rule_arn(each.service)
            if held is not None:
                raise RefusedError(
                    f"the stack's {each.service} has the rule {held}, not {each.rule_arn}: adopt "
                    "this one under another service name, or into another stack"
                )
        if not absent:
            return
        self.say(f"importing {', '.join(each.service for each in absent)}")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(import_document(absent, state), file)
            file.flush()
            pulumi.run(
                "import", "--file", file.name, "--protect", "--yes", "--generate-code=false",
                "--skip-preview",
            )  # fmt: skip
        left = missing(self.imports, State.of(pulumi.state()))
        if left:
            raise UnsureError(f"imported, but the state lacks {', '.join(e.service for e in left)}")

    def planned(self, pulumi: Pulumi) -> AdoptionPlan:
        """What an `up` would do now.

        Raises:
            PreviewError: the program refuses the config, or the preview failed.
        """
        request = PreviewRequest(pulumi.folder, pulumi.stack)
        _, preview = whole_preview(request, pulumi.environ)
        return planned(preview, self.imports, self.rules)

    def convert(
        self, prober: ProberProcess, rate: float, settle_seconds: float, log_path: Path
    ) -> None:
        """Run the `up` while the prober watches; undo the rules where a request fails.

        Raises:
            UnsureError: requests failed before anything was changed, or the rules cannot be read.
            RefusedError: it was undone, or the engine refused.
        """
        self.say(f"probing at {rate:g} requests a second")
        _wait_until_good(prober, 2 * rate, ANSWER_SECONDS, "No rule was changed: fix that first")
        if prober.failures:
            raise UnsureError(
                f"requests fail before anything was changed: {_failures_text(prober)}. "
                "Fix that first"
            )
        prober.mark("up begins")
        self.say(str(UP))
        up = self._up(prober, log_path)
        prober.mark("up ended")
        unknown = (
            f"So it is not known how requests fare; `pulumi up` ended with {up.exit_code}. "
            "`failover inspect` shows the rules; run the same command again to continue.\n"
            f"{up.error}"
        )
        _wait_until_good(prober, settle_seconds * rate, settle_seconds + 30, unknown)
        if prober.failures:
            self._undo(f"a request failed: {_failures_text(prober)}")
        if up.exit_code:
            raise UnsureError(
                f"`pulumi up` ended with {up.exit_code}; no request failed. Run the same command "
                f"again to continue.\n{up.error}"
            )

    def _up(self, prober: ProberProcess, log_path: Path) -> UpdateResult:
        """Run the update; it is interrupted where a request fails, or the prober ends."""
        update = self.pulumi.start_up(log_path)
        ended = threading.Thread(target=_notified, args=(update, prober), daemon=True)
        ended.start()
        try:
            with prober.changed:
                prober.changed.wait_for(
                    lambda: prober.failures or prober.has_ended or update.poll() is not None
                )
        except KeyboardInterrupt:
            self.say("interrupted: the running operations end first")
        if update.poll() is None:
            update.interrupt()
        ended.join()
        return update.wait()

    def _undo(self, why: str) -> None:
        """Give the rules the forwards that they had, and let the state know.

        Raises:
            RefusedError: it is done.
            UnsureError: a rule is not as it was, or the state does not know that it is.
        """
        try:
            differing = put_back(self.calls, self.before)
        except CommandError as error:
            differing = dict.fromkeys(self.before, str(error))
        if differing:
            reasons = "\n".join(f"  {arn}: {reason}" for arn, reason in differing.items())
            fixes = "\n".join(
                f"  {putting_back(self.calls, self.before[arn])}" for arn in differing
            )
            raise UnsureError(
                f"{why}; could not be undone:\n{reasons}\nput back by hand, now:\n{fixes}\n"
                f"then, before you run this again: {self._refresh}"
            )
        try:
            self._refresh_rules()
        except StackError as error:
            raise UnsureError(
                f"{why}; the rules forward as before, and the new slot is left idle, but the "
                f"state does not know it: {error}\n"
                f"before you run this again: {self._refresh}"
            ) from error
        raise RefusedError(f"{why}; the rules forward as before, and the new slot is left idle")

    def _refresh_rules(self) -> None:
        state = State.of(self.pulumi.state())
        urns = [state.urn_of(RULE, each.service) for each in self.imports]
        targets = [option for urn in urns if urn for option in ("--target", urn)]
        self.pulumi.run("refresh", "--yes", "--skip-preview", *targets)

    def verify(self) -> None:
        """Read the rules back, and see that nothing is left to change.

        Raises:
            UnsureError: a rule is not as the config has it.
        """
        rules = read_rules(self.calls, [each.rule_arn for each in self.imports])
        for each in self.imports:
            rule = rules.get(each.rule_arn)
            if (
                rule is None
                or len(rule.groups) != 2
                or _heaviest(rule) != self.groups[each.service]
                or _login_of(rule) != _login_of(self.before[each.rule_arn])
            ):
                raise UnsureError(
                    f"the rule of {each.service} is not as it should be: {rule}; `failover drift` "
                    "lists what differs, and the fixes"
                )
        left = self.planned(self.pulumi)
        if left.steps:
            names = ", ".join(f"{step.type_token} {step.name}" for step in left.steps)
            raise UnsureError(f"`pulumi preview` still has changes: {names}")


def is_whole(plan: AdoptionPlan, state: State) -> bool:
    """Whether everything is adopted already."""
    return not plan.steps and state.has_outputs


def _login_of(rule: RuleReport) -> Mapping[str, Any] | None:
    return None if rule.login is None else rule.login.config


def _heaviest(rule: RuleReport) -> str:
    """The group that most of a rule's requests go to; the first of equals."""
    return max(rule.groups, key=lambda group: group.weight).arn


def _wait_until_good(prober: ProberProcess, more: float, seconds: float, otherwise: str) -> None:
    """Wait for so many good answers, or for a bad one.

    Raises:
        UnsureError: neither came; ends with `otherwise`.
    """
    try:
        prober.wait_until_good(max(1, round(more)), seconds)
    except UnsureError as error:
        raise UnsureError(f"{error}. {otherwise}") from error


def _failures_text(prober: ProberProcess) -> str:
    """The first failure, and how many there are."""
    first: Mapping[str, Any] = prober.failures[0]
    what = first.get("status") or first.get("error") or first.get("detail")
    return f"{first.get('url')} {what} ({len(prober.failures)} failed)"


def _notified(update: RunningUpdate, prober: ProberProcess) -> None:
    update.wait()
    with prober.changed:
        prober.changed.notify_all()


def read_rules(calls: Calls, arns: Sequence[str]) -> dict[str, RuleReport]:
    """The rules by ARN, as they are now.

    Raises:
        UnsureError: AWS gave no answer, or a rule is gone.
    """
    with contextlib.closing(calls.client("elbv2")) as elb, reported():
        found = [rule_of(rule) for rule in elb.describe_rules(RuleArns=list(arns))["Rules"]]
    return {rule.arn: rule for rule in found}


def put_back(calls: Calls, before: Mapping[str, RuleReport]) -> dict[str, str]:
    """Give each rule that differs the forward that it had, and read all back.

    Gives the ARNs of those that differ still, and why; one that is refused keeps no other back.

    Raises:
        UnsureError: AWS gave no answer, or a rule is gone.
    """
    changed = read_rules(calls, list(before))
    why: dict[str, str] = {}
    with contextlib.closing(calls.client("elbv2")) as elb:
        for arn, rule in before.items():
            if changed.get(arn) == rule:
                continue
            try:
                with reported():
                    elb.modify_rule(RuleArn=arn, Actions=actions_of(rule))
            except CommandError as error:
                why[arn] = str(error)
    now = read_rules(calls, list(before))
    differing = (arn for arn, rule in before.items() if now.get(arn) != rule)
    return {arn: why.get(arn, f"it is {now.get(arn)}") for arn in differing}


def putting_back(calls: Calls, rule: RuleReport) -> Command:
    """The command that gives a rule the forward that it had."""
    options = {"rule-arn": rule.arn, "actions": actions_of(rule)}
    weights = "/".join(str(group.weight) for group in rule.groups)
    moves = f"the rule's requests go back to the target groups that they had, {weights}"
    return Command.of_aws(
        "elbv2",
        "modify-rule",
        options,
        region=calls.region,
        profile=calls.profile,
        moves=moves,
    )


_CONFIGS = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
}


def actions_of(rule: RuleReport, client_secret: str | None = None) -> list[Any]:
    """The actions of a rule that forwards, after a login or not, which is all that is adopted.

    Args:
        rule: As it was read.
        client_secret: Of the login; without it the login keeps the one that it has.
    """
    assert rule.forward is not None, "only such a rule is adopted"
    forward = forward_action(rule.groups, rule.forward.stickiness_seconds)
    login = rule.login
    if login is None:
        return [forward]
    secret: dict[str, Any] = {}
    if login.kind == "authenticate-oidc":
        secret = {"UseExistingClientSecret": True}
        if client_secret is not None:
            secret = {"ClientSecret": client_secret}
    config = {**(login.config or {}), **secret}
    asking = {"Type": login.kind, "Order": 1, _CONFIGS[login.kind]: config}
    return [asking, {**forward, "Order": 2}]
