"""What a stack's own settings make of the provider: configuration, secrets, options, failures."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rehearsal.local_aws import LocalAws
from rehearsal.provider.aws import REHEARSAL_CREDENTIAL
from rehearsal.provider.families import RESOURCE_TYPES
from rehearsal.provider.table import package_schema
from tests.rehearsal.provider.attached import STACK, Attached, attached

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("provider-settings")]

PROGRAM = Path(__file__).parent / "small_program"
ROLE = "arn:aws:iam::123456789012:role/deployer"
USER_DATA = b64encode(b"a password").decode()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attached]:
    folder = tmp_path_factory.mktemp("settings")
    with attached(folder, PROGRAM) as made:
        made.must("config", "set", "--secret", "userData", USER_DATA)
        made.must("up", "--yes", "--skip-preview")
        yield made


def _refused(stack: Attached, key: str, value: str) -> str:
    """What a preview says with one more setting, which is taken away again."""
    before = (stack.folder / f"Pulumi.{STACK}.yaml").read_text()
    stack.must("config", "set", "--path", key, value)
    said = stack.pulumi("preview")
    (stack.folder / f"Pulumi.{STACK}.yaml").write_text(before)
    assert said.returncode != 0
    assert "Traceback" not in said.stdout + said.stderr
    return said.stdout + said.stderr


def _operations(preview_json: str) -> dict[str, str]:
    steps = json.loads(preview_json)["steps"]
    return {s["urn"].rpartition("::")[2]: s["op"] for s in steps if s["op"] != "same"}


def _of(stack: Attached, name: str) -> dict[str, Any]:
    return next(one for one in stack.exported() if one["urn"].endswith(f"::{name}"))


def test_a_secret_input_is_a_secret_in_the_state_and_nowhere_plain(stack: Attached) -> None:
    template = _of(stack, "template")

    assert "ciphertext" in template["inputs"]["userData"]
    assert "ciphertext" in template["outputs"]["userData"]
    assert USER_DATA not in json.dumps(template)
    stack.must("refresh", "--yes", "--expect-no-changes")
    assert "ciphertext" in _of(stack, "template")["outputs"]["userData"]


@pytest.mark.long
def test_new_default_tags_are_on_everything_in_the_same_update(stack: Attached) -> None:
    stack.must("config", "set", "--path", "aws:defaultTags.tags.team", "a")

    stack.must("up", "--yes", "--skip-preview")

    tagged = {one["urn"].rpartition("::")[2]: one["outputs"]["tagsAll"] for one in stack.exported()}
    assert {json.dumps(tags) for tags in tagged.values()} == {'{"team": "a"}'}
    stack.must("preview", "--expect-no-changes")


def test_an_account_that_the_stack_does_not_name_is_not_touched(stack: Attached) -> None:
    said = _refused(stack, "aws:allowedAccountIds[0]", "999999999999")

    assert "AWS account ID not allowed: 123456789012" in said


@pytest.mark.long
def test_a_provider_key_that_is_not_honoured_is_refused(stack: Attached) -> None:
    said = _refused(stack, "aws:ignoreTags.keys[0]", "team")

    assert "aws:ignoreTags: not supported by the rehearsal" in said


@pytest.mark.long
def test_a_role_that_cannot_be_assumed_is_named_with_what_it_lacks(stack: Attached) -> None:
    with LocalAws(stack.endpoint).faulty({"operations": ["AssumeRole"], "answer": "AccessDenied"}):
        said = _refused(stack, "aws:assumeRoles[0].roleArn", ROLE)

    assert f"IAM Role ({ROLE}) cannot be assumed: AssumeRole: AccessDenied: " in said
    assert "its trust policy must name them" in said


@pytest.mark.long
def test_a_role_is_acted_as_and_an_account_of_its_own_is_found_out(stack: Attached) -> None:
    aws = LocalAws(stack.endpoint)
    stack.must("config", "set", "--path", "aws:allowedAccountIds[0]", "123456789012")
    mark = aws.mark()

    said = _refused(stack, "aws:assumeRoles[0].roleArn", ROLE.replace("123456789012", "1" * 12))

    assert "AWS account ID not allowed: 111111111111" in said
    assert aws.calls(mark, REHEARSAL_CREDENTIAL) == {"AssumeRole": 1}


def test_an_input_that_is_not_known_is_refused(stack: Attached) -> None:
    said = _refused(stack, "surprise", "true")

    assert "aws:ec2/vpc:Vpc: input 'surprise' is not supported by the rehearsal" in said


@pytest.mark.long
def test_an_ignored_path_stays_as_it_is_in_aws(stack: Attached) -> None:
    stack.set_config(ignorePath="true")
    stack.must("up", "--yes", "--skip-preview")
    stack.set_config(path="/other")

    assert _operations(stack.must("preview", "--json")) == {}
    stack.set_config(path="/", ignorePath="false")


@pytest.mark.long
def test_a_group_with_a_given_name_is_deleted_before_it_is_created_again(
    stack: Attached,
) -> None:
    stack.set_config(targetGroupName="fixed")
    stack.must("up", "--yes", "--skip-preview")
    stack.set_config(port="81")

    stack.must("up", "--yes", "--skip-preview")

    told = stack.client("elbv2").describe_target_groups()["TargetGroups"]
    assert [(one["TargetGroupName"], one["Port"]) for one in told] == [("fixed", 81)]


def test_what_was_made_but_not_finished_is_kept_and_completed_by_the_next_up(
    stack: Attached,
) -> None:
    stack.set_config(logBucket="nobody-s", logs="true")
    unfinished = stack.pulumi("up", "--yes", "--skip-preview")
    kept = _of(stack, "balancer")
    stack.set_config(logs="false")

    stack.must("up", "--yes", "--skip-preview")

    assert unfinished.returncode != 0
    assert "was created, but: ModifyLoadBalancerAttributes: " in unfinished.stdout
    assert kept["initErrors"]
    completed = _of(stack, "balancer")
    assert completed["id"] == kept["id"]
    assert "initErrors" not in completed
    stack.must("preview", "--expect-no-changes")


@pytest.mark.long
def test_two_engines_at_once_act_each_in_its_own_region(stack: Attached) -> None:
    def build(name: str, region: str) -> None:
        stack.must("config", "set", "aws:region", region, "--stack", name)
        stack.must("up", "--yes", "--skip-preview", "--stack", name)

    for name in ("one", "two"):
        stack.must("stack", "init", name, "--no-select", "--copy-config-from", STACK)
        stack.must("config", "rm", "logBucket", "--stack", name)
    with ThreadPoolExecutor() as pool:
        list(pool.map(build, ("one", "two"), ("eu-west-1", "ap-northeast-2")))

    arns = {
        name: json.loads(stack.must("stack", "output", "--json", "--stack", name))["targets"]
        for name in ("one", "two")
    }
    assert arns["one"].split(":")[3] == "eu-west-1"
    assert arns["two"].split(":")[3] == "ap-northeast-2"


def test_the_schema_of_the_supported_types_is_one_that_pulumi_takes(
    stack: Attached, tmp_path: Path
) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(package_schema(RESOURCE_TYPES, "7.0.0")))

    stack.must("schema", "check", str(schema))
