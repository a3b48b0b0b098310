from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from rehearsal.shell_environment import as_json, as_shell, process_environment
from rehearsal.workspace import Workspace
from tests.rehearsal.test_workspace import RUNNING


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "a clone's folder")
    workspace.root.mkdir()
    workspace.create()
    return workspace


def in_shell(workspace: Workspace, env: dict[str, str], command: str) -> str:
    script = f'eval "$SNIPPET"; {command}'
    env = {**env, "PATH": os.environ["PATH"], "SNIPPET": as_shell(workspace, RUNNING)}
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_shell_that_evaluates_it_meets_the_local_aws(workspace: Workspace) -> None:
    said = in_shell(workspace, {}, 'echo "$AWS_ENDPOINT_URL $PULUMI_STACK $PULUMI_DEBUG_PROVIDERS"')

    assert said == "http://127.0.0.1:5000 rehearsal aws:6000"


def test_a_folder_with_a_space_and_a_quote_survives_the_shell(workspace: Workspace) -> None:
    said = in_shell(workspace, {}, 'echo "$PULUMI_BACKEND_URL"; echo "$PATH" | cut -d: -f1')

    assert said.splitlines() == [
        f"file://{workspace.backend}?metadata=skip",
        str(workspace.root / ".venv" / "bin"),
    ]


def test_evaluating_twice_puts_the_folder_on_path_once(workspace: Workspace) -> None:
    said = in_shell(workspace, {}, 'eval "$SNIPPET"; echo "$PATH" | tr : "\\n"')

    assert said.splitlines().count(str(workspace.root / ".venv" / "bin")) == 1


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"])
def test_a_variable_that_leads_away_is_unset(workspace: Workspace, name: str) -> None:
    said = in_shell(workspace, {name: "own"}, f'echo "${{{name}-unset}}"')

    assert said == "unset"


def test_an_endpoint_of_one_service_does_not_survive(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")

    assert "AWS_ENDPOINT_URL_S3" in as_shell(workspace, RUNNING).splitlines()[0]
    assert "AWS_ENDPOINT_URL_S3" not in process_environment(workspace, RUNNING, os.environ)


def test_the_json_form_has_the_same_variables_as_the_shell_form(workspace: Workspace) -> None:
    document = json.loads(as_json(workspace, RUNNING))

    lines = as_shell(workspace, RUNNING).splitlines()
    exported = {line.split("=")[0].removeprefix("export ") for line in lines[1:-1]}
    assert set(document["set"]) == exported


def test_a_shell_knows_where_the_traffic_goes_and_whom_to_trust(workspace: Workspace) -> None:
    said = in_shell(
        workspace,
        {},
        'echo "$FAILOVER_HTTP_ADDRESS $FAILOVER_HTTPS_ADDRESS"; echo "$FAILOVER_CA_FILE"',
    )

    assert said.splitlines() == ["127.0.0.1:7080 127.0.0.1:7443", str(workspace.ca_file)]
