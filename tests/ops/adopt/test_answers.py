from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ops.adopt.answers import Flags, reject_ignored_flags
from ops.adopt.config_merge import Config, applied, merged
from ops.errors import InputError

NONE = Flags({}, None, None, None, None, {}, {}, {}, {}, None)
CONFIG: Config = {
    "failover:org": "acme",
    "failover:regionCode": "us",
    "failover:environment": "prd",
    "failover:services": {
        "web": {
            "slots": {
                "01": {"targetGroup": {"existing": "web-tg"}},
                "02": {"targetGroup": {"name": "w2"}},
            }
        }
    },
    "failover:images": {"web": {"02": "ami-1"}},
    "failover:capacity": {"web": {"instanceType": "m5.large"}},
    "failover:loadBalancer": {"securityGroupId": "sg-1"},
    "failover:protection": "true",
}
HEARD = Flags(
    services={"web": "web-tg"},
    org="acme",
    region_code="us",
    environment="prd",
    security_group_id="sg-1",
    images={"web": "ami-1"},
    instance_types={"web": "m5.large"},
    second_groups={},
    second_names={"web": "w2"},
    protection=True,
)


def refusal_of(flags: Flags, config: Config = CONFIG) -> str:
    with pytest.raises(InputError) as found:
        reject_ignored_flags(flags, ["portal", "web"], config, "Pulumi.prod.yaml")
    assert found.value.exit_code == 2
    return str(found.value)


@pytest.mark.parametrize("flags", [NONE, HEARD])
def test_flags_that_the_config_follows_are_fine(flags: Flags) -> None:
    reject_ignored_flags(flags, ["portal", "web"], CONFIG, "Pulumi.prod.yaml")


@pytest.mark.parametrize(
    ("other", "flag"),
    [
        ({"services": {"web": "x-tg"}}, "--service web=x-tg"),
        ({"org": "x"}, "--org x"),
        ({"region_code": "x"}, "--region-code x"),
        ({"environment": "x"}, "--environment x"),
        ({"security_group_id": "sg-2"}, "--security-group sg-2"),
        ({"images": {"web": "ami-2"}}, "--image web=ami-2"),
        ({"instance_types": {"web": "t3.nano"}}, "--instance-type web=t3.nano"),
        ({"second_groups": {"web": "x-tg"}}, "--second-group web=x-tg"),
        ({"second_names": {"web": "x"}}, "--second-name web=x"),
        ({"protection": False}, "--no-protection"),
    ],
)
def test_a_flag_that_the_config_does_not_follow_is_refused(
    other: dict[str, Any], flag: str
) -> None:
    assert refusal_of(replace(HEARD, **other)).startswith(f"{flag}: Pulumi.prod.yaml has ")


def test_a_flag_of_a_service_that_was_adopted_before_has_the_command_that_does_it() -> None:
    proposal: Config = {"failover:images": {"web": {"02": "ami-2"}}}
    config: Config = {"failover:images": {"web": {"02": "ami-1"}}}
    kept = merged(config, proposal, ["web"])
    flags = replace(NONE, images={"web": "ami-2"})

    text = refusal_of(flags, applied(config, kept.edits))

    assert 'failover:images.web["02"] ami-1' in text
    assert "pulumi config set --path 'failover:images.web[\"02\"]' ami-2" in text


def test_a_flag_of_a_service_that_nobody_adopts_names_those_that_are() -> None:
    text = refusal_of(replace(NONE, images={"wbe": "ami-2"}))

    assert "--image wbe=ami-2: no such service; expected one of portal, web" in text
