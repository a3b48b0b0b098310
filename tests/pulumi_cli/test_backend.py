"""The backend that the CLI would use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_cli.backend import HOSTED, current_backend


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")
    return tmp_path


def logged_in(home: Path, url: str) -> dict[str, str]:
    (home / "credentials.json").write_text(json.dumps({"current": url}))
    return {"PULUMI_HOME": str(home)}


def test_the_environment_comes_before_the_project_and_the_project_before_the_login(
    project: Path,
) -> None:
    login = logged_in(project, "s3://login")
    assert current_backend(project, login) == "s3://login"

    (project / "Pulumi.yaml").write_text("name: f\nbackend:\n  url: s3://project?region=eu\n")
    assert current_backend(project, login) == "s3://project"

    named = {**login, "PULUMI_BACKEND_URL": "file:///state?metadata=skip"}
    assert current_backend(project, named) == "file:///state"


def test_a_token_alone_means_the_hosted_backend(project: Path) -> None:
    assert current_backend(project, {"PULUMI_HOME": "/none", "PULUMI_ACCESS_TOKEN": "t"}) == HOSTED


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"current": null}'])
def test_nobody_is_logged_in_where_nothing_says_so(project: Path, text: str) -> None:
    (project / "credentials.json").write_text(text)

    assert current_backend(project, {"PULUMI_HOME": str(project)}) == ""


def test_the_home_folder_is_written_out(project: Path) -> None:
    found = current_backend(project, {"PULUMI_BACKEND_URL": "file://~/state"})

    assert found == f"file://{Path.home()}/state"
