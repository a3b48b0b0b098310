"""`failover adopt` from its first look to its last."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ops.adopt.adoption import Adoption, is_whole
from ops.adopt.answers import Answers
from ops.adopt.check import problems
from ops.adopt.conflict_text import conflicts_text
from ops.adopt.earlier_answers import Decided
from ops.adopt.first_slot import FirstSlot, read_first_slot
from ops.adopt.found_lookups import FoundLookups
from ops.adopt.ignored_flags import refuse_unheard
from ops.adopt.import_file import missing
from ops.adopt.lock import held
from ops.adopt.merge import Merge, merged
from ops.adopt.pending import brought_in
from ops.adopt.plan import AdoptionPlan
from ops.adopt.probing import Probe, ProberProcess, urls_of
from ops.adopt.proposal import Proposal, found_services, image_of_second, proposed
from ops.adopt.questions import Ask
from ops.adopt.request import Wish
from ops.adopt.scratch import scratch_of
from ops.adopt.stack import (
    AdoptedConfig,
    ensure_token,
    refuse_conflicts,
    secret_values,
    write_imports,
)
from ops.adopt.state import State
from ops.adopt.survey import asked, refuse_obstacles
from ops.adopt.view import plan_lines, verdict
from ops.errors import InputError, RefusedError
from ops.inspect.calls import Calls, reported
from ops.inspect.document import Inspection, RuleReport
from ops.stack.aws_config import read_aws_config
from ops.stack.errors import NoStackError
from ops.stack.pulumi import Pulumi
from ops.traffic.plan import ConnectionRoute
from rollout.command import Command
from rollout.problem import listed

OWN_FOLDER = ".failover"
SETTLE_SECONDS = 5.0
"""How long requests must go well after the update."""

Say = Callable[[str], None]


def adopt(wish: Wish, say: Say) -> None:
    """Look, ask, write, plan; with `--apply` import and convert.

    Raises:
        InputError: why it was not done.
        InputError: AWS could not be read.
    """
    own = wish.folder / OWN_FOLDER
    lock = own / f"adopt-{wish.stack.rpartition('/')[2]}.lock"
    waiting = "another adoption of this stack, or an update that it began, is at work: waiting"
    with held(lock, lambda: say(waiting)) as descriptor:
        pulumi = Pulumi(wish.folder, wish.stack, os.environ, (descriptor,))
        deployment = _deployment_of(pulumi)  # Before anything else: there must be a stack.
        stack = AdoptedConfig.read(pulumi.stack_file)
        calls = Calls(wish.profile, wish.region, read_aws_config(pulumi))
        state = State.of(brought_in(pulumi, calls, deployment, say, applies=wish.applies))
        inspection, answers = asked(wish, calls, stack)
        refuse_obstacles(inspection, answers, state)
        proposal = proposed(inspection, answers, _first_slots(calls, inspection, answers))
        merge = _merged(wish, stack, proposal, state, inspection, calls)
        _write(wish, stack, merge, pulumi, proposal, say)
        adoption = Adoption(
            imports=proposal.imports,
            before=_adopted_rules(inspection, proposal),
            pulumi=pulumi,
            calls=calls,
            say=say,
        )
        _carry_out(wish, adoption, proposal, own, say)


def _first_slots(calls: Calls, inspection: Inspection, answers: Answers) -> dict[str, FirstSlot]:
    """What the slots are made from beside which a new one is to be made, by service."""
    return {
        each.name: read_first_slot(
            calls,
            each.fleet,
            each.group.arn,
            {*each.fleet.image_ids, image_of_second(each, answers)},
        )
        for each in found_services(inspection, answers)
        if each.is_second_new
    }


def _deployment_of(pulumi: Pulumi) -> Mapping[str, Any]:
    """What the stack has already.

    Raises:
        NoStackError: there is no such stack; what is adopted may go to a new one.
    """
    try:
        return pulumi.state()
    except NoStackError as error:
        init = Command.of("pulumi", "stack", "init", pulumi.stack)
        raise NoStackError(
            f"{error}\n  or:       {init}   # makes it, empty: to adopt into a new stack"
        ) from error


def _adopted_rules(inspection: Inspection, proposal: Proposal) -> dict[str, RuleReport]:
    """The rules that are adopted, as they are now, and no others: these alone are ever put back."""
    arns = {each.rule_arn for each in proposal.imports}
    rules = (rule for listener in inspection.listeners for rule in listener.rules)
    return {rule.arn: rule for rule in rules if rule.arn in arns}


def _merged(
    wish: Wish,
    stack: AdoptedConfig,
    proposal: Proposal,
    state: State,
    inspection: Inspection,
    calls: Calls,
) -> Merge:
    """The edits of the stack file, which the program would take.

    Raises:
        InputError: the file says otherwise, or the program would refuse the result.
    """
    kept = {*Decided.of(stack.config).services, *state.services}
    merge = merged(stack.config, proposal.config, kept)
    if merge.conflicts and not wish.replaces:
        _ask_about_conflicts(wish.ask, merge, stack.path.name)
    config = stack.merged(merge)
    adopted = [each.service for each in proposal.imports]
    refuse_unheard(wish.flags, adopted, config, stack.path.name)
    subnets = config.get("failover:network", {}).get("instanceSubnetIds", [])
    lookups = FoundLookups(inspection, _zones(calls, subnets))
    found = problems(config, wish.stack, os.environ, lookups)
    if found:
        text = listed(found, f"the config that {stack.path.name} would have", "nothing was written")
        raise InputError(text)
    return merge


def _ask_about_conflicts(ask: Ask, merge: Merge, name: str) -> None:
    """Go on only where a person says so.

    Raises:
        InputError: nobody does.
    """
    told = conflicts_text(merge.conflicts)
    question = f"{name} says something else than what is there:\n{told}\nReplace it (--replace)"
    if not ask.confirm(question):
        refuse_conflicts(merge, name)


def _zones(calls: Calls, subnets: list[str]) -> dict[str, str]:
    with contextlib.closing(calls.client("ec2")) as ec2, reported():
        found = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": subnets}])
    return {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in found["Subnets"]}


def _write(
    wish: Wish, stack: AdoptedConfig, merge: Merge, pulumi: Pulumi, proposal: Proposal, say: Say
) -> None:
    copy = stack.write(merge)
    if copy is not None:
        if wish.replaces:  # else a person was shown what it is about, and said yes
            say(f"replaced:\n{conflicts_text(merge.conflicts)}")
        say(f"kept the file as it was: {copy.name}")
    if merge.edits:
        say(f"wrote {stack.path.name}")
    if ensure_token(pulumi):
        say("set failover:previewToken, a secret of the stack")
    imports = write_imports(wish.folder, proposal.imports)
    if imports is not None:
        say(f"wrote {imports.name}")


def _carry_out(wish: Wish, adoption: Adoption, proposal: Proposal, own: Path, say: Say) -> None:
    if wish.applies:
        adoption.bring_in(adoption.pulumi)
        plan = adoption.planned(adoption.pulumi)
    else:
        plan = _plan_in_scratch(adoption)
    _show(plan, proposal, say)
    if is_whole(plan, State.of(adoption.pulumi.state())):
        adoption.verify()
        say("adopted already: nothing to change")
    elif wish.applies:
        _convert(wish, adoption, own, say)
    else:
        say("nothing was changed yet; the same command with --apply does this")


def _plan_in_scratch(adoption: Adoption) -> AdoptionPlan:
    """What the plan is once the rules are imported, without importing them where they are not."""
    real = adoption.pulumi
    if not missing(adoption.imports, State.of(real.state())):
        return adoption.planned(real)
    shown = real.document("stack", "export", "--show-secrets")["deployment"]
    config = AdoptedConfig.read(real.stack_file).config
    with scratch_of(real, config, secret_values(real), os.environ, shown) as scratch:
        dataclasses.replace(adoption, say=lambda _text: None).bring_in(scratch)
        return adoption.planned(scratch)


def _show(plan: AdoptionPlan, proposal: Proposal, say: Say) -> None:
    """Print the plan.

    Raises:
        RefusedError: it does what no adoption may do.
    """
    if plan.steps:
        say("the plan:")
    for line in plan_lines(plan, proposal.unlike if plan.steps else ()):
        say(line)
    if plan.objections:
        raise RefusedError("the guards would refuse it: " + "\n".join(plan.objections))
    if plan.refused:
        names = ", ".join(f"{step.name} {step.said}" for step in plan.refused)
        raise RefusedError(
            f"stopped: {names}. An adoption changes the rules' actions and makes the new slot, "
            "nothing else: bring the config to what is there, then run it again"
        )


def _convert(wish: Wish, adoption: Adoption, own: Path, say: Say) -> None:
    urls = wish.probe_urls or urls_of(adoption.rules)
    probe = Probe(urls, wish.probe_rate, ConnectionRoute.from_environment(), own / "adopt")
    probe.log_folder.mkdir(parents=True, exist_ok=True)
    with ProberProcess(probe, os.environ) as prober:
        adoption.convert(prober, wish.probe_rate, SETTLE_SECONDS, own / "adopt" / "up.log")
        summary = prober.stop()
    say(verdict(summary, str(probe.log_folder.relative_to(wish.folder))))
    adoption.verify()
    count = len(adoption.imports)
    rules = "1 rule forwards" if count == 1 else f"{count} rules forward"
    say(f"adopted: {rules} to two weighted target groups")
