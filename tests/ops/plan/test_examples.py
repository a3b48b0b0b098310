"""The five reviewed plans, from what the real engine wrote."""

import io
import json

import pytest
from rich.console import Console

from ops.plan.cli import EXIT_CODES
from ops.plan.document import plan_document
from ops.plan.markdown import failed_markdown, markdown, marker
from ops.plan.plan import fold
from ops.plan.terminal import show
from rollout.errors import SettingsError
from rollout.problem import NOT_SET, Problem
from tests.ops.plan.cases import CASES, RELEASED, Case
from tests.ops.plan.streaming import analyzed, policy, resource, said, stack, summary

COMMENT_CHARACTERS = 65_536
"""Source: GitHub, "body is too long (maximum is 65536 characters)"."""

all_cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@all_cases
def test_the_markdown_is_the_reviewed_one(case: Case) -> None:
    assert markdown(case.plan()) == case.example.read_text(encoding="utf-8")


@all_cases
def test_the_exit_code_says_whether_an_update_may_go_on(case: Case) -> None:
    assert EXIT_CODES[case.plan().outcome] == case.exit_code


@all_cases
@pytest.mark.parametrize("width", [80, 160])
def test_no_line_is_wider_than_the_terminal(case: Case, width: int) -> None:
    written = io.StringIO()

    show(case.plan(), Console(file=written, width=width))

    shown = written.getvalue()
    assert max(len(line) for line in shown.splitlines()) <= width
    for word in ("portal-01", "web-02", "Traffic", "Judgement", "Cost", "Policy"):
        assert word in shown


@all_cases
def test_the_json_says_the_same_as_the_markdown(case: Case) -> None:
    plan = case.plan()

    document = json.loads(json.dumps(plan_document(plan)))

    assert document["outcome"] == plan.outcome
    assert document["refusals"] == list(plan.refusals)
    assert list(document["services"]) == ["portal", "web"]


def test_what_each_example_is_about_stands_in_it() -> None:
    text = {case.name: case.example.read_text(encoding="utf-8") for case in CASES}

    assert "| web-02 | 0 → **10** ▲ |" in text["weight-change"]
    assert "next stage is 90/10" in text["refused-weight-change"]
    assert f"→ **{RELEASED}**" in text["image-change"]
    assert "**Replaced: target group `web-01`**" in text["replaced-target-groups"]
    assert "Nothing changes" in text["no-change"]


def test_what_ends_stands_before_everything_else() -> None:
    (case,) = (case for case in CASES if case.name == "replaced-target-groups")

    text = markdown(case.plan())

    assert text.index("Replaced:") < text.index("| slot |")
    assert text.index("Refused") < text.index("| slot |")


def test_of_a_refused_config_only_the_refusal_is_told_and_its_commands_stay_whole() -> None:
    fix = f"pulumi config set --path 'failover:network.instanceSubnetIds[0]' {'subnet-' * 9}"
    problem = Problem("failover:network.instanceSubnetIds", NOT_SET, "a list", fix)
    about = said("error", str(SettingsError((problem,))))
    plan = fold((stack(), analyzed(), about, summary("failed")), "prod")
    written = io.StringIO()

    show(plan, Console(file=written, width=80))

    assert f"fix:      {fix}\n" in written.getvalue()
    assert f"fix:      {fix}\n" in markdown(plan)
    for text in (written.getvalue(), markdown(plan)):
        assert "the config is refused" in text
        assert "olicy" not in text
        assert "to create" not in text


def test_of_a_preview_that_broke_no_policy_is_said_to_be_kept() -> None:
    plan = fold((stack(), analyzed(), said("error", "no answer"), summary("failed")), "prod")

    assert "not all of this plan was looked at" in markdown(plan)
    assert "no violation" not in markdown(plan)


def test_what_people_and_providers_say_is_text_and_never_markup() -> None:
    message = "<img src=x> `a|b` **bold** @somebody [link](https://x.example) #12 ~~gone~~"
    plan = fold(
        (stack(), policy("p", "advisory", message), said("warning", message), summary()), ""
    )

    text = markdown(plan)

    for markup in ("<img", "@somebody", " **bold**", "[link](", " #12", "~~gone~~", "`a|b`"):
        assert markup not in text


def test_a_plan_of_thousands_of_resources_fits_a_comment() -> None:
    paths = [f"tags.{number}" for number in range(50)]
    tags = {"tags": {str(number): "v" * 79 for number in range(50)}}
    changes = [
        resource(
            "update", "aws:lb/targetGroup:TargetGroup", f"g{number}", tags, {"tags": {}}, paths
        )
        for number in range(2_000)
    ]

    text = markdown(fold((stack(), *changes, summary()), ""))

    assert len(text) <= COMMENT_CHARACTERS
    assert "more; `pulumi preview --diff` shows all of them" in text


def test_even_a_plan_of_long_refusals_fits_a_comment() -> None:
    findings = [policy(f"p{number}", "mandatory", "w " * 200) for number in range(500)]

    text = markdown(fold((stack(), *findings, summary("failed")), ""))

    assert len(text) <= COMMENT_CHARACTERS
    assert "cut here" in text


def test_a_preview_that_gave_no_plan_is_a_comment_of_the_same_stack() -> None:
    text = failed_markdown("prod", "it broke ``` here")

    assert text.startswith(marker("prod"))
    assert marker("acme/failover/prod") == marker("prod")
    assert "it broke" in text
