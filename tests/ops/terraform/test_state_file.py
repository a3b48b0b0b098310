from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.errors import InputError
from ops.terraform.state_file import pulled, read_states
from tests.ops.terraform.states import RULE, resource, rule_of, state_file

TEXT = state_file(resource("aws_lb_listener_rule.web", rule_of(RULE)))


def initialised(folder: Path, backend: str, **config: str) -> None:
    (folder / ".terraform").mkdir()
    document = {"version": 3, "backend": {"type": backend, "config": config}}
    (folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(document))


def test_a_file_and_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_text(TEXT)

    found = read_states([tmp_path, tmp_path / "terraform.tfstate"])

    assert [each.source for each in found] == [str(tmp_path / "terraform.tfstate")] * 2
    assert [len(each.resources) for each in found] == [1, 1]


def test_the_workspace_that_is_selected_is_read(tmp_path: Path) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "environment").write_text("prod")
    (tmp_path / "terraform.tfstate.d" / "prod").mkdir(parents=True)
    (tmp_path / "terraform.tfstate.d" / "prod" / "terraform.tfstate").write_text(TEXT)

    (found,) = read_states([tmp_path])

    assert found.source.endswith("terraform.tfstate.d/prod/terraform.tfstate")


def test_a_local_backend_has_its_state_where_its_path_is(tmp_path: Path) -> None:
    initialised(tmp_path, "local", path="own.tfstate")
    (tmp_path / "own.tfstate").write_text(TEXT)

    (found,) = read_states([tmp_path])

    assert found.source.endswith("own.tfstate")


@pytest.mark.parametrize("backend", ["s3", "remote", "cloud", "gcs"])
def test_a_state_in_a_remote_backend_is_not_guessed_and_the_command_gets_it(
    tmp_path: Path, backend: str
) -> None:
    initialised(tmp_path, backend)
    (tmp_path / "terraform.tfstate").write_text(TEXT)  # of a time before the backend

    with pytest.raises(InputError, match=f"the state is in the backend {backend}") as raised:
        read_states([tmp_path])

    assert raised.value.fixes == (f"terraform -chdir={tmp_path} state pull > state.json",)


def test_a_folder_without_a_state_has_one_message(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_states([tmp_path])

    assert str(raised.value).splitlines() == [
        f"--terraform {tmp_path}/terraform.tfstate: No such file or directory",
        f"  fix:      terraform -chdir={tmp_path} state pull > state.json",
    ]


def test_a_saved_plan_is_not_read_as_a_state(tmp_path: Path) -> None:
    (tmp_path / "plan.bin").write_bytes(b"PK\x03\x04\xff\xfe")

    with pytest.raises(InputError, match="not a text file") as raised:
        read_states([tmp_path / "plan.bin"])

    assert "terraform show -json" in raised.value.expected


def test_the_command_needs_no_folder_where_the_shell_is() -> None:
    assert str(pulled(Path("state.json"))) == "terraform state pull > state.json"
