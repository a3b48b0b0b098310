"""`failover deploy-check`: may this merge be deployed, as far as the weights go?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from live.address import ServiceAddress
from live.clients import Clients
from live.errors import LiveError
from live.provider_config import ProviderConfig
from live.rules import read_rules
from live.session import ProviderSession
from ops.command import command
from ops.deploy.merge import MergedWeights, Stale, stale_services
from ops.errors import InputError, RefusedError, UnsureError
from ops.stack.project import project_folder
from ops.stack.repository import file_before
from ops.stack.stack_file import read_aws_config, read_text
from pulumi_cli.errors import NoStackError, StackError
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import no_file_text, stack_file
from rollout.command import RAMP, STATUS, Command, Quoted
from rollout.weights_key import COMMON


@command("deploy-check")
@click.option("--stack", metavar="STACK", required=True, help="The stack to deploy to.")
@click.option(
    "--before",
    metavar="COMMIT",
    default="HEAD^1",
    show_default=True,
    help="Commit of the branch before the merge; `before` of a push event.",
)
def deploy_check(*, stack: str, before: str) -> int:
    """Refuse to deploy a merge that would move traffic back by accident.

    A ramp moves the live weights and commits each stage. A merge from before those commits has a
    stack file with older weights. This command compares the merged weights with the live weights,
    and refuses if they differ although the merge did not change them.

    Exit codes: 0 deploy, 1 do not deploy, 2 invalid input, 3 the live weights are unknown.

    \b
    Examples:
      failover deploy-check --stack prod
      failover deploy-check --stack prod --before "$BEFORE"
    """
    stale = _stale(project_folder(Path.cwd()), stack, before)
    if stale:
        click.echo(refusal(stack, stale), err=True)
        return RefusedError.exit_code
    click.echo(f"{stack}: the merged weights are the live ones, or this merge changes them")
    return 0


def refusal(stack: str, stale: Sequence[Stale]) -> str:
    """Why nothing may be deployed, with both values and what fixes it."""
    lines = [f"refused: deploying this merge to {stack} would move traffic that it did not mean to"]
    for each in stale:
        why = "the merge did not change it"
        if not each.is_base_known:
            why = "the value before the merge is unknown"
        lines += [
            f"  {each.service}: live {each.live}, merged {each.merged}, and {why}",
            f"    {_fix(stack, each)}",
        ]
    lines.append(
        "  to move it:      change the weights in a commit of their own, or run "
        f"`{RAMP.with_options('--stack', stack)}`"
    )
    return "\n".join(lines)


def _fix(stack: str, stale: Stale) -> str:
    """The command that takes the live weights over; how to look, where no config holds them."""
    if stale.kept is None:
        look = STATUS.with_options("--stack", stack, "--drift")
        return f"no config holds these: {look}"
    words = ["pulumi", "config", "set", "--stack", stack]
    words += ["--path"] if stale.key != COMMON else []
    keep = Command.of(*words, Quoted(f"failover:{stale.key}"), str(stale.kept))
    return f"to keep live:   {keep}, then commit Pulumi.{stack.rpartition('/')[2]}.yaml"


def _stale(folder: Path, stack: str, before: str) -> tuple[Stale, ...]:
    """What stops the deployment.

    Raises:
        CommandError: something that is needed is not there or cannot be read.
    """
    file = stack_file(folder, stack)
    text = read_text(file)
    if text is None:
        raise InputError(no_file_text(folder, stack, is_there=False))
    merged = MergedWeights.parse(text, file.name)
    base = _readable(file_before(file, before), f"{file.name} at {before}")
    return stale_services(merged, base, read_live_weights(folder, stack, os.environ))


def _readable(text: str | None, where: str) -> MergedWeights | None:
    """The weights of an earlier stack file; `None`, with a warning, where it cannot be read."""
    try:
        return None if text is None else MergedWeights.parse(text, where, is_here=False)
    except InputError as error:
        click.echo(f"judged without what was before: {error}", err=True)
        return None


def read_live_weights(folder: Path, stack: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Service -> live weights, such as `75/25`; empty before the first deployment.

    The rules are found by the stack's outputs and read as the stack's own provider would.

    Raises:
        NoStackError: there is no such stack.
        UnsureError: the backend or AWS cannot be read, so nothing may be deployed.
    """
    pulumi = Pulumi(folder, stack, environ)
    try:
        services = ServiceAddress.of_outputs(pulumi.outputs().get("services") or {})
        if not services:
            return {}
        session = ProviderSession(ProviderConfig.of_stack(read_aws_config(pulumi), environ))
        rules = read_rules(Clients.of(session).balancing, services)
    except NoStackError:
        raise
    except (StackError, LiveError) as error:
        raise UnsureError(
            f"nothing may be deployed: the live weights of stack {stack} cannot be read: {error}"
        ) from error
    return {rule.service: rule.weights for rule in rules}
