"""`failover adopt` from the first look to the last."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import functools
import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from live.launch_templates import find_template
from ops.adopt.adoption import Adoption, is_whole
from ops.adopt.answers import (
    AdoptionRequest,
    Answers,
    Ask,
    EarlierAnswers,
    answered,
    reject_ignored_flags,
    rule_of,
    second_groups_of,
)
from ops.adopt.config_check import FoundLookups, problems
from ops.adopt.config_merge import SERVICES, Config, Merge, conflicts_text, merged
from ops.adopt.default_rule import DefaultService, add_rules, of_defaults
from ops.adopt.first_slot import FirstSlot, read_first_slot
from ops.adopt.login import (
    COOKIE_PATH,
    LoginSecrets,
    read_secrets,
    secret_of_new_rule,
    with_held_secrets,
)
from ops.adopt.plan import AdoptionPlan, AdoptionStep, AdoptionStepKind, plan_lines, verdict
from ops.adopt.probing import Probe, ProberProcess, requests_by_hand, requests_of
from ops.adopt.proposal import Proposal, found_services, image_of_second, proposed
from ops.adopt.result import AdoptionOutcome, AdoptionResult
from ops.adopt.scratch import scratch_of
from ops.adopt.stack_file import (
    AdoptedConfig,
    ensure_token,
    refuse_conflicts,
    secret_values,
    write_imports,
    write_secrets,
)
from ops.adopt.state import State, brought_in, missing
from ops.adopt.terraform import refuse_undone, terraform_hints, terraform_reports
from ops.errors import InputError, RefusedError
from ops.inspect.calls import Calls, reported
from ops.inspect.document import Inspection, RuleReport
from ops.inspect.obstacle import Alike, alike
from ops.inspect.obstacles import obstacles
from ops.inspect.reader import Wanted, inspect
from ops.inspect.rule_obstacles import candidates
from ops.plan.service_plan import RULE
from ops.stack.stack_file import read_aws_config
from ops.terraform.handover import TerraformReport
from ops.terraform.output import report_lines
from ops.terraform.state_file import read_states
from ops.traffic.plan import ConnectionRoute
from pulumi_cli.errors import NoStackError
from pulumi_cli.pulumi import Pulumi
from rollout.command import Command
from rollout.json_value import map_of
from rollout.problem import listed
from settings.lookup import LaunchTemplateVersion, LookupFailedError, TemplateFacts


@contextlib.contextmanager
def held(path: Path, waiting: Callable[[], None]) -> Generator[int]:
    """Hold the lock, waiting for whoever has it; gives the descriptor for children to inherit.

    An update outlives an adoption that is killed, and has the descriptor: so the next adoption
    begins when that update has ended, and finds a stack at rest.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def asked(
    request: AdoptionRequest, calls: Calls, stack: AdoptedConfig
) -> tuple[Inspection, Answers]:
    """The inspection with the services' groups read in full, and all questions answered."""
    first = inspect(calls, request.load_balancer, Wanted())
    answers = answered(first, request.flags, EarlierAnswers.of(stack.config), request.ask)
    return _in_full(first, answers, calls), answers


def _in_full(first: Inspection, answers: Answers, calls: Calls) -> Inspection:
    """The inspection with every group of the services and their rules read in full."""
    names = {*answers.services.values(), *answers.second_groups.values()}
    for name in answers.services.values():
        placed = rule_of(first, name)
        names |= {first.name_of(group.arn) for group in placed[1].groups} if placed else set()
    return inspect(calls, first.load_balancer.arn, Wanted(names=names))


def refuse_obstacles(inspection: Inspection, answers: Answers, state: State) -> None:
    """Refuse if an obstacle remains; the stack's own groups do not count.

    Raises:
        RefusedError: something does.
    """
    names = {*answers.services.values(), *answers.second_groups.values()}
    chosen = {
        rule.arn
        for _, rule in candidates(inspection)
        if names & {inspection.name_of(group.arn) for group in rule.groups}
    }
    ours = set(state.ids.values()) - chosen
    found = [each for each in obstacles(inspection, chosen) if not ours & set(each.arns)]
    stopping = [each for each in found if each.stops]
    if stopping:
        lines = ["\n".join(_lines(each)) for each in alike(stopping)]
        raise RefusedError("\n".join(["obstacles; nothing was changed:", *lines]))


def _lines(found: Alike) -> Iterator[str]:
    yield from found.shown
    if found.more:
        yield f"  and {found.more} more"
    yield f"  why:     {found.why}"
    yield f"  fix:     {found.fix.sentence}"
    if found.fix.command is not None:
        yield f"    {found.fix.command}"


OWN_FOLDER = ".failover"
SETTLE_SECONDS = 5.0
"""How long requests must go well after the update."""

Say = Callable[[str], None]


def adopt(request: AdoptionRequest, say: Say) -> AdoptionResult:
    """Look, ask, write, plan; with `--apply` import and convert.

    Raises:
        InputError: the options, the config or an answer are wrong; nothing was changed.
        RefusedError: an obstacle or a guard prevents it, or it was undone.
        UnsureError: AWS could not be read, or the result is not the expected one.
    """
    states = read_states(request.terraform)
    own = request.folder / OWN_FOLDER
    lock = own / f"adopt-{request.stack.rpartition('/')[2]}.lock"
    waiting = "another adoption of this stack, or an update that it began, is at work: waiting"
    with held(lock, lambda: say(waiting)) as descriptor:
        pulumi = Pulumi(request.folder, request.stack, os.environ, lock_fds=(descriptor,))
        deployment = _deployment_of(pulumi)  # Before anything else: there must be a stack.
        stack = AdoptedConfig.read(pulumi.stack_file)
        calls = Calls(request.profile, request.region, read_aws_config(pulumi))
        state = State.of(brought_in(pulumi, calls, deployment, say, applies=request.applies))
        inspection, answers = asked(request, calls, stack)
        wanted = of_defaults(inspection, answers)
        if wanted and not request.applies:
            return _only_rules(wanted, say)
        known = _new_secrets(request, wanted)
        if wanted:
            before = inspection, answers
            inspection, answers = _with_new_rules(request, wanted, known, calls, before, stack, say)
        refuse_obstacles(inspection, answers, state)
        found = found_services(inspection, answers)
        kept = request.kept_in_terraform
        reports = terraform_reports(states, kept, inspection, found, stack.config)
        if request.applies:
            refuse_undone(reports, kept)
        proposal = proposed(inspection, answers, _first_slots(calls, inspection, answers))
        config = with_held_secrets(proposal.config, stack.config)
        proposal = dataclasses.replace(proposal, config=config)
        secrets = _secrets(request, config, known)
        merge = _merged(request, stack, proposal, state, inspection, calls)
        _write(request, stack, merge, pulumi, proposal, secrets, say)
        adoption = Adoption(
            imports=proposal.imports,
            before=_adopted_rules(inspection, proposal),
            pulumi=pulumi,
            calls=calls,
            say=say,
        )
        hints = () if states else terraform_hints(calls, inspection, found)
        for_terraform = [*_terraform_lines(reports, request), *hints]
        outcome, plan = _carry_out(request, adoption, proposal, own, for_terraform, say)
        return AdoptionResult(outcome, plan, proposal.unlike if plan.steps else (), reports)


def _secrets(request: AdoptionRequest, config: Config, known: Mapping[str, str]) -> LoginSecrets:
    """The secrets of the services' logins that the stack file does not have yet."""
    flags = request.flags
    return read_secrets(config, flags.client_secrets, flags.cookies, os.environ, request.ask, known)


def _only_rules(wanted: list[DefaultService], say: Say) -> AdoptionResult:
    """What can be planned while a service has no rule: the rule."""
    for each in wanted:
        say(f"--apply would add {each}")
    say("nothing was changed; the plan needs the rule, so --apply adds it and then shows the plan")
    steps = tuple(
        AdoptionStep(AdoptionStepKind.NEW, RULE, each.service, str(each)) for each in wanted
    )
    return AdoptionResult(AdoptionOutcome.PLANNED, AdoptionPlan(steps), (), ())


def _new_secrets(request: AdoptionRequest, wanted: list[DefaultService]) -> dict[str, str]:
    """The secrets that new rules need."""
    return {
        each.service: secret_of_new_rule(
            each.service, request.flags.client_secrets, os.environ, request.ask
        )
        for each in wanted
        if each.rule.login is not None and each.rule.login.kind == "authenticate-oidc"
    }


def _with_new_rules(
    request: AdoptionRequest,
    wanted: list[DefaultService],
    secrets: Mapping[str, str],
    calls: Calls,
    asked_before: tuple[Inspection, Answers],
    stack: AdoptedConfig,
    say: Say,
) -> tuple[Inspection, Answers]:
    """The inspection and the answers once each of `wanted` has a rule of its own."""
    inspection, answers = asked_before
    if not request.probe_urls:
        names = " and ".join(each.service for each in wanted)
        raise InputError(
            f"the new rule of {names} takes every host, and the prober needs one: pass --probe-url "
            "https://HOST/, with a name that the certificate covers; nothing was changed"
        )
    add_rules(wanted, secrets, calls)
    for each in wanted:
        say(f"added {each}")
    first = inspect(calls, inspection.load_balancer.arn, Wanted())
    earlier = EarlierAnswers.of(stack.config)
    second_groups = second_groups_of(first, answers.services, request.flags, earlier)
    answers = dataclasses.replace(answers, second_groups=second_groups)
    return _in_full(first, answers, calls), answers


def _first_slots(calls: Calls, inspection: Inspection, answers: Answers) -> dict[str, FirstSlot]:
    """What the slots are made from beside which a new one is to be made, by service."""
    return {
        each.name: read_first_slot(
            calls,
            each.made_like,
            each.group.arn,
            {*each.made_like.image_ids, image_of_second(each, answers)},
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
            f"{error}\n  or:       {init}   # creates an empty stack, to adopt into"
        ) from error


def _adopted_rules(inspection: Inspection, proposal: Proposal) -> dict[str, RuleReport]:
    """The rules that are adopted, as they are now, and no others: these alone are ever put back."""
    arns = {each.rule_arn for each in proposal.imports}
    rules = (rule for listener in inspection.listeners for rule in listener.rules)
    return {rule.arn: rule for rule in rules if rule.arn in arns}


def _merged(
    request: AdoptionRequest,
    stack: AdoptedConfig,
    proposal: Proposal,
    state: State,
    inspection: Inspection,
    calls: Calls,
) -> Merge:
    """The edits of the stack file, which the program would take.

    Raises:
        InputError: the file differs, or the program would refuse the result.
    """
    kept = {*EarlierAnswers.of(stack.config).services, *state.services}
    merge = merged(stack.config, proposal.config, kept)
    if merge.conflicts and not request.replaces:
        _ask_about_conflicts(request.ask, merge, stack.path.name)
    config = stack.merged(merge)
    adopted = [each.service for each in proposal.imports]
    reject_ignored_flags(request.flags, adopted, config, stack.path.name)
    subnets = config.get("failover:network", {}).get("instanceSubnetIds", [])
    lookups = FoundLookups(
        inspection, _zones(calls, subnets), lambda version: _template(calls, version)
    )
    found = problems(config, request.stack, os.environ, lookups)
    if found:
        text = listed(found, f"the config that {stack.path.name} would have", "nothing was written")
        raise InputError(text)
    return merge


def _ask_about_conflicts(ask: Ask, merge: Merge, name: str) -> None:
    """Continue only if a person confirms.

    Raises:
        InputError: no one confirms.
    """
    listing = conflicts_text(merge.conflicts)
    question = f"{name} differs from AWS:\n{listing}\nReplace it (--replace)"
    if not ask.confirm(question):
        refuse_conflicts(merge, name)


def _template(calls: Calls, version: LaunchTemplateVersion) -> TemplateFacts:
    with contextlib.closing(calls.client("ec2")) as ec2, reported():
        found = find_template(ec2, version.number, template_id=version.id, name=version.name)
    if found is None:
        raise LookupFailedError(f"there is no {version.template} in this region of the account")
    return TemplateFacts(found.data, found.latest, found.latest_data)


def _zones(calls: Calls, subnets: list[str]) -> dict[str, str]:
    if not subnets:
        return {}
    with contextlib.closing(calls.client("ec2")) as ec2, reported():
        found = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": subnets}])
    return {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in found["Subnets"]}


def _write(
    request: AdoptionRequest,
    stack: AdoptedConfig,
    merge: Merge,
    pulumi: Pulumi,
    proposal: Proposal,
    secrets: LoginSecrets,
    say: Say,
) -> None:
    copy = stack.write(merge)
    if copy is not None:
        if request.replaces:  # else a person was shown what it is about, and said yes
            say(f"replaced:\n{conflicts_text(merge.conflicts)}")
        say(f"kept the file as it was: {copy.name}")
    if merge.edits:
        say(f"wrote {stack.path.name}")
    for path in write_secrets(pulumi, secrets):
        say(f"set {path}, a secret of the stack")
    if ensure_token(pulumi):
        say("set failover:previewToken, a secret of the stack")
    imports = write_imports(request.folder, proposal.imports)
    if imports is not None:
        say(f"wrote {imports.name}")


def _carry_out(
    request: AdoptionRequest,
    adoption: Adoption,
    proposal: Proposal,
    own: Path,
    terraform: Sequence[str],
    say: Say,
) -> tuple[AdoptionOutcome, AdoptionPlan]:
    if request.applies:
        adoption.bring_in(adoption.pulumi)
        plan = adoption.planned(adoption.pulumi)
    else:
        plan = _plan_in_scratch(adoption)
    _show(plan, proposal, say)
    for line in terraform:
        say(line)
    if is_whole(plan, State.of(adoption.pulumi.state())):
        adoption.verify()
        say("adopted already: nothing to change")
        return AdoptionOutcome.UNCHANGED, plan
    if request.applies:
        _convert(request, adoption, own, say)
        return AdoptionOutcome.ADOPTED, plan
    say("nothing was changed yet; the same command with --apply does this")
    return AdoptionOutcome.PLANNED, plan


def _terraform_lines(reports: Sequence[TerraformReport], request: AdoptionRequest) -> list[str]:
    """What Terraform declares; once its change is made, only that it declares nothing."""
    shown = [each for each in reports if not (request.applies and each.handovers)]
    return [line for each in shown for line in report_lines(each, request.kept_in_terraform)]


def _say_nothing(_text: str) -> None:
    pass


def _plan_in_scratch(adoption: Adoption) -> AdoptionPlan:
    """What the plan is once the rules are imported, without importing them where they are not."""
    real = adoption.pulumi
    if not missing(adoption.imports, State.of(real.state())):
        return adoption.planned(real)
    shown = real.state(shows_secrets=True)
    config = AdoptedConfig.read(real.stack_file).config
    with scratch_of(real, config, secret_values(real), os.environ, shown) as scratch:
        dataclasses.replace(adoption, say=_say_nothing).bring_in(scratch)
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
        names = ", ".join(f"{step.name} {step.what}" for step in plan.refused)
        raise RefusedError(
            f"stopped: {names}. An adoption changes the rules' actions and makes the new slot, "
            "nothing else: make the config agree with AWS, then run it again"
        )


def _cookies(adoption: Adoption) -> dict[str, str]:
    """The cookies that our requests to each service carry, as the config has them."""
    found = map_of(json.loads(secret_values(adoption.pulumi).get(SERVICES) or "{}"))
    held = {name: functools.reduce(_entry, COOKIE_PATH, each) for name, each in found.items()}
    return {name: text for name, text in held.items() if text}


def _entry(value: Any, name: str) -> Any:
    return map_of(value).get(name)


def _convert(request: AdoptionRequest, adoption: Adoption, own: Path, say: Say) -> None:
    cookies = _cookies(adoption)
    probed = (
        requests_by_hand(request.probe_urls, adoption.rules, cookies)
        if request.probe_urls
        else requests_of(adoption.rules, cookies)
    )
    probe = Probe(
        tuple(each.url for each in probed),
        request.probe_rate,
        ConnectionRoute.from_environment(),
        own / "adopt",
        headers={each.url: each.headers for each in probed if each.headers},
    )
    probe.log_folder.mkdir(parents=True, exist_ok=True)
    with ProberProcess(probe, os.environ) as prober:
        adoption.convert(prober, request.probe_rate, SETTLE_SECONDS, own / "adopt" / "up.log")
        summary = prober.stop()
    say(verdict(summary, str(probe.log_folder.relative_to(request.folder))))
    adoption.verify()
    count = len(adoption.imports)
    rules = "1 rule forwards" if count == 1 else f"{count} rules forward"
    say(f"adopted: {rules} to two weighted target groups")
