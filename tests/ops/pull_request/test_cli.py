"""Comments against an HTTP server that keeps them as GitHub does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ops.plan.markdown import marker
from ops.pull_request.cli import comment

TOKEN = "ghs_notShownAnywhere"
REPOSITORY = "acme/failover"


class GitHub(ThreadingHTTPServer):
    """One pull request's comments, two to a page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict[str, Any]] = []
        self.refuses = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, body: str, kind: str = "Bot") -> None:
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, "user": {"type": kind}})

    @property
    def bodies(self) -> list[str]:
        return [each["body"] for each in self.comments]


class Handler(BaseHTTPRequestHandler):
    server: GitHub  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        page = (
            int(self.path.partition("page=")[2].partition("&")[0] or 1) if "&" in self.path else 1
        )
        first = (page - 1) * 2
        shown = self.server.comments[first : first + 2]
        link = f'<{self.server.url}{self.path.partition("?")[0]}?page={page + 1}&x>; rel="next"'
        self._answer(200, shown, link if first + 2 < len(self.server.comments) else "")

    def do_POST(self) -> None:
        self.server.add(self._body())
        self._answer(201, {**self.server.comments[-1], "html_url": "https://comment/new"}, "")

    def do_PATCH(self) -> None:
        found = self.server.comments[int(self.path.rpartition("/")[2]) - 1]
        found["body"] = self._body()
        self._answer(200, {**found, "html_url": "https://comment/old"}, "")

    def _body(self) -> str:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def _answer(self, code: int, document: Any, link: str) -> None:
        is_allowed = self.headers["Authorization"] == f"Bearer {TOKEN}" and not self.server.refuses
        data = json.dumps(document if is_allowed else {"message": "Not accessible"}).encode()
        self.send_response(code if is_allowed else 403)
        self.send_header("Content-Length", str(len(data)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield server
        server.shutdown()
        thread.join()


def put(folder: Path, stack: str, text: str) -> Any:
    file = folder / "plan.md"
    file.write_text(f"{marker(stack)}\n{text}\n")
    return CliRunner().invoke(comment, [str(file), "--pull-request", "17"])


def test_a_stack_has_one_comment_that_is_written_over(github: GitHub, tmp_path: Path) -> None:
    first = put(tmp_path, "prod", "one")
    second = put(tmp_path, "prod", "two")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert github.bodies == [f"{marker('prod')}\ntwo\n"]
    assert second.stdout == "https://comment/old\n"


def test_each_stack_has_its_own(github: GitHub, tmp_path: Path) -> None:
    put(tmp_path, "dev", "one")
    put(tmp_path, "prod", "two")
    put(tmp_path, "dev", "three")

    assert github.bodies == [f"{marker('dev')}\nthree\n", f"{marker('prod')}\ntwo\n"]


def test_the_comment_is_found_on_a_later_page(github: GitHub, tmp_path: Path) -> None:
    for number in range(5):
        github.add(f"a review {number}", "User")
    put(tmp_path, "prod", "one")
    put(tmp_path, "prod", "two")

    assert github.bodies[5:] == [f"{marker('prod')}\ntwo\n"]


def test_a_person_who_quotes_a_plan_is_not_written_over(github: GitHub, tmp_path: Path) -> None:
    github.add(f"{marker('prod')}\nwhy is this refused?", "User")

    put(tmp_path, "prod", "one")

    assert github.bodies == [
        f"{marker('prod')}\nwhy is this refused?",
        f"{marker('prod')}\none\n",
    ]


def test_a_refusal_names_the_permission_and_not_the_token(github: GitHub, tmp_path: Path) -> None:
    github.refuses = True

    result = put(tmp_path, "prod", "one")

    assert result.exit_code == 3
    assert "403" in result.stderr
    assert "`pull-requests: write`" in result.stderr
    assert TOKEN not in result.output


def test_a_file_that_is_no_plan_is_not_posted(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("hello\n")

    result = CliRunner().invoke(comment, [str(file), "--pull-request", "17"])

    assert result.exit_code == 3
    assert github.bodies == []


def test_without_a_token_nothing_is_asked(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")

    result = put(tmp_path, "prod", "one")

    assert result.exit_code == 2
    assert "GITHUB_TOKEN is not set" in result.stderr
    assert github.bodies == []
