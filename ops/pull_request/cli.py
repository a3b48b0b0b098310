"""`failover comment`: put a plan on its pull request."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ops.command import command
from ops.errors import InputError
from ops.pull_request.comments import PullRequest, put_comment


@command("comment")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--pull-request",
    "number",
    metavar="NUMBER",
    type=int,
    required=True,
    help="The pull request to comment on.",
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    envvar="GITHUB_REPOSITORY",
    required=True,
    help="The repository. Default: GITHUB_REPOSITORY, which a workflow sets.",
)
def comment(*, file: Path, number: int, repository: str) -> None:
    """Post the plan in FILE as a comment, in place of an earlier plan of the same stack.

    The token comes from GITHUB_TOKEN. GITHUB_API_URL selects another server than github.com.

    Exit codes: 0 posted, 2 invalid input, 3 GitHub cannot be reached or refused the comment.

    \b
    Examples:
      failover comment plan.md --pull-request 17
      failover comment plan.md --pull-request 17 --repository owner/name
    """
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise InputError("GITHUB_TOKEN is not set; in a workflow: ${{ github.token }}")
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    request = PullRequest(api, repository, number, token)
    click.echo(put_comment(request, file.read_text(encoding="utf-8")))
