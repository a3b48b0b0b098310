from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.shell_environment import (
    SET,
    as_json,
    as_restoring_shell,
    as_shell,
    process_environment,
    root_in,
)
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

    assert re.search(r"(?m)^unset .*\bAWS_ENDPOINT_URL_S3\b", as_shell(workspace, RUNNING))
    assert "AWS_ENDPOINT_URL_S3" not in process_environment(workspace, RUNNING, os.environ)


def test_the_json_form_has_the_same_variables_as_the_shell_form(workspace: Workspace) -> None:
    document = json.loads(as_json(workspace, RUNNING))

    lines = as_shell(workspace, RUNNING).splitlines()
    exported = {
        line.split("=")[0].removeprefix("export ") for line in lines if line.startswith("export ")
    }
    assert set(document["set"]) == exported == set(SET)


def test_a_shell_knows_where_the_traffic_goes_and_whom_to_trust(workspace: Workspace) -> None:
    said = in_shell(
        workspace,
        {},
        'echo "$FAILOVER_HTTP_ADDRESS $FAILOVER_HTTPS_ADDRESS"; echo "$FAILOVER_CA_FILE"',
    )

    assert said.splitlines() == ["127.0.0.1:7080 127.0.0.1:7443", str(workspace.ca_file)]


RESTORE = (
    f'{sys.executable} -c "import os; from rehearsal.shell_environment import '
    'as_restoring_shell as r; print(r(os.environ))"'
)


def all_variables(workspace: Workspace, env: dict[str, str], script: str) -> dict[str, str]:
    """The environment that a shell has after `script`; `$RESTORE` prints what --unset prints."""
    said = in_shell(workspace, {**env, "PYTHONPATH": os.getcwd()}, f"{script}; env -0")
    found = dict(line.split("=", 1) for line in said.split("\0") if "=" in line)
    return {name: value for name, value in found.items() if name not in {"_", "SNIPPET", "PWD"}}


OWN = {
    "AWS_PROFILE": "own",
    "AWS_REGION": "ap-northeast-2",
    "AWS_SESSION_TOKEN": 'it\'s a "token" with $signs',
    "PULUMI_CONFIG_PASSPHRASE": "",
    "NO_PROXY": "a,b c",
}


@pytest.mark.parametrize("env", [{}, OWN])
@pytest.mark.parametrize("entered", ["true", 'eval "$SNIPPET"'])
def test_a_shell_gets_back_what_it_had_however_often_it_entered(
    workspace: Workspace, env: dict[str, str], entered: str
) -> None:
    before = {**env, "PYTHONPATH": os.getcwd(), "PATH": os.environ["PATH"]}

    after = all_variables(workspace, env, f'{entered}; eval "$({RESTORE})"')

    assert after == before


def test_a_shell_gets_back_what_it_had_before_the_first_of_two_rehearsals(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace(tmp_path / "other")
    other.root.mkdir()
    other.create()
    (tmp_path / "other.sh").write_text(as_shell(other, RUNNING))

    after = all_variables(workspace, OWN, f'. "{tmp_path}/other.sh"; eval "$({RESTORE})"')

    path = after.pop("PATH").split(":")
    assert {name: after[name] for name in OWN} == OWN
    assert not [name for name in after if name.startswith("FAILOVER_")]
    assert str(other.root / ".venv" / "bin") not in path


def test_no_value_of_the_persons_is_printed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-secret")

    assert "a-secret" not in as_shell(workspace, RUNNING)


def test_a_shell_without_a_rehearsals_environment_has_nothing_to_restore() -> None:
    assert as_restoring_shell({"PULUMI_BACKEND_URL": "s3://state", "PATH": "/bin"}) == ""


def test_the_environment_that_a_former_version_gave_is_known_and_unset() -> None:
    former = {"PULUMI_BACKEND_URL": "file:///a/clone/.rehearsal/backend?metadata=skip"}

    assert root_in(former) == Path("/a/clone")
    assert "PULUMI_BACKEND_URL" in as_restoring_shell(former).split()
