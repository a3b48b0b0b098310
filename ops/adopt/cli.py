"""`failover adopt`: the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ops.command import command

DEFAULT_RATE = 20.0


def _by_service(flag: str, what: str, metavar: str):
    return click.option(
        flag, multiple=True, metavar=f"SERVICE={metavar}", help=f"{what}; once for each service."
    )


@command("adopt", stopped="stopped; run the same command again to continue")
@click.option(
    "--load-balancer", required=True, metavar="NAME|ARN", help="The load balancer to adopt."
)
@click.option("--stack", required=True, metavar="STACK", help="The stack that gets the rules.")
@_by_service("--service", "Target group that becomes slot 01", "TARGET_GROUP")
@click.option("--org", metavar="TEXT", help="First part of every new name.")
@click.option("--region-code", metavar="TEXT", help="Second part: a short form of the region.")
@click.option("--environment", metavar="TEXT", help="Third part, such as prd.")
@click.option(
    "--security-group", metavar="ID", help="Security group of the load balancer, if it has several."
)
@_by_service("--image", "Image of slot 02. Default: the image of slot 01", "AMI_ID")
@_by_service("--instance-type", "Instance type of slot 02. Default: as in slot 01", "TYPE")
@_by_service("--second-group", "Existing target group that becomes slot 02", "TARGET_GROUP")
@_by_service("--second-name", "Name of the new target group of slot 02", "NAME")
@_by_service(
    "--client-secret-from",
    "Environment variable with the client secret of its authenticate-oidc action",
    "VARIABLE",
)
@_by_service(
    "--cookie-from", "Environment variable with the cookies of a session, for requests", "VARIABLE"
)
@click.option(
    "--protection/--no-protection",
    default=None,
    help="Whether the engine refuses to delete or replace rules and groups. Default: yes.",
)
@click.option(
    "--replace", "replaces", is_flag=True, help="Overwrite values of the stack file; keeps a copy."
)
@click.option("--yes", "takes_defaults", is_flag=True, help="Do not ask: accept all suggestions.")
@click.option(
    "--apply", "applies", is_flag=True, help="Import and convert the rules, under the prober."
)
@click.option(
    "--probe-rate",
    type=click.FloatRange(min=0.1, max=1000),
    default=DEFAULT_RATE,
    show_default=True,
    metavar="N",
    help="Requests per second during the update.",
)
@click.option(
    "--probe-url",
    "probe_urls",
    multiple=True,
    metavar="URL",
    help="Probe this URL, not the hosts of the rules.",
)
@click.option(
    "--terraform",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR|STATE_FILE",
    help="Terraform's state, which is read: prints the change of Terraform's configuration; "
    "--apply then refuses before that change. Can be repeated.",
)
@click.option(
    "--keep-in-terraform",
    multiple=True,
    metavar="SERVICE",
    help="This service's rule stays in Terraform, with ignore_changes = [action]; can be repeated.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, for a program, at the end."
)
@click.option("--profile", metavar="NAME", help="A profile of your AWS configuration.")
@click.option("--region", metavar="REGION", help="The region. Default: the environment's.")
@click.option(
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The folder of the Pulumi project.",
)
def adopt(**given: object) -> None:
    """Convert the rules of a load balancer: each forwards to two weighted target groups.

    Writes the stack config and import.json from the existing resources, then shows the plan. The
    plan may only change the rules' actions, from one target group to two at 100/0, and create the
    new slot; any replacement or deletion is refused. Without --apply nothing changes in AWS or in
    the state. --apply imports the rules and runs the update under a prober, and restores the rules
    if a request fails. You can stop the command at any moment, and run it again to continue.

    Exit codes: 0 done; 1 refused, or undone; 2 invalid input; 3 undecided: check by hand.

    \b
    Examples:
      failover adopt --load-balancer shop --stack prod
      failover adopt --load-balancer shop --stack prod --yes \\
          --service web=hankooktire-us-prd-web-tg --service portal=hankooktire-us-prd-portal-tg
      failover adopt --load-balancer shop --stack prod --terraform ../network
      failover adopt --load-balancer shop --stack prod --yes --apply --probe-rate 200
    """
    from ops.adopt.result import as_document
    from ops.adopt.run import adopt as run

    # A document is alone on standard output.
    as_json, request = bool(given["as_json"]), _request(given)
    result = run(request, lambda text: click.echo(text, err=as_json))
    if as_json:
        click.echo(json.dumps(as_document(result, request.stack), indent=2))


def _request(given: dict[str, object]):
    from ops.adopt.answers import AdoptionRequest, AskAtTerminal, Flags, TakeDefaults, pairs
    from ops.inspect.cli import region_of

    def text(name: str) -> str | None:
        value = given[name]
        return value if isinstance(value, str) else None

    def several(name: str) -> tuple[str, ...]:
        entries: Any = given[name]
        return tuple(str(entry) for entry in entries)

    def by_service(name: str) -> dict[str, str]:
        return pairs(several(name), f"--{name.replace('_', '-')}")

    load_balancer, stack = text("load_balancer") or "", text("stack") or ""
    rate, folder = given["probe_rate"], given["cwd"]
    assert isinstance(rate, float)
    assert isinstance(folder, Path)
    flags = Flags(
        services=by_service("service"),
        org=text("org"),
        region_code=text("region_code"),
        environment=text("environment"),
        security_group_id=text("security_group"),
        images=by_service("image"),
        instance_types=by_service("instance_type"),
        second_groups=by_service("second_group"),
        second_names=by_service("second_name"),
        protection=None if given["protection"] is None else bool(given["protection"]),
        client_secrets=by_service("client_secret_from"),
        cookies=by_service("cookie_from"),
    )
    return AdoptionRequest(
        load_balancer=load_balancer,
        stack=stack,
        folder=folder.absolute(),
        flags=flags,
        ask=TakeDefaults() if given["takes_defaults"] else AskAtTerminal(),
        profile=text("profile"),
        region=text("region") or region_of(load_balancer),
        replaces=bool(given["replaces"]),
        applies=bool(given["applies"]),
        probe_rate=rate,
        probe_urls=several("probe_urls"),
        terraform=tuple(Path(name) for name in several("terraform")),
        kept_in_terraform=several("keep_in_terraform"),
    )
