"""`failover comment`: put a plan on its pull request."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from ops.pull_request.comments import PullRequest, put_comment
from ops.pull_request.errors import CommentError


@click.command("comment", context_settings={"help_option_names": ["-h", "--help"]})
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
def comment(*, file: Path, number: int, repository: str) -> NoReturn:
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
        click.echo("error: GITHUB_TOKEN is not set; in a workflow: ${{ github.token }}", err=True)
        sys.exit(2)
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    request = PullRequest(api, repository, number, token)
    try:
        address = put_comment(request, file.read_text(encoding="utf-8"))
    except CommentError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(3)
    click.echo(address)
    sys.exit(0)
