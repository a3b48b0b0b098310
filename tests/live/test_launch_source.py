from __future__ import annotations

from typing import Any

import pytest

from fleets.auto_scaling_group.revisions import template_of
from live.launch_source import LaunchKind, LaunchSource, launch_source, registered_in
from rollout.fleet import Template

BY_ID = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "Version": "3"}
MIXED = {"LaunchTemplate": {"LaunchTemplateSpecification": {**BY_ID, "Version": "$Latest"}}}
CASES: dict[str, tuple[dict[str, Any], LaunchSource | None]] = {
    "a template": (
        {"LaunchTemplate": BY_ID},
        LaunchSource(LaunchKind.TEMPLATE, "lt-1", "web", "3"),
    ),
    "a template without a version": (
        {"LaunchTemplate": {"LaunchTemplateId": "lt-1"}},
        LaunchSource(LaunchKind.TEMPLATE, "lt-1", "lt-1", "$Default"),
    ),
    "a template that is named only": (
        {"LaunchTemplate": {"LaunchTemplateName": "web", "Version": ""}},
        LaunchSource(LaunchKind.TEMPLATE, "web", "web", "$Default"),
    ),
    "a mixed instances policy": (
        {"MixedInstancesPolicy": MIXED},
        LaunchSource(LaunchKind.MIXED_INSTANCES, "lt-1", "web", "$Latest"),
    ),
    "a launch configuration": (
        {"LaunchConfigurationName": "old"},
        LaunchSource(LaunchKind.CONFIGURATION, "old", "old", ""),
    ),
    "nothing": ({"InstanceId": "i-1"}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_group_launches_from_is_told_whatever_way_it_was_said(case: str) -> None:
    owner, source = CASES[case]

    assert launch_source(owner) == source
    expected = None if source is None else Template(source.id, source.version)
    assert template_of(owner) == expected


def test_a_target_group_is_told_once_wherever_the_group_has_it() -> None:
    group = {
        "TargetGroupARNs": ["arn:a", "arn:b"],
        "TrafficSources": [{"Identifier": "arn:b"}, {"Type": "vpc-lattice"}, {"Identifier": "c"}],
    }

    assert registered_in(group) == ("arn:a", "arn:b", "c")
    assert registered_in({}) == ()
