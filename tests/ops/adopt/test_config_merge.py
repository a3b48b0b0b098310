"""What an adoption changes in a config, and the values that differ."""

from __future__ import annotations

from ops.adopt.answers import EarlierAnswers
from ops.adopt.config_merge import Conflict, conflicts_text, is_same, merged

PROPOSAL = {
    "aws:region": "us-east-1",
    "failover:weights": "100/0",
    "failover:services": {"web": {"priority": 20}},
    "failover:images": {"web": {"02": "ami-1"}},
    "failover:capacity": {},
}
ADOPTED = {
    "adoptedRule": True,
    "slots": {"01": {"targetGroup": {"existing": "acme-us-prd-web-tg"}}},
}


def test_an_empty_config_gets_everything_without_a_conflict() -> None:
    merge = merged({}, PROPOSAL, ())

    assert merge.conflicts == ()
    assert merge.edits == {
        ("aws:region",): "us-east-1",
        ("failover:weights",): "100/0",
        ("failover:services", "web"): {"priority": 20},
        ("failover:images", "web"): {"02": "ami-1"},
    }


def test_what_a_person_wrote_is_a_conflict_and_so_is_a_service_that_is_not_there() -> None:
    config = {"failover:weights": "50/50", "failover:services": {"old": {"priority": 5}}}

    merge = merged(config, PROPOSAL, ())

    assert merge.conflicts == (
        Conflict(("failover:weights",), "50/50", "100/0"),
        Conflict(("failover:services", "old"), {"priority": 5}, None),
    )


def test_what_does_nothing_beside_an_existing_load_balancer_is_a_conflict() -> None:
    merge = merged({"failover:accessLogs": True}, PROPOSAL, ())

    assert merge.conflicts == (Conflict(("failover:accessLogs",), True, None),)


def test_once_adopted_what_was_decided_since_stays() -> None:
    config = {
        **PROPOSAL,
        "failover:weights": "25/75",
        "failover:services": {"web": {**ADOPTED, "priority": 21}},
    }

    merge = merged(config, PROPOSAL, EarlierAnswers.of(config).services)

    assert merge.edits == {}


def test_a_service_that_joins_others_in_their_ramp_keeps_its_own_split() -> None:
    held = {**ADOPTED, "priority": 21}
    config = {**PROPOSAL, "failover:weights": "25/75", "failover:services": {"web": held}}
    api = {"priority": 30}
    proposal = {**PROPOSAL, "failover:services": {"api": api, "web": {"priority": 20}}}

    joining = merged(config, proposal, ["web"])
    at_rest = merged({**config, "failover:weights": "100/0"}, proposal, ["web"])

    assert joining.edits[("failover:services", "api")] == {**api, "weights": "100/0"}
    assert ("failover:services", "web") not in joining.edits
    assert at_rest.edits[("failover:services", "api")] == api


def test_a_stack_of_another_place_is_a_conflict_even_once_adopted() -> None:
    merge = merged({"aws:region": "eu-west-1"}, PROPOSAL, ("web",))

    assert Conflict(("aws:region",), "eu-west-1", "us-east-1") in merge.conflicts


def test_the_adopted_services_are_known_by_their_rule_and_the_group_of_slot_01() -> None:
    config = {"failover:services": {"web": ADOPTED, "new": {"priority": 7}}}

    assert EarlierAnswers.of(config).services == {"web": "acme-us-prd-web-tg"}


def test_what_a_stack_says_that_has_adopted_nothing_is_no_answer() -> None:
    config = {
        "failover:org": "acme",
        "failover:regionCode": "us",
        "failover:environment": "prd",
        "failover:services": {"web": {"priority": 7}},
    }

    assert EarlierAnswers.of(config) == EarlierAnswers()


def test_values_that_the_cli_wrote_as_text_are_the_same() -> None:
    assert is_same({"a": [True, 7]}, {"a": ["true", "7"]})
    assert not is_same({"a": [True]}, {"a": [True, False]})


WEB = {"hosts": ["www.example.com"], "priority": 20, "healthCheck": {"path": "/", "port": "true"}}


def test_only_the_values_that_differ_are_told_each_by_its_path() -> None:
    there = {**WEB, "healthCheck": {"path": "/healthz", "port": True}, "adoptedRule": True}

    told = conflicts_text([Conflict(("failover:services", "web"), WEB, there)])

    assert told.splitlines() == [
        '  failover:services.web.healthCheck.path: "/" in the file, "/healthz" there',
        "  failover:services.web.adoptedRule: nothing in the file, true there",
    ]


def test_what_is_too_long_for_a_line_of_a_terminal_has_three_and_is_cut() -> None:
    held = [f"host-{number}.example.com" for number in range(9)]

    conflict = Conflict(("failover:services", "web", "hosts"), held, ["a.example.com"])
    told = conflicts_text([conflict])

    first, file, there = told.splitlines()
    assert first == "  failover:services.web.hosts:"
    assert file.startswith('    file   ["host-0.example.com", "host-1')
    assert file.endswith("...")
    assert there == '    there  ["a.example.com"]'
    assert max(map(len, told.splitlines())) <= 80


def test_what_goes_is_told_as_nothing_there() -> None:
    told = conflicts_text([Conflict(("failover:services", "old"), {"priority": 5}, None)])

    assert told == '  failover:services.old: {"priority": 5} in the file, nothing there'
