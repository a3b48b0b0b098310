"""`failover plan`: the options, their help, and the exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ops.command import command
from ops.plan.markdown import failed_markdown, markdown
from ops.plan.plan import DeploymentPlan, PlanOutcome, fold
from ops.plan.preview import PreviewError, PreviewRequest, policy_config, policy_pack, run_preview
from ops.stack.project import project_folder
from pulumi_cli.errors import StackError
from pulumi_cli.stacks import selected_stack

EXIT_CODES = {
    PlanOutcome.NO_CHANGE: 0,
    PlanOutcome.CHANGES: 0,
    PlanOutcome.REFUSED: 1,
    PlanOutcome.BAD_CONFIG: 2,
    PlanOutcome.FAILED: 3,
}

_FILE = click.Path(path_type=Path)
_OUTPUT = click.Path(path_type=Path, dir_okay=False, writable=True)


@command("plan", stopped="ended before the plan was made; nothing was changed")
@click.option("--stack", metavar="STACK", help="The stack. Default: the selected one.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown, for a pull request.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for a program.")
@click.option(
    "--policy-pack",
    "pack",
    metavar="FOLDER",
    type=_FILE,
    help="The policy pack. Default: `policy` next to Pulumi.yaml.",
)
@click.option(
    "--policy-pack-config",
    "pack_config",
    metavar="FILE",
    type=_FILE,
    help="The pack's config. Default: `policy/STACK.json`, if it exists.",
)
@click.option("--no-policy-pack", "no_pack", is_flag=True, help="Preview without a policy pack.")
@click.option("--refresh", is_flag=True, help="Read AWS first, so that the plan includes drift.")
@click.option("--output", metavar="FILE", type=_OUTPUT, help="Write to this file.")
def plan(
    *,
    stack: str | None,
    as_markdown: bool,
    as_json: bool,
    pack: Path | None,
    pack_config: Path | None,
    no_pack: bool,
    refresh: bool,
    output: Path | None,
) -> int:
    """Show what `pulumi up` would change: weights, images, capacity, policies, judgement, cost.

    Runs `pulumi preview` with the policy pack. Changes nothing, on any backend.

    \b
    Exit codes:
      0  an update may proceed, also if it changes nothing
      1  a guard, a mandatory policy or protection would refuse it
      2  invalid input
      3  the preview itself failed

    \b
    Examples:
      failover plan
      failover plan --stack prod --markdown --output plan.md
      failover plan --stack dev --json | jq .services.web.weights
      failover plan --refresh --no-policy-pack
    """
    if as_markdown and as_json:
        raise click.UsageError("--markdown and --json are two formats of one plan: choose one")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"--output {output}: there is no folder {output.parent}")
    request: PreviewRequest | None = None
    try:
        request = _request(stack, pack, pack_config, no_pack=no_pack, refresh=refresh)
        folded = fold(run_preview(request), request.stack)
    except (PreviewError, StackError) as error:
        if as_markdown and request is not None:
            _write(failed_markdown(request.stack, str(error)), output)
        raise
    _show(folded, as_markdown=as_markdown, as_json=as_json, output=output)
    return EXIT_CODES[folded.outcome]


def _request(
    stack: str | None,
    pack: Path | None,
    pack_config: Path | None,
    *,
    no_pack: bool,
    refresh: bool,
) -> PreviewRequest:
    """What to preview.

    Raises:
        NoProjectError: no project.
        PreviewInputError: no policy pack where one is named.
    """
    folder = project_folder(Path.cwd())
    name = selected_stack(folder, stack, os.environ)
    found = None if no_pack else policy_pack(folder, pack)
    return PreviewRequest(
        folder=folder,
        stack=name,
        policy_pack=found,
        policy_config=policy_config(found, name, pack_config),
        refresh=refresh,
    )


def _show(folded: DeploymentPlan, *, as_markdown: bool, as_json: bool, output: Path | None) -> None:
    if as_json:
        from ops.plan.document import plan_document

        _write(json.dumps(plan_document(folded), indent=2) + "\n", output)
    elif as_markdown:
        _write(markdown(folded), output)
    else:
        from ops.plan.terminal import show
        from ops.standard_output import console_on

        if output is None:
            with console_on() as console:
                show(folded, console)
            return
        with output.open("w", encoding="utf-8") as file, console_on(file, width=100) as console:
            show(folded, console)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
