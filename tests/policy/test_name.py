"""Policies on names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy import (
    test_auto_scaling_group,
    test_launch_template,
    test_load_balancer,
    test_target_group,
)
from tests.policy.asking import MISSING, UNKNOWN, spoilt, violations

OF_A_SLOT = "{service}-{slot}-"
CASES = [
    ("load-balancer", test_load_balancer.BALANCER, test_load_balancer.COMPLIANT, "alb"),
    ("target-group", test_target_group.GROUP, test_target_group.COMPLIANT, f"{OF_A_SLOT}tg"),
    (
        "auto-scaling-group",
        test_auto_scaling_group.GROUP,
        test_auto_scaling_group.COMPLIANT,
        f"{OF_A_SLOT}asg",
    ),
    (
        "launch-template",
        test_launch_template.TEMPLATE,
        test_launch_template.COMPLIANT,
        f"{OF_A_SLOT}lt",
    ),
]
Props = dict[str, Any]
named = pytest.mark.parametrize(("noun", "kind", "compliant", "shape"), CASES)


def refusal(shown: str, prefix: str, shape: str) -> list[str]:
    return [
        f"name is {shown}; expected {prefix}-{shape}; a resource that was adopted with another "
        'name is listed under "exempt"'
    ]


@named
def test_a_name_outside_the_convention_is_refused(
    noun: str, kind: str, compliant: Props, shape: str
) -> None:
    anywhere = "{org}-{region}-{environment}"
    found = [violations(kind, spoilt(compliant, "name", name)) for name in ("shop", MISSING)]

    assert found == [
        {f"{noun}-name": refusal('"shop"', anywhere, shape)},
        {f"{noun}-name": refusal("not set", anywhere, shape)},
    ]


@named
def test_a_name_of_another_stack_is_refused(
    noun: str, kind: str, compliant: Props, shape: str
) -> None:
    other = compliant["name"].replace("prd", "dev")
    config = {f"{noun}-name": {"prefix": "hankooktire-us-prd"}}

    assert violations(kind, compliant, config=config) == {}
    assert violations(kind, spoilt(compliant, "name", other), config=config) == {
        f"{noun}-name": refusal(f'"{other}"', "hankooktire-us-prd", shape)
    }


@named
def test_a_name_that_is_not_known_yet_is_not_evaluated(
    noun: str, kind: str, compliant: Props, shape: str
) -> None:
    assert violations(kind, spoilt(compliant, "name", UNKNOWN)) == {
        f"{noun}-name": [
            "not evaluated: string value at .name can't be known during preview",
        ]
    }


@named
@pytest.mark.parametrize("exempt", ["shop", "shop-web"])
def test_an_adopted_resource_is_exempt_by_its_name_here_or_in_aws(
    noun: str, kind: str, compliant: Props, shape: str, exempt: str
) -> None:
    adopted = spoilt(compliant, "name", "shop-web")
    config = {f"{noun}-name": {"exempt": [exempt]}}

    assert violations(kind, adopted, name="shop", config=config) == {}
    assert list(violations(kind, spoilt(adopted, "name", "x"), name="y", config=config)) == [
        f"{noun}-name"
    ]
