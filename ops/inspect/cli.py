"""`failover inspect`: lists rules, target groups and obstacles, and changes nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ops.command import command
from ops.errors import InputError

if TYPE_CHECKING:
    from ops.inspect.document import Inspection


@command("inspect")
@click.option(
    "--load-balancer", required=True, metavar="NAME|ARN", help="The load balancer to inspect."
)
@click.option("--profile", metavar="NAME", help="A profile of your AWS configuration.")
@click.option("--region", metavar="REGION", help="The region. Default: the environment's.")
@click.option(
    "--target-group",
    "names",
    multiple=True,
    metavar="NAME",
    help="Read only this group in full; can be repeated.",
)
@click.option("--all", "is_everything", is_flag=True, help="Read every target group in full.")
@click.option(
    "--launch-template",
    "templates",
    multiple=True,
    metavar="ID|NAME",
    help="With --json: a template that no group of the load balancer uses; can be repeated.",
)
@click.option(
    "--terraform",
    "terraform",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR|STATE_FILE",
    help="Terraform's state: names the rules that it declares. Can be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
@click.option("--markdown", "wants_markdown", is_flag=True, help="Print Markdown for a ticket.")
def inspect(
    *,
    load_balancer: str,
    profile: str | None,
    region: str | None,
    names: tuple[str, ...],
    is_everything: bool,
    templates: tuple[str, ...],
    terraform: tuple[Path, ...],
    as_json: bool,
    wants_markdown: bool,
) -> None:
    """Show every rule of a load balancer in plain words, and what prevents weighted slots.

    Only reads. Health and attributes take two calls per target group. With more than about twenty
    groups, only those that rules use first are read in full; `--all` or `--target-group` reads
    others.

    JSON also has the network, the servers and the launch templates, all that
    `failover rehearse up --as` makes the load balancer from. It has no user data and no secret.

    Exit codes: 0 read, whatever the findings; 2 invalid input; 3 AWS does not answer.

    \b
    Examples:
      failover inspect --load-balancer shop
      failover inspect --load-balancer shop --profile prod --region us-east-1 --markdown
      failover inspect --load-balancer shop --json | jq '.obstacles[] | select(.weight == "stops")'
      failover inspect --load-balancer shop --json > inspected.json
      failover inspect --load-balancer shop --terraform ../network
    """
    from ops.inspect import reader
    from ops.inspect.calls import Calls
    from ops.inspect.obstacles import obstacles
    from ops.inspect.output import as_document, as_markdown, shown
    from ops.inspect.surroundings import read_surroundings
    from ops.inspect.terraform import terraform_obstacles
    from ops.standard_output import console_on
    from ops.terraform.state_file import read_states

    if as_json and wants_markdown:
        raise click.UsageError("--json and --markdown both write to standard output: choose one")
    if templates and not as_json:
        raise click.UsageError("--launch-template is for --json: add it")
    states = read_states(terraform)
    calls = Calls(profile, region or region_of(load_balancer))
    inspection = reader.inspect(calls, load_balancer, reader.Wanted(is_everything, names))
    refuse_unknown(names, inspection)
    found = (*obstacles(inspection), *terraform_obstacles(inspection, states))
    if as_json:
        around = read_surroundings(calls, inspection, templates)
        read = dataclasses.replace(inspection, calls=calls.count)
        click.echo(json.dumps(as_document(read, found, around), indent=2, default=str))
    elif wants_markdown:
        click.echo(as_markdown(inspection, found))
    else:
        with console_on() as console:
            console.print(shown(inspection, found), crop=False)


def refuse_unknown(names: Collection[str], inspection: Inspection) -> None:
    """Refuse a name under which nothing would be read.

    Raises:
        InputError: no target group has it.
    """
    known = {group.name for group in inspection.target_groups}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"--target-group {', '.join(unknown)}: no target group of this name is the load "
            f"balancer's, or free in its VPC; there are {', '.join(sorted(known)) or 'none'}"
        )


def region_of(name_or_arn: str) -> str | None:
    """The region that an ARN names; `None` for a name."""
    parts = name_or_arn.split(":")
    return parts[3] if name_or_arn.startswith("arn:") and len(parts) > 5 else None
