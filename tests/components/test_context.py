from __future__ import annotations

from tests.components.stacks import declared, recording_of
from tests.configs import stack_config

WITHOUT_TAGS = (
    ":BucketPolicy",
    ":BucketPublicAccessBlock",
    ":Dashboard",
    ":Policy",
    ":RouteTableAssociation",
    ":SecurityGroupEgressRule",
    ":SecurityGroupIngressRule",
)
"""Types that take no tags, or whose owner carries them."""


def test_everything_that_takes_tags_has_the_names_and_those_of_the_config() -> None:
    config = stack_config("dev") | {"failover:tags": {"CostCenter": "4711"}}

    recording = declared(config, stack="dev")

    for each in recording.registrations:
        if each.is_component or each.type.endswith(WITHOUT_TAGS):
            continue
        tags = each.inputs["tags"]
        if isinstance(tags, list):
            tags = {tag["key"]: tag["value"] for tag in tags}
        assert tags["CostCenter"] == "4711", each.key
        assert tags["Environment"] == "dev", each.key
        assert tags["Name"].startswith("hankooktire-us-dev-"), each.key


def test_no_two_resources_of_a_type_have_the_same_name() -> None:
    named = [
        (r.type, r.inputs.get("name") or r.inputs.get("bucket") or r.inputs.get("dashboardName"))
        for r in recording_of("prod").registrations
        if r.inputs.get("name") or r.inputs.get("bucket") or r.inputs.get("dashboardName")
    ]

    assert len(named) == len(set(named))
    assert all(str(name).startswith("hankooktire-us-prd-") for _, name in named)
