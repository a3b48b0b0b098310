"""The commands that the program offers do in the CLI what the tests take them to do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.configs import ROOT, as_handed_over, stack_config
from tests.fixing import fixed

pytestmark = pytest.mark.engine

COMMANDS = {
    "a top-level value": "pulumi config set weights 75/25",
    "a provider's value": "pulumi config set aws:region us-east-2",
    "a number in a map": "pulumi config set --path 'failover:services.web.priority' 300",
    "a flag in a map": "pulumi config set --path 'failover:loadBalancer.create' true",
    "text that looks like a path": "pulumi config set --path 'failover:services.web.weights' 75/25",
    "an entry of a list": "pulumi config set --path 'failover:services.web.hosts[0]' a.example",
    "text that looks like an option": (
        "pulumi config set --path 'failover:services.web.hosts[0]' -- -a.example"
    ),
    "an entry more": "pulumi config set --path 'failover:services.web.paths[1]' '/web/*'",
    "an entry of a provider's list": (
        "pulumi config set --path 'aws:allowedAccountIds[0]' ACCOUNT_ID"
    ),
    "a slot key": ("pulumi config set --path 'failover:images.web[\"02\"]' ami-0fffffffffffffff7"),
    "a value in a map that is not there yet": (
        "pulumi config set --path 'failover:capacity.web[\"02\"].min' 4"
    ),
    "a name of a slot's own": (
        "pulumi config set --path 'failover:services.web.slots[\"01\"].targetGroup.name' web-01-tg"
    ),
    "a key of the top level out": "pulumi config rm dashboard",
    "a key of a map out": "pulumi config rm --path 'failover:services.web.paths'",
    "an entry of a list out": "pulumi config rm --path 'failover:services.portal.paths[1]'",
    "a list anew": (
        "pulumi config rm --path 'failover:services.web.hosts' && "
        "pulumi config set --path 'failover:services.web.hosts[0]' a.example && "
        "pulumi config set --path 'failover:services.web.hosts[1]' b.example"
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose stack `prod` each test gives a config of its own."""
    folder = tmp_path_factory.mktemp("fixing")
    (folder / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")
    in_the_cli(folder, "pulumi stack init prod --no-select --non-interactive")
    return folder


QUICK = {
    "a provider's value",
    "text that looks like a path",
    "text that looks like an option",
    "an entry more",
    "a slot key",
    "a key of the top level out",
    "a key of a map out",
    "a list anew",
}
"""One of each form; `make test-long` has the CLI run them all."""


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case in QUICK else pytest.mark.long) for case in COMMANDS],
)
def test_the_cli_does_what_a_fixing_command_says(project: Path, case: str) -> None:
    config = stack_config("prod")
    file = project / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump({"config": config}))

    in_the_cli(project, COMMANDS[case])

    written: Any = yaml.safe_load(file.read_text())["config"]
    # As handed over: the CLI writes a top-level `true` back as text.
    assert as_handed_over(written) == as_handed_over(fixed(config, COMMANDS[case]))


def in_the_cli(project: Path, commands: str) -> None:
    """Run the commands as a person's shell would, on a stack of their own."""
    environ = {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "HOME": str(project),
        "PULUMI_HOME": str(project / "home"),
        "PULUMI_BACKEND_URL": project.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "of a test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_STACK": "prod",
    }
    done = subprocess.run(
        ["bash", "-c", commands],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
