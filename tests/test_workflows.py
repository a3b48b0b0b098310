"""What the workflows must keep to; actionlint, zizmor and shellcheck look at the rest."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.toolchain.workflow_lint import commands

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
SECRETS = {"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"}

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    """A workflow; YAML 1.1 reads its `on` as a boolean."""
    return yaml.safe_load(path.read_text())


def test_there_are_the_three_that_the_docs_describe() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "drift", "preview"]


@every_workflow
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines()]

    loose = [line for line in used if line.startswith("uses:") and not PINNED.fullmatch(line)]

    assert loose == []


@every_workflow
def test_nothing_is_permitted_but_what_a_job_names(path: Path) -> None:
    workflow = read(path)

    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        allowed = set(job["permissions"].items())
        assert allowed <= {
            ("contents", "read"), ("id-token", "write"), ("pull-requests", "write"),
        }  # fmt: skip


@every_workflow
def test_no_aws_key_is_stored_and_no_other_secret_is_used(path: Path) -> None:
    text = path.read_text()

    assert set(re.findall(r"secrets\.(\w+)", text)) <= SECRETS
    assert "aws-access-key-id" not in text
    assert "pull_request_target" not in text


@every_workflow
def test_steps_are_scripts_or_make_and_no_expression_is_in_a_command(path: Path) -> None:
    runs = [
        step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step
    ]

    assert runs
    for run in runs:
        assert "${{" not in run
        assert run.startswith(("scripts/", "make ", ".venv/bin/failover "))
        assert "\n" not in run.strip()
        if run.startswith("scripts/"):
            assert (ROOT / run.split()[0]).is_file()


def test_a_fork_gets_no_credentials_and_says_so() -> None:
    jobs = read(ROOT / ".github/workflows/preview.yml")["jobs"]
    own, fork = jobs["plan"], jobs["fork"]

    assert own["if"].replace("==", "!=") == fork["if"]
    assert fork["permissions"] == {"contents": "read"}
    assert "environment" not in fork
    assert "comes from a fork" in (ROOT / "scripts/fork.sh").read_text()


def test_previews_of_one_pull_request_replace_each_other_and_deployments_never_do() -> None:
    preview = read(ROOT / ".github/workflows/preview.yml")["concurrency"]
    deploy = read(ROOT / ".github/workflows/deploy.yml")["concurrency"]

    assert preview["cancel-in-progress"] is True
    assert "pull_request.number" in preview["group"]
    assert deploy["cancel-in-progress"] is False


def test_prod_is_deployed_after_dev_and_behind_its_environment() -> None:
    jobs = read(ROOT / ".github/workflows/deploy.yml")["jobs"]

    assert jobs["prod"]["needs"] == "dev"
    assert jobs["prod"]["environment"] == "prod"
    assert [job["steps"][0]["with"]["fetch-depth"] for job in jobs.values()] == [0, 0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs_from_anywhere_and_stops_at_the_first_error(script: Path) -> None:
    text = script.read_text()

    assert os.access(script, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert 'cd "$(dirname "$0")/.."' in text
    assert "set -x" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".github/workflows/bad.yml", "on: pull_request\njobs: {a: {runs-on: ubuntu-24.04, "
         "steps: [{uses: actions/checkout@v4}]}}\n"),
        (".github/workflows/bad.yml", "on: pull_request\npermissions: {}\njobs: {a: {runs-on: "
         "ubuntu-24.04, steps: [{run: 'echo ${{ github.event.pull_request.title }}'}]}}\n"),
        ("scripts/bad.sh", "#!/usr/bin/env bash\nrm -rf $1/*\n"),
    ],
)  # fmt: skip
def test_make_check_sees_a_bad_workflow_and_a_bad_script(
    name: str, text: str, tmp_path: Path
) -> None:
    for folder in (".github/workflows", "scripts", ".ci"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    good = "#!/usr/bin/env bash\ntrue\n"
    (tmp_path / ".ci" / "test").write_text(good)
    (tmp_path / "scripts" / "good.sh").write_text(good)
    workflow = tmp_path / ".github" / "workflows" / "deploy.yml"
    workflow.write_text((ROOT / ".github/workflows/deploy.yml").read_text())
    _, zizmor, shellcheck = commands(tmp_path, Path("actionlint"))
    before = [subprocess.run(argv, capture_output=True).returncode for argv in (zizmor, shellcheck)]

    (tmp_path / name).write_text(text)
    _, zizmor, shellcheck = commands(tmp_path, Path("actionlint"))
    after = [subprocess.run(argv, capture_output=True).returncode for argv in (zizmor, shellcheck)]

    assert before == [0, 0]
    assert any(after)
