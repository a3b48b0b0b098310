"""Rules that get no request as a listener is, and the place that gives them some."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from rollout.hidden_rules import HiddenService, hidden_rules, hidden_services
from rollout.rule_places import ListenerRule, WantedRules, place_conflicts
from tests.rollout.test_rule_places import (
    answers,
    foreign,
    listeners,
    live_of,
    settled,
    takes,
    typed,
    updated,
    wanted,
)

PORTAL = wanted("portal", 100, takes("/portal", "/portal/*"), known=100)
WEB = wanted("web", 200, takes("/*"), known=200)


def only(rules: list[ListenerRule]) -> HiddenService:
    (found,) = hidden_services(rules)
    return found


def test_a_service_whose_requests_all_go_to_an_earlier_rule_gets_the_place_before_it() -> None:
    found = only([*live_of(PORTAL, WEB), foreign(10, takes("/portal*", host="*.example.com"))])

    assert found.service == "portal"
    assert found.why == (
        "the rule of portal at 100 (host www.example.com and path /portal or /portal/*) gets no "
        "request: rule 10 (host *.example.com and path /portal*; forwards to batch-tg; "
        "arn:rule/10) comes first and takes them all"
    )
    assert str(found.before) == (
        "pulumi config set --path 'failover:services.portal.priority' 9 && pulumi up"
    )
    assert found.before is not None
    assert found.before.moves == "gives portal the requests that rule 10 takes from it"
    assert found.otherwise == "have rule 10 narrowed or deleted by whoever made it"


def test_where_both_take_the_same_requests_no_place_is_offered() -> None:
    found = only([*live_of(WEB), foreign(10, takes("/*"))])

    assert found.before is None
    assert found.otherwise == "have rule 10 narrowed or deleted by whoever made it"


def test_where_no_three_places_are_free_before_the_other_rule_none_is_offered() -> None:
    assert only([*live_of(PORTAL), foreign(3, ())]).before is None
    assert only([*live_of(PORTAL), foreign(4, ())]).before is not None


def test_no_place_is_offered_before_a_rule_that_keeps_some_of_the_requests() -> None:
    keeps = foreign(9, takes("/portal/login"))

    assert only([*live_of(PORTAL), keeps, foreign(10, ())]).before is None


def test_a_service_that_another_of_the_stack_hides_is_told_to_narrow_that_one() -> None:
    web = replace(WEB, priority=50, known_priorities=WEB.places_at(50))

    found = only(live_of(PORTAL, web))

    assert found.service == "portal"
    assert found.otherwise == "narrow the hosts, paths or conditions of web"


def test_a_rule_of_another_team_that_gets_no_request_is_no_service_of_ours() -> None:
    rules = [*live_of(WEB), foreign(300, takes("/batch/*"))]

    assert [each.rule.priority for each in hidden_rules(rules)] == [300]
    assert hidden_services(rules) == []


@settings(max_examples=60)
@given(listeners())
def test_the_status_says_of_a_service_what_the_preview_says(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    as_they_are = [settled(s) for s in services if s.known_conditions is not None]
    kept = [r for r in rules if not r.service or r.service in {s.service for s in as_they_are}]

    said = {each.why for each in place_conflicts(kept, as_they_are)}

    assert {each.why for each in hidden_services(kept)} <= said


@settings(max_examples=100)
@given(listeners())
def test_the_place_before_gives_the_service_its_requests_and_moves_no_other(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    as_they_are = [settled(s) for s in services if s.known_conditions is not None]
    kept = [r for r in rules if not r.service or r.service in {s.service for s in as_they_are}]
    hidden = {each.rule.service: each for each in hidden_rules(kept) if each.rule.service}
    before = answers(kept)
    for found in hidden_services(kept):
        if found.before is None:
            continue

        after = updated(kept, typed(as_they_are, str(found.before)))

        assert found.service not in {each.service for each in hidden_services(after)}
        hiding = {each.key for each in kept if each.priority < hidden[found.service].rule.priority}
        moved = [(a, b) for a, b in zip(before, answers(after), strict=True) if a != b]
        assert all(a in hiding and b == found.service for a, b in moved)
        assert {s.service for s in hidden_services(after)} < set(hidden)
