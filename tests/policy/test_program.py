"""The program's own resources, as both stacks declare them, before the pack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.stacks import recording_of
from tests.configs import ROOT
from tests.policy.asking import Found, violations


def found_in(stack: str) -> dict[str, Found]:
    """What the pack says of a stack, with the stack's own config of the pack."""
    config: dict[str, Any] = json.loads((ROOT / "policy" / f"{stack}.json").read_text())
    properties = {name: each for name, each in config.items() if isinstance(each, dict)}
    asked = {
        registration.name: violations(
            registration.type,
            registration.inputs,
            name=registration.name,
            is_protected=registration.is_protected,
            ignore_changes=registration.ignore_changes,
            config=properties,
        )
        for registration in recording_of(stack).registrations
    }
    return {name: said for name, said in asked.items() if said}


def test_prod_breaks_no_policy() -> None:
    assert found_in("prod") == {}


def test_dev_breaks_none_but_the_deletion_protection_that_it_does_without() -> None:
    assert found_in("dev") == {
        "alb": {
            "load-balancer-deletion-protection": [
                "enableDeletionProtection is false; expected true"
            ]
        }
    }


@pytest.mark.parametrize("stack", ["prod", "dev"])
def test_every_kind_of_resource_that_a_policy_asks_about_is_in_the_stack(stack: str) -> None:
    kinds = {registration.type.split(":")[-1] for registration in recording_of(stack).registrations}

    assert kinds >= {
        "LoadBalancer",
        "Listener",
        "ListenerRule",
        "TargetGroup",
        "Group",
        "LaunchTemplate",
        "SecurityGroupIngressRule",
        "BucketPolicy",
    }
