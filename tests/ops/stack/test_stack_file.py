"""Whatever is in a stack file, it is read as Pulumi reads it or refused with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops.adopt.stack_file import AdoptedConfig
from ops.deploy.cli import read_live_weights
from ops.deploy.merge import MergedWeights
from ops.errors import InputError, UnsureError
from ops.plan.preview import PreviewInputError, PreviewRequest, run_preview
from ops.ramp.errors import BadInputError
from ops.ramp.stack.config_file import StackFile
from ops.ramp.stack.opened import opened_stack
from ops.stack.stack_file import StackFileError, ours, read_aws_config, read_config, read_text
from ops.status.config_reading import ConfigReading
from ops.status.document import UnreadError
from ops.status.state_reading import read_provider_config
from pulumi_cli.errors import NoStackError
from pulumi_cli.pulumi import STACK_NOT_FOUND
from pulumi_cli.stacks import stack_file
from tests.pulumi_cli.stub import answering

GOOD = "config:\n  failover:weights: 75/25\n"
BROKEN = {
    "a quote that is not closed": (
        'config:\n  failover:candidate: "02\n  failover:weights: 75/25\n',
        "line 2, column 23",
    ),
    "a wrong indent": (
        "config:\n  failover:weights: 75/25\n failover:org: a\n",
        "line 3, column 2",
    ),
    "a colon in a value": ("config:\n  failover:org: a: b\n", "line 2, column 18"),
    "a bracket that is not closed": ("config:\n  failover:tags: {a: b\n", "line 2, column 18"),
    "an open bracket above other keys": (
        "config:\n  failover:org: [a\n  failover:weights: 75/25\n",
        "line 2, column 17",
    ),
    "a tab": ("config:\n\tfailover:weights: 75/25\n", "line 2, column 1"),
    "a key twice": (
        "config:\n  failover:weights: 75/25\n  failover:org: a\n  failover:weights: 50/50\n",
        "line 4, column 3: the key failover:weights is already set on line 2",
    ),
    "a conflict of a merge": (
        "config:\n<<<<<<< HEAD\n  failover:weights: 75/25\n=======\n",
        "line 2, column 1: a merge conflict that is not resolved",
    ),
    "a control character": (
        "config:\n  failover:org: a\x07b\n",
        "line 2, column 18: the character '\\x07' is not allowed in YAML",
    ),
    "an alias of nothing": ("config:\n  failover:org: *a\n", "line 2, column 17"),
    "a list": ("- a\n", "the file is not a map of keys and values"),
    "a word": ("config: 75/25\n", "`config` is not a map of keys and values"),
}
READERS = {
    "deploy-check": lambda folder: MergedWeights.parse(
        stack_file(folder, "prod").read_text(), "Pulumi.prod.yaml"
    ),
    "status": lambda folder: ConfigReading.parse(
        stack_file(folder, "prod").read_text(), "Pulumi.prod.yaml"
    ),
    "a running ramp": lambda folder: StackFile.read(stack_file(folder, "prod")),
    "ramp, even, rollback": lambda folder: opened_stack(folder, "prod"),
    "plan, drift": lambda folder: run_preview(PreviewRequest(folder, "prod"), {}),
    "adopt": lambda folder: AdoptedConfig.read(stack_file(folder, "prod")),
}
REFUSALS = (InputError, UnreadError, BadInputError, PreviewInputError)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")
    return tmp_path


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_read_is_refused_with_its_name_and_the_place(case: str) -> None:
    text, place = BROKEN[case]

    with pytest.raises(StackFileError) as refused:
        read_config(text, "Pulumi.prod.yaml")

    assert str(refused.value).startswith(f"Pulumi.prod.yaml cannot be read: {place}")
    assert "in an editor, then run the command again" in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("reader", READERS)
def test_every_command_that_reads_the_file_names_file_line_column_and_what_to_do(
    folder: Path, reader: str
) -> None:
    stack_file(folder, "prod").write_text("config:\n  failover:org: a: b\n")

    with pytest.raises(REFUSALS) as refused:
        READERS[reader](folder)

    assert str(refused.value) == (
        "Pulumi.prod.yaml cannot be read: line 2, column 18: mapping values are not allowed in "
        "this context\n"
        "      failover:org: a: b\n"
        "                     ^\n"
        "  expected: the YAML of a stack file, with `config:` as a map\n"
        "  fix:      correct line 2 of Pulumi.prod.yaml in an editor, then run the command again"
    )


def test_what_a_commit_has_is_told_without_advice_to_edit_it() -> None:
    with pytest.raises(StackFileError) as refused:
        read_config("a: [", "Pulumi.prod.yaml on origin/main", is_here=False)

    assert str(refused.value).startswith("Pulumi.prod.yaml on origin/main cannot be read: line 1")
    assert "fix" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("75:25", "75:25"), ("75/25", "75/25"), ("75", 75), ("0.5", 0.5), ("1:30.5", "1:30.5")],
)
def test_a_value_is_what_pulumi_reads_and_no_number_to_the_base_of_sixty(
    text: str, value: object
) -> None:
    assert read_config(f"config:\n  failover:weights: {text}\n", "file") == {
        "failover:weights": value
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "config:\n", "encryptionsalt: v1:a\n"])
def test_a_file_without_config_is_no_fault(text: str) -> None:
    assert read_config(text, "file") is None


def test_a_key_without_a_namespace_is_the_projects_and_the_last_one_counts() -> None:
    """As Pulumi 3.255 reads it, measured."""
    bare = "config:\n  weights: 75/25\n  aws:region: us-east-1\n"
    twice = "config:\n  failover:weights: 50/50\n  weights: 75/25\n"

    assert [ours(read_config(text, "file") or {}) for text in (bare, twice)] == [
        {"weights": "75/25"},
        {"weights": "75/25"},
    ]


def test_bytes_that_are_no_text_are_told_with_their_line(folder: Path) -> None:
    file = stack_file(folder, "prod")
    file.write_bytes(b"config:\n  failover:org: \xff\n")

    with pytest.raises(StackFileError, match=r"line 2: byte 0xff is not UTF-8 text"):
        read_text(file)


def test_a_file_that_is_not_there_is_none_and_one_that_is_a_folder_is_refused(
    folder: Path,
) -> None:
    file = stack_file(folder, "prod")

    assert read_text(file) is None
    file.mkdir()
    with pytest.raises(StackFileError, match="Is a directory"):
        read_text(file)


@pytest.mark.parametrize("name", ["prod", "acme/prod", "acme/failover/prod"])
def test_a_stack_has_one_file_however_it_is_named(name: str) -> None:
    assert stack_file(Path("a"), name) == Path("a/Pulumi.prod.yaml")


@given(text=st.text() | st.text(st.sampled_from("config: \n\t-[]{}'\"&*!|>%@#a1"), max_size=40))
def test_any_text_is_read_or_refused_as_a_stack_file(text: str) -> None:
    refusals: list[str] = []

    try:
        read_config(text, "Pulumi.prod.yaml")
    except StackFileError as refused:
        refusals.append(str(refused))

    assert all(each.startswith("Pulumi.prod.yaml cannot be read: ") for each in refusals)


NAMES = st.text(st.sampled_from("abcdefgh"), min_size=1, max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)


@given(config=st.dictionaries(NAMES, VALUES, min_size=1))
def test_what_is_written_is_read_as_it_is(config: dict[str, object]) -> None:
    assert read_config(yaml.safe_dump({"config": config}), "file") == config


def test_a_file_that_the_user_may_not_read_is_told_with_how_to_look(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    file = stack_file(folder, "prod")
    file.write_text(GOOD)
    file.chmod(0)

    with pytest.raises(StackFileError, match=r"Permission denied(.|\n)* ls -ld "):
        read_text(file)


PLAIN = {"aws:region": {"value": "us-east-1", "secret": False}}
SECRET = {
    **PLAIN,
    "aws:token": {"secret": True},
    "aws:allowedAccountIds": {"objectValue": ["1"], "value": '["1"]', "secret": False},
    "failover:previewToken": {"secret": True},
}
SHOWN = {**SECRET, "aws:token": {"value": "t0ken", "secret": True}}


def test_without_a_secret_no_passphrase_is_needed_for_the_config_of_the_provider(
    tmp_path: Path,
) -> None:
    answers = {"config --json": {**PLAIN, "failover:previewToken": {"secret": True}}}

    assert read_aws_config(answering(tmp_path, answers, code=1)) == {"region": "us-east-1"}


def test_secrets_of_the_provider_are_decrypted_and_lists_are_json(tmp_path: Path) -> None:
    answers = {"config --json": SECRET, "config --json --show-secrets": SHOWN}

    assert read_aws_config(answering(tmp_path, answers)) == {
        "region": "us-east-1",
        "token": "t0ken",
        "allowedAccountIds": '["1"]',
    }


def test_a_stack_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {}, STACK_NOT_FOUND)

    with pytest.raises(NoStackError, match="no stack prod"):
        read_live_weights(pulumi.folder, "prod", pulumi.environ)


def test_a_cli_that_fails_is_not_sure_and_its_words_are_told(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {}, code=255)

    with pytest.raises(UnsureError, match="`pulumi stack output --json` failed"):
        read_live_weights(pulumi.folder, "prod", pulumi.environ)
    with pytest.raises(UnreadError, match="`pulumi config --json` failed"):
        read_provider_config(pulumi)


def test_before_the_first_deployment_nothing_is_live(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {"stack output --json": {}})

    assert read_live_weights(pulumi.folder, "prod", pulumi.environ) == {}
