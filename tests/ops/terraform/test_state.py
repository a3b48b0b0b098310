from __future__ import annotations

import json
import re

import pytest

from ops.terraform.state import (
    DeclaredResource,
    ResourceKind,
    TerraformState,
    TerraformStateError,
    read_state,
)
from tests.ops.terraform.states import (
    GROUP_ARN,
    OTHER_RULE,
    RULE,
    TOFU,
    instance,
    resource,
    rule_of,
    shown,
    shown_rule,
    state_file,
)

WEB = DeclaredResource(
    ResourceKind.RULE, "aws_lb_listener_rule.web", ids=frozenset({RULE}), arn=RULE
)


def declared(text: str) -> tuple[DeclaredResource, ...]:
    return read_state(text, "state.json").resources


@pytest.mark.parametrize("version", ["0.12.31", "0.13.7", "1.0.11", "1.5.7", "1.11.4", "1.14.0"])
def test_a_state_file_of_each_terraform_since_0_12_is_read(version: str) -> None:
    text = state_file(resource("aws_lb_listener_rule.web", rule_of(RULE)), version=version)

    assert read_state(text, "state.json") == TerraformState(
        "state.json", "terraform", version, (WEB,)
    )


def test_no_attribute_but_the_ids_is_kept() -> None:
    text = state_file(resource("aws_lb_listener_rule.web", rule_of(RULE)))

    assert "s3cret" in text
    assert "s3cret" not in repr(declared(text))


def test_what_terraform_shows_as_json_is_read_with_its_modules() -> None:
    inner = {
        "address": 'module.shop["eu"].module.rules',
        "resources": [shown_rule("this", OTHER_RULE, "web")],
    }
    outer = {"address": 'module.shop["eu"]', "child_modules": [inner]}

    found = declared(shown(shown_rule("web", RULE), modules=[outer]))

    assert [each.address for each in found] == [
        "aws_lb_listener_rule.web",
        'module.shop["eu"].module.rules.aws_lb_listener_rule.this["web"]',
    ]
    assert found[1].configured == "module.shop.module.rules.aws_lb_listener_rule.this"
    assert found[0].depends_on == ("aws_lb_listener.https",)


def test_of_a_plan_the_state_before_it_is_read() -> None:
    prior = json.loads(shown(shown_rule("web", RULE)))

    found = declared(json.dumps({**prior, "prior_state": prior, "planned_values": {}}))

    assert [each.ids for each in found] == [frozenset({RULE})]


def test_an_empty_state_declares_nothing() -> None:
    assert declared(state_file()) == ()
    assert declared('{"format_version": "1.0"}') == ()


@pytest.mark.parametrize(
    ("address", "index", "expected"),
    [
        ("aws_lb_listener_rule.web", None, "aws_lb_listener_rule.web"),
        ("aws_lb_listener_rule.web", 0, "aws_lb_listener_rule.web[0]"),
        ("aws_alb_listener_rule.web", "https/a", 'aws_alb_listener_rule.web["https/a"]'),
        ("module.a.aws_lb_listener_rule.web", None, "module.a.aws_lb_listener_rule.web"),
        ('module.a["b.c]"].aws_lb_listener_rule.web', None, None),
    ],
)
def test_an_address_is_as_terraform_spells_it(
    address: str, index: str | int | None, expected: str | None
) -> None:
    (found,) = declared(state_file(resource(address, rule_of(RULE, index))))

    assert found.kind is ResourceKind.RULE
    assert found.address == (expected or address)
    assert found.is_indexed == ("[" in found.address)
    assert re.fullmatch(r"(module\.a\.)?aws_a?lb_listener_rule\.web", found.configured)


def test_data_sources_and_deposed_objects_declare_nothing() -> None:
    text = state_file(
        resource("aws_lb_listener_rule.read", rule_of(RULE), mode="data"),
        resource("aws_lb_listener_rule.web", rule_of(RULE, deposed="0a1b2c3d")),
    )

    assert declared(text) == ()


@pytest.mark.parametrize(
    ("type_name", "attribute"),
    [
        ("aws_autoscaling_attachment", "lb_target_group_arn"),
        ("aws_autoscaling_attachment", "alb_target_group_arn"),
        ("aws_lb_target_group_attachment", "target_group_arn"),
        ("aws_alb_target_group_attachment", "target_group_arn"),
    ],
)
def test_an_attachment_is_known_by_its_target_group(type_name: str, attribute: str) -> None:
    (found,) = declared(
        state_file(resource(f"{type_name}.web", instance({"id": "web-1", attribute: GROUP_ARN})))
    )

    assert (found.kind, found.ids) == (ResourceKind.ATTACHMENT, frozenset({GROUP_ARN}))


def test_what_a_state_of_0_11_left_flat_is_read() -> None:
    flat = {"schema_version": 0, "attributes_flat": {"id": RULE, "arn": RULE}}

    assert declared(state_file(resource("aws_lb_listener_rule.web", flat))) == (WEB,)


def test_opentofu_is_known_by_its_providers() -> None:
    found = read_state(
        state_file(resource("aws_lb_listener_rule.web", rule_of(RULE), provider=TOFU)), "s"
    )

    assert (found.program, found.title) == ("tofu", "s, OpenTofu 1.11.4")
    assert not found.takes_removed_blocks


@pytest.mark.parametrize(
    ("version", "takes"), [("1.6.6", False), ("1.7.0", True), ("2.0.0", True), ("", False)]
)
def test_a_removed_block_is_for_terraform_1_7_and_newer(version: str, takes: bool) -> None:
    assert read_state(state_file(version=version), "s").takes_removed_blocks == takes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("PK\x03\x04", "not JSON"),
        ("[]", "not a Terraform state"),
        ("{}", "not a Terraform state"),
        ('{"version": 4}', "not a Terraform state"),
        ('{"version": 3, "deployment": {}}', "not a Terraform state"),
        (
            state_file().replace(
                chr(34) + "version" + chr(34) + ": 4", chr(34) + "version" + chr(34) + ": 5"
            ),
            "a state of version 5",
        ),
        ('{"version": 3, "modules": []}', "a state of version 3, of Terraform 0.11 or older"),
        ('{"version": 3, "backend": {"type": "s3"}}', "the state is in the backend s3"),
        ('{"serial": 3, "encrypted_data": "x", "encryption_version": "v0"}', "is encrypted"),
        ('{"format_version": "2.0", "values": {}}', "JSON of format 2.0"),
        ('{"format_version": "x"}', "JSON of format x"),
    ],
)
def test_what_is_not_a_state_that_can_be_read_is_named(text: str, message: str) -> None:
    with pytest.raises(TerraformStateError, match=message) as raised:
        read_state(text, "state.json")

    assert raised.value.expected
