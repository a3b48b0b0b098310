"""Reads the rules of the adopted services, and puts one back as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from ops.errors import CommandError
from ops.inspect.balancer_reading import rule_of
from ops.inspect.calls import Calls, reported
from ops.inspect.document import RuleReport
from ops.inspect.rule_fixes import forward_action
from rollout.command import Command


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
                    elb.modify_rule(RuleArn=arn, Actions=[_forward(rule)])
            except CommandError as error:
                why[arn] = str(error)
    now = read_rules(calls, list(before))
    differing = (arn for arn, rule in before.items() if now.get(arn) != rule)
    return {arn: why.get(arn, f"it is {now.get(arn)}") for arn in differing}


def putting_back(calls: Calls, rule: RuleReport) -> Command:
    """The command that gives a rule the forward that it had."""
    options = {"rule-arn": rule.arn, "actions": [_forward(rule)]}
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


def _forward(rule: RuleReport) -> dict[str, Any]:
    """The action of a rule that forwards and does nothing else, which is all that is adopted."""
    return forward_action(rule.groups, rule.actions[0].stickiness_seconds)
