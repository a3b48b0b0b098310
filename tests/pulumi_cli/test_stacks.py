"""A stack that there is not is told with those that there are."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ops.cli import failover
from pulumi_cli.errors import EngineAccessError, NoStackError, PulumiError
from pulumi_cli.pulumi import STACK_NOT_FOUND
from pulumi_cli.stacks import (
    HOSTED,
    Backend,
    current_backend,
    missing_stack_text,
    nearest,
    no_file_text,
    selected_stack,
)
from tests.pulumi_cli.stub import running

URL = "s3://team-state"
NAMES = st.text(st.sampled_from("abcdehopr-"), min_size=1, max_size=8)


def test_a_name_that_is_nearly_one_is_offered_that_one() -> None:
    assert missing_stack_text("prdo", Backend(URL, ("dev", "prod")), files=("dev", "prod")) == (
        "there is no stack prdo in the backend s3://team-state\n"
        "  expected: a stack that `pulumi stack ls` lists: dev, prod\n"
        "  fix:      did you mean prod? Then --stack prod"
    )


def test_a_name_that_is_like_none_is_offered_none() -> None:
    text = missing_stack_text("typo", Backend(URL, ("dev", "prod")), files=())

    assert text.endswith("  fix:      name one of these with --stack")
    assert "stack init" not in text


def test_a_stack_with_a_file_is_in_another_backend_or_was_never_made() -> None:
    text = missing_stack_text("prod", Backend(URL, ("dev", "prod-2")), files=("dev", "prod"))

    assert text == (
        "there is no stack prod in the backend s3://team-state\n"
        "  expected: a stack that `pulumi stack ls` lists: dev, prod-2\n"
        "  fix:      Pulumi.prod.yaml is here: is this the right backend, or was the stack never "
        "made?\n"
        "            pulumi whoami --verbose   # names the backend\n"
        "            pulumi stack init prod   # makes the stack, empty"
    )


def test_the_right_stack_of_another_organization_is_offered() -> None:
    text = missing_stack_text(
        "acme/failover/prod", Backend(URL, ("umbrella/prod",)), files=("prod",)
    )

    assert "did you mean umbrella/prod? Then --stack umbrella/prod" in text


def test_a_name_from_the_environment_is_told_to_be_from_there() -> None:
    text = missing_stack_text("prod", Backend(URL, ("dev",)), files=(), is_by_environment=True)

    assert text.startswith("there is no stack prod in the backend s3://team-state (PULUMI_STACK")


def test_a_backend_without_stacks_and_one_that_does_not_answer_are_told_apart() -> None:
    assert "the backend has none\n" in missing_stack_text("a", Backend(URL, ()), files=())
    assert "a stack that `pulumi stack ls` lists\n" in missing_stack_text(
        "a", Backend("", None), files=()
    )


def test_a_stack_without_a_file_is_told_what_writes_it(tmp_path: Path) -> None:
    for name in ("dev", "prod"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")

    assert no_file_text(tmp_path, "acme/failover/blue", is_there=True) == (
        f"there is no Pulumi.blue.yaml in {tmp_path}\n"
        "  expected: the stack's file; here are those of dev, prod\n"
        "  fix:      pulumi config refresh --stack acme/failover/blue   # writes it as the newest "
        "update had it"
    )
    assert no_file_text(tmp_path, "prd", is_there=False).endswith(
        "\n  fix:      did you mean prod? Then --stack prod"
    )
    assert no_file_text(tmp_path, "blue", is_there=False).endswith(
        "\n  fix:      name one of these with --stack"
    )


def test_of_stacks_none_of_which_is_selected_those_with_a_file_are_named(tmp_path: Path) -> None:
    pulumi = running(tmp_path, "import sys\nsys.exit('error: no stack selected; please use')\n")
    fixes: list[str] = []
    for name in ("", "dev", "prod"):
        if name:
            (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")
        with pytest.raises(NoStackError, match=r"^no stack is selected\n") as refused:
            selected_stack(tmp_path, None, {"PATH": pulumi.environ["PATH"]})
        fixes.append(str(refused.value).rpartition("\n")[2])

    assert [fix.removeprefix("  fix:      ") for fix in fixes] == [
        "pulumi stack select, or the same again with --stack",
        "pulumi stack select dev, or the same again with --stack",
        "pulumi stack select dev or pulumi stack select prod, or the same again with --stack",
    ]


def test_the_selected_stack_is_asked_for_only_where_none_is_named(tmp_path: Path) -> None:
    pulumi = running(tmp_path, "print('dev')\n")
    environ = {"PATH": pulumi.environ["PATH"]}

    found = [
        selected_stack(tmp_path, "named", {"PULUMI_STACK": "prod"}),
        selected_stack(tmp_path, None, {"PULUMI_STACK": "prod"}),
        selected_stack(tmp_path, None, environ),
    ]

    assert found == ["named", "prod", "dev"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [("invalid access token", EngineAccessError), ("no such host", PulumiError)],
)
def test_a_backend_that_does_not_answer_is_no_stack_that_is_not_selected(
    words: str, kind: type[Exception], tmp_path: Path
) -> None:
    pulumi = running(tmp_path, f"import sys\nsys.exit('error: {words}')\n")

    with pytest.raises(kind):
        selected_stack(tmp_path, None, {"PATH": pulumi.environ["PATH"]})


@given(names=st.lists(NAMES, unique=True), typed=NAMES)
def test_only_a_stack_that_there_is_is_offered(names: list[str], typed: str) -> None:
    near = nearest(f"acme/{typed}", names)

    assert near is None or near in names
    assert typed not in names or near == typed


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "--json"],
        ["status", "--drift"],
        ["drift"],
        ["plan"],
        ["ramp", "--yes"],
        ["even", "--yes"],
        ["rollback"],
        ["adopt", "--load-balancer", "shop", "--yes"],
    ],
    ids=" ".join,
)
def test_every_command_with_a_stack_that_there_is_not_ends_with_one_error(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")
    put_cli(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_STACK", raising=False)

    done = CliRunner().invoke(failover, [*command, "--stack", "prdo"])

    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("error: there is no stack prdo in the backend s3://team-state\n")
    assert "`pulumi stack ls` lists: dev, prod\n" in done.stderr
    assert "did you mean prod? Then --stack prod\n" in done.stderr
    assert done.stderr.count("error:") == 1
    assert "not read" not in done.stderr


def put_cli(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `pulumi` on PATH that knows the stacks dev and prod, as the CLI answers."""
    listed = json.dumps([{"name": "dev"}, {"name": "prod"}])
    program = folder / "pulumi"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "asked = sys.argv[1:]\n"
        "if asked[:2] == ['stack', 'ls']:\n"
        f"    print({listed!r})\n"
        "elif 'version' in asked:\n"
        "    print('v3.255.0')\n"
        "else:\n"
        "    print(\"error: no stack named 'prdo' found\", file=sys.stderr)\n"
        f"    sys.exit({STACK_NOT_FOUND})\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_BACKEND_URL", URL)


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
