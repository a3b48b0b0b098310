"""The direct change of the rules, for when the engine's backend cannot be reached or is locked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from live.errors import LiveError, translated
from live.session import ProviderSession
from ops.journal.journal import FileJournal, JournalError, Ramps
from ops.ramp.driver.clock import SystemRampClock
from ops.ramp.driver.driver import Ending
from ops.ramp.errors import AwsError, BadInputError, NotSureError, RefusedRampError
from ops.ramp.resume.find import newest
from ops.ramp.resume.way_back import last_moved
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.live import LiveStack, SlotReleases, live_stack, session_of
from ops.ramp.stack.opened import own_holder, ramps_folder
from ops.stack.project import project_folder
from pulumi_cli.stacks import current_backend
from rollout.command import REFRESH, ROLLBACK, Command
from rollout.entry import Entry
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.progress import Progress
from rollout.ramp_event import Resumption, RollbackStart
from rollout.split import TOTAL_WEIGHT, Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.way_back import GoBack, KnownRamp, NothingToUndo, Situation, Unclear, way_back

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


class LiveReleases(Protocol):
    """What the way back needs to know of the live stack."""

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule."""
        ...

    def releases(self) -> Mapping[str, SlotReleases]:
        """What runs in the slots of each service, and what was released last."""
        ...


def break_glass(folder: Path, stack: str | None, why: str) -> Ending:
    """Give the group of the newest ramp its start by ModifyRule, and list what is left to do.

    The rules' ARNs come from what an earlier command wrote down, since the backend does not answer.

    Raises:
        BadInputError: nothing was written down here.
        RefusedRampError: a slot that would get requests has no healthy target.
        NotSureError: AWS did not do it.
    """
    name = stack or os.environ.get("PULUMI_STACK")
    if not name:
        raise BadInputError("--break-glass needs --stack NAME: the backend is not asked")
    folder, option = project_folder(folder), ("--stack", name)
    backend, own = current_backend(folder, os.environ), ramps_folder(folder, name)
    known = KnownStack.read(own, backend)
    found = newest(Ramps(own, StackIdentity.of(backend, name, known.services)))
    session = session_of(known.aws)
    live = live_stack(known.services, session)
    if found is None:
        commands = directly(known, session, live.services())
        fixes = [f"{command}   # {command.moves}" for command in commands]
        raise BadInputError(
            f"no ramp of {name} was run from here, so there is no split to go back to",
            expected="the machine and the folder of the ramp",
            fixes=fixes or ["bring a slot's instances back"],
        )
    progress = found.progress
    plan = plan_by_journal(progress.plan, found.entries, live, option)
    _refuse_dead(live, plan)
    modify_rules(known, session, plan)
    after = live.splits()
    if {after[s] for s in plan.services} != {plan.start}:
        raise NotSureError(f"the rules were changed, and read back as {_words(after)}")
    lost = _write_down(found.folder, progress, plan, why)
    return Ending(
        0,
        f"BREAK-GLASS: {plan.group} at {plan.start}, by ModifyRule, without "
        f"the engine{lost}\n"
        f"  the state and the config of {name} still have other weights. As soon as the backend "
        "answers:\n"
        f"  next:     {REFRESH.with_options('--yes').then(ROLLBACK).with_options(*option)}",
    )


def plan_by_journal(
    plan: RampPlan, entries: Sequence[Entry], live: LiveReleases, option: Sequence[str] = ()
) -> RampPlan:
    """The plan that leads back, without the stack's history, which cannot be read.

    Args:
        plan: What the ramp set out for.
        entries: Of its journal.
        live: The stack.
        option: What a command ends with to act on the stack.

    Raises:
        RefusedRampError: going back would raise a slot that was released after the ramp.
        NotSureError: it is not known where to go back to.
    """
    splits, releases = live.splits(), live.releases()
    rollback = ROLLBACK.with_options(*option)
    decided = way_back(
        Situation(
            live=splits,
            history=(),
            releases={service: each.last for service, each in releases.items()},
            hold=timedelta(0),
            unfinished=KnownRamp(plan, last_moved(entries)),
            stack_option=option,
        )
    )
    match decided:
        case GoBack(found):
            return found
        case NothingToUndo(reasons):
            raise RefusedRampError(
                f"nothing to go back to, and no rule was changed: {_words(splits)}\n"
                f"  because:  {'; '.join(dict.fromkeys(reasons.values()))}\n"
                "  expected: a ramp after which nothing was released\n"
                f"  fix:      {rollback}, once the backend answers"
            )
        case Unclear(reasons):
            raise NotSureError(
                f"it is not clear where to go back to, and no rule was changed: {_words(splits)}\n"
                f"  because:  {'; '.join(dict.fromkeys(reasons.values()))}\n"
                "  expected: a ramp after which no one moved or released anything\n"
                f"  fix:      {rollback}, once the backend answers"
            )


def directly(
    known: KnownStack, session: ProviderSession, services: Mapping[str, LiveService]
) -> list[Command]:
    """What gives one slot everything by the AWS CLI; none onto a slot without a healthy target.

    Raises:
        AwsError: a rule cannot be read.
    """
    elb: ElasticLoadBalancingv2Client = session.client("elbv2")
    found: list[Command] = []
    for slot in Slot:
        if not all(services[service].slots[slot].healthy for service in known.services):
            continue
        split = Split(0, TOTAL_WEIGHT).shifted_to(slot, TOTAL_WEIGHT)
        steps = [_modify_rule(elb, known, service, split, session) for service in known.services]
        moves = f"gives slot {slot} all requests of {', '.join(sorted(known.services))}"
        found.append(Command(steps[0].then(*steps[1:]).steps, moves))
    return found


def _modify_rule(
    elb: ElasticLoadBalancingv2Client,
    known: KnownStack,
    service: str,
    split: Split,
    session: ProviderSession,
) -> Command:
    try:
        with translated():
            actions = _actions_at(elb, known.services[service], split)
    except LiveError as error:
        raise AwsError(f"the rule of {service} cannot be read: {error}") from error
    options = {"rule-arn": known.services[service]["ruleArn"], "actions": actions}
    profile = known.aws.get("profile")
    return Command.of_aws("elbv2", "modify-rule", options, region=session.region, profile=profile)


def modify_rules(known: KnownStack, session: ProviderSession, plan: RampPlan) -> None:
    """Give every rule of the group the split that the ramp began from.

    Raises:
        AwsError: one was not changed; its text names those that were.
    """
    elb: ElasticLoadBalancingv2Client = session.client("elbv2")
    for number, service in enumerate(plan.services):
        arn = known.services[service]["ruleArn"]
        try:
            with translated():
                actions = _actions_at(elb, known.services[service], plan.start)
                elb.modify_rule(RuleArn=arn, Actions=actions)
        except LiveError as error:
            changed = ", ".join(plan.services[:number]) or "none"
            raise AwsError(
                f"the rule of {service} was not changed: {error}",
                expected=f"{plan.group} at {plan.start}; changed so far: {changed}",
                fixes=["fix the error that AWS reports, then type it again"],
            ) from error


def _actions_at(
    elb: ElasticLoadBalancingv2Client, service: Mapping[str, Any], split: Split
) -> list[Any]:
    """What the rule of a service does now, its requests split so."""
    arns: Mapping[str, Any] = service["targetGroupArns"]
    groups = [
        {"TargetGroupArn": arns[slot.value], "Weight": split.weight_of(slot)} for slot in Slot
    ]
    (rule,) = elb.describe_rules(RuleArns=[service["ruleArn"]])["Rules"]
    found: Any = rule.get("Actions", [])
    return forwarding_to(found, groups)


def forwarding_to(
    actions: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """A rule's actions with other target groups behind its forward; everything else stays.

    A login that comes before the forward stays, and so does what the forward has beside its groups.

    Args:
        actions: As DescribeRules has them.
        groups: Each with its ARN and its weight.
    """
    return [
        {
            "Type": "forward",
            **({"Order": action["Order"]} if "Order" in action else {}),
            "ForwardConfig": {**action.get("ForwardConfig", {}), "TargetGroups": [*groups]},
        }
        if action["Type"] == "forward"
        else _with_its_secret(action)
        for action in actions
    ]


def _with_its_secret(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action that keeps the client secret of its login, which AWS never shows.

    Source: ELBv2 API, AuthenticateOidcActionConfig.UseExistingClientSecret.
    """
    login = action.get("AuthenticateOidcConfig")
    if login is None:
        return dict(action)
    return {**action, "AuthenticateOidcConfig": {**login, "UseExistingClientSecret": True}}


def _refuse_dead(live: LiveStack, plan: RampPlan) -> None:
    services = live.services()
    dead = [
        f"{service}-{slot}"
        for service in plan.services
        for slot in Slot
        if plan.start.weight_of(slot) and not services[service].slots[slot].healthy
    ]
    if dead:
        raise RefusedRampError(
            f"no rollback to {plan.start}: {', '.join(dead)} has no healthy target; "
            "the weights stay\n"
            "  expected: a healthy target in every slot that would get requests\n"
            f"  fix:      bring {', '.join(dead)} back, then the same again"
        )


def _write_down(folder: Path, progress: Progress, plan: RampPlan, why: str) -> str:
    """Put it into the journal; what went wrong with that, in words."""
    now, holder = SystemRampClock().now(), own_holder()
    resumption = Resumption.of("break-glass", holder, now, to_go_back=True)
    rollback = RollbackStart(why=f"break-glass: {why}", to=plan.start, by_hand=True)
    try:
        journal = FileJournal(folder)
        # The engine has not heard of it, so the ramp is not over, whatever it was before.
        journal.append(Entry(now, progress.ramp, resumption))
        journal.append(Entry(now, progress.ramp, rollback))
    except JournalError as error:
        return f" (not in the journal: {error})"
    return ""


def _words(splits: Mapping[str, Split]) -> str:
    return ", ".join(f"{service} at {split}" for service, split in sorted(splits.items()))
