"""`failover comment`: put a plan on its pull request."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from ops.command import command
from ops.errors import InputError, UnsureError
from rollout.command import Command
from rollout.json_value import map_of

_SECONDS = 30
_PAGE_LENGTH = 100
_NEXT_PAGE = re.compile(r'<([^>]+)>;\s*rel="next"')
_PLAN = Command.of("failover", "plan", "--markdown")
_MARKER = re.compile(r"<!-- .* -->")


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


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Where comments go."""

    api: str
    """`https://api.github.com`, or that of an enterprise's own server."""
    repository: str
    """`owner/name`."""
    number: int
    token: str = field(repr=False)

    @property
    def comments(self) -> str:
        """The address of the comments. Source: GitHub REST API, "Issue comments"."""
        return f"{self.api}/repos/{self.repository}/issues/{self.number}/comments"

    def comment(self, comment_id: int) -> str:
        """The address of one comment."""
        return f"{self.api}/repos/{self.repository}/issues/comments/{comment_id}"


def marker_of(body: str) -> str:
    """The first line of a comment, by which it is found again.

    Raises:
        UnsureError: it has none.
    """
    first = body.partition("\n")[0].strip()
    if not _MARKER.fullmatch(first):
        raise UnsureError(
            f"the first line is {first[:60]!r}; `<!-- failover plan of STACK -->` was expected, "
            f"as `{_PLAN}` writes it"
        )
    return first


def put_comment(request: PullRequest, body: str) -> str:
    """Write the comment, over the one with the same marker if there is one; its address.

    Raises:
        UnsureError: no marker, or GitHub refused.
    """
    marker = marker_of(body)
    known = next((c for c in _comments(request) if _is_ours(c, marker)), None)
    if known is None:
        written = _call(request, "POST", request.comments, {"body": body})
    else:
        written = _call(request, "PATCH", request.comment(int(known["id"])), {"body": body})
    return str(written[0].get("html_url", ""))


def _is_ours(comment: Mapping[str, Any], marker: str) -> bool:
    """Whether a bot wrote it under this marker: a person may quote one."""
    is_bot = map_of(comment.get("user")).get("type") == "Bot"
    return is_bot and str(comment.get("body", "")).partition("\n")[0].strip() == marker


def _comments(request: PullRequest) -> Iterator[Mapping[str, Any]]:
    address: str | None = f"{request.comments}?per_page={_PAGE_LENGTH}"
    while address:
        page, link = _call(request, "GET", address, None)
        yield from page
        following = _NEXT_PAGE.search(link)
        address = following[1] if following else None
        if address and urlsplit(address).netloc != urlsplit(request.api).netloc:
            raise UnsureError(f"the next page of comments is on another host: {address}")


def _call(
    request: PullRequest, method: str, address: str, document: Mapping[str, str] | None
) -> tuple[Any, str]:
    """The answer's document, and its `Link` header."""
    call = urllib.request.Request(
        address,
        method=method,
        data=None if document is None else json.dumps(document).encode(),
        headers={
            "Authorization": f"Bearer {request.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(call, timeout=_SECONDS) as answer:
            return json.load(answer), answer.headers.get("Link", "")
    except urllib.error.HTTPError as error:
        with error:
            body = error.read().decode(errors="replace")[:300]
        raise UnsureError(
            f"{method} {address} answered {error.code}: {body}; the job needs the permission "
            "`pull-requests: write`"
        ) from error
    except (OSError, ValueError) as error:
        raise UnsureError(f"{method} {address} failed: {error}") from error
