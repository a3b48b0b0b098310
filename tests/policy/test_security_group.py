"""Policies on what security groups let in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.asking import MISSING, UNKNOWN, Found, spoilt, violations

RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
COMPLIANT: dict[str, Any] = {
    "securityGroupId": UNKNOWN,
    "ipProtocol": "tcp",
    "fromPort": 443.0,
    "toPort": 443.0,
    "cidrIpv4": "0.0.0.0/0",
}
LISTENERS_ONLY = "expected TCP port 80 or 443 only"
NOBODY = "expected no such source: use Session Manager"


def opened(protocol: str, first: float, last: float, **source: Any) -> dict[str, Any]:
    return {"ipProtocol": protocol, "fromPort": first, "toPort": last, **source}


@pytest.mark.parametrize(
    "rule",
    [
        COMPLIANT,
        opened("tcp", 80.0, 80.0, cidrIpv6="::/0"),
        opened("tcp", 22.0, 22.0, cidrIpv4="10.0.0.0/8"),
        opened("tcp", 22.0, 22.0, cidrIpv4="203.0.113.0/24"),
        opened("tcp", 8080.0, 8080.0, referencedSecurityGroupId=UNKNOWN),
        opened("icmp", -1.0, -1.0, cidrIpv4="0.0.0.0/0"),
    ],
)
def test_the_listeners_ports_and_named_sources_pass(rule: dict[str, Any]) -> None:
    assert violations(RULE, rule) == {}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            opened("tcp", 22.0, 22.0, cidrIpv4="0.0.0.0/0"),
            {
                "security-group-admin-ports": [
                    f"the rule lets 0.0.0.0/0 reach port 22, SSH; {NOBODY}"
                ]
            },
        ),
        (
            opened("tcp", 3389.0, 3389.0, cidrIpv6="::/0"),
            {"security-group-admin-ports": [f"the rule lets ::/0 reach port 3389, RDP; {NOBODY}"]},
        ),
        (
            opened("tcp", 22.0, 22.0, cidrIpv4="128.0.0.0/1"),
            {
                "security-group-admin-ports": [
                    f"the rule lets 128.0.0.0/1 reach port 22, SSH; {NOBODY}"
                ]
            },
        ),
        (
            opened("tcp", 8080.0, 8080.0, cidrIpv4="0.0.0.0/0"),
            {
                "security-group-open-ports": [
                    f"the rule lets 0.0.0.0/0 reach port 8080 by tcp; {LISTENERS_ONLY}"
                ]
            },
        ),
        (
            opened("udp", 443.0, 443.0, cidrIpv4="0.0.0.0/0"),
            {
                "security-group-open-ports": [
                    f"the rule lets 0.0.0.0/0 reach port 443 by udp; {LISTENERS_ONLY}"
                ]
            },
        ),
        (
            opened("tcp", 80.0, 443.0, cidrIpv4="0.0.0.0/0"),
            {
                "security-group-open-ports": [
                    f"the rule lets 0.0.0.0/0 reach ports 80 to 443 by tcp; {LISTENERS_ONLY}"
                ]
            },
        ),
        (
            {"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
            {
                "security-group-admin-ports": [
                    f"the rule lets 0.0.0.0/0 reach port 22, SSH; {NOBODY}",
                    f"the rule lets 0.0.0.0/0 reach port 3389, RDP; {NOBODY}",
                ],
                "security-group-open-ports": [
                    f"the rule lets 0.0.0.0/0 reach all ports by any protocol; {LISTENERS_ONLY}"
                ],
            },
        ),
    ],
)
def test_an_open_port_breaks_the_policy_on_it(rule: dict[str, Any], expected: Found) -> None:
    assert violations(RULE, rule) == expected


def test_a_source_that_is_not_known_yet_is_not_evaluated() -> None:
    found = violations(RULE, spoilt(COMPLIANT, "cidrIpv4", UNKNOWN))

    said = ["not evaluated: string value at .cidrIpv4 can't be known during preview"]
    assert found == {"security-group-admin-ports": said, "security-group-open-ports": said}


def test_a_rule_without_a_source_opens_nothing() -> None:
    assert violations(RULE, spoilt(COMPLIANT, "cidrIpv4", MISSING)) == {}


def test_a_rule_inside_its_group_is_asked_too() -> None:
    ssh = {"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": ["0.0.0.0/0"]}
    inside = {"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": ["10.0.0.0/16"]}

    assert violations(GROUP, {"ingress": [inside, ssh]}) == {
        "security-group-admin-ports": [f"ingress[1] lets 0.0.0.0/0 reach port 22, SSH; {NOBODY}"]
    }


def test_a_rule_of_the_older_kind_is_asked_where_it_lets_in() -> None:
    rule = {"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "ipv6CidrBlocks": ["::/0"]}

    assert violations(OLD_RULE, {"type": "egress", **rule}) == {}
    assert violations(OLD_RULE, {"type": "ingress", **rule}) == {
        "security-group-admin-ports": [f"the rule lets ::/0 reach port 22, SSH; {NOBODY}"]
    }
