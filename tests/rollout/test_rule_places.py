"""What an update would do to the order of a listener's rules, held against a made-up listener."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.conditions import Condition, Conditions, Field
from rollout.rule_places import (
    HIGHEST_PRIORITY,
    PLACES,
    ListenerRule,
    PlaceConflict,
    WantedRules,
    place_conflicts,
)
from rollout.split import Slot

WWW, API = "www.example.com", "api.example.com"
_SET = re.compile(r"pulumi config set --path '?failover:services\.([a-z]+)\.priority'? (\d+)")


def takes(*paths: str, host: str = WWW) -> Conditions:
    hosts = (Condition(Field.HOST, (host,)),) if host else ()
    return (*hosts, Condition(Field.PATH, paths)) if paths else hosts


def wanted(
    service: str, priority: int, conditions: Conditions, known: int | None = None
) -> WantedRules:
    made = WantedRules(service, priority, conditions)
    if known is None:
        return made
    return replace(made, known_priorities=made.places_at(known), known_conditions=conditions)


def live_of(*services: WantedRules) -> list[ListenerRule]:
    """The rules of services that are deployed."""
    rules: list[ListenerRule] = []
    for each in services:
        assert each.known_priority is not None
        assert each.known_conditions is not None
        header = Condition(Field.HEADER, ("secret",), "x-failover-slot")
        for key, place in each.places_at(each.known_priority).items():
            more = () if key == each.service else (header,)
            rules.append(ListenerRule(key, place, (*each.known_conditions, *more), each.service))
    return rules


def foreign(priority: int, conditions: Conditions) -> ListenerRule:
    return ListenerRule(f"arn:rule/{priority}", priority, conditions, does="forwards to batch-tg")


def only(conflicts: list[PlaceConflict]) -> PlaceConflict:
    (found,) = conflicts
    return found


def test_a_rule_that_overtakes_a_narrower_one_is_found_with_the_way_back() -> None:
    web = wanted("web", 50, takes("/*"), known=200)
    portal = wanted("portal", 100, takes("/portal/*"), known=100)

    found = only(place_conflicts(live_of(web, portal), [portal, web]))

    assert found == PlaceConflict(
        "web",
        "priority 200 -> 50",
        "the rule of portal at 100 (host www.example.com and path /portal/*) would get no request: "
        "the rule of web at 50 (host www.example.com and path /*) comes first and would take them "
        "all",
        ("pulumi config set --path failover:services.web.priority 200   # as it is",),
    )


def test_no_place_is_offered_where_a_widened_rule_gives_its_requests_to_another() -> None:
    portal = replace(
        wanted("portal", 100, takes("/portal/*", "/*", host="*.example.com"), known=100),
        known_conditions=takes("/portal/*"),
    )
    web = wanted("web", 200, takes("/*"), known=200)

    found = only(place_conflicts(live_of(web, portal), [portal, web]))

    assert all("priority" not in fix for fix in found.fixes)
    assert all("as it is" in fix for fix in found.fixes)


def test_a_rule_that_became_narrower_is_offered_a_place_before_the_one_that_would_hide_it() -> None:
    web = replace(wanted("web", 28, takes("/a/*"), known=4), known_conditions=takes("/*"))

    for found in place_conflicts([*live_of(web), foreign(26, takes("/*"))], [web]):
        offered, way_back = found.fixes
        assert offered == "pulumi config set --path failover:services.web.priority 25 && pulumi up"
        assert "as it is" in way_back


def test_a_rule_that_was_made_to_take_everything_is_found_with_its_paths_as_they_are() -> None:
    portal = replace(wanted("portal", 100, takes(), known=100), known_conditions=takes("/portal/*"))
    web = wanted("web", 200, takes("/*"), known=200)

    found = only(place_conflicts(live_of(web, portal), [portal, web]))

    assert found.change == "its hosts and paths"
    assert found.fixes == (
        "pulumi config set --path 'failover:services.portal.paths[0]' '/portal/*'   # as it is",
    )


@pytest.mark.parametrize(
    "conditions",
    [takes("/*"), takes(), takes("/*", host="*.example.com"), takes("/*", host=""), takes("/p*")],
)
def test_a_foreign_rule_that_takes_all_of_a_new_service_is_found_with_a_place_before_it(
    conditions: Conditions,
) -> None:
    stranger = foreign(100, conditions)

    found = only(place_conflicts([stranger], [wanted("portal", 200, takes("/portal/*"))]))

    assert str(stranger) in found.why
    assert found.fixes == (
        "pulumi config set --path failover:services.portal.priority 99 && pulumi up",
    )


def test_a_new_service_that_would_take_all_of_a_foreign_rule_goes_behind_it() -> None:
    stranger = foreign(100, takes("/batch/*"))

    found = only(place_conflicts([stranger], [wanted("web", 50, takes("/*"))]))

    assert found.fixes == (
        "pulumi config set --path failover:services.web.priority 103 && pulumi up",
    )


def test_what_is_hidden_already_is_said_and_not_blamed_on_the_update() -> None:
    web = wanted("web", 200, takes("/*"), known=200)
    maintenance = foreign(1, ())

    found = only(place_conflicts([*live_of(web), maintenance], [web]))

    assert not found.is_caused
    assert found.why == (
        "the rule of web at 200 (host www.example.com and path /*) gets no request: rule 1 (every "
        "request; forwards to batch-tg; arn:rule/1) comes first and takes them all"
    )


def test_what_is_hidden_already_does_not_hinder_a_change_of_another_service() -> None:
    web = wanted("web", 200, takes("/*"), known=200)
    api = wanted("api", 300, takes(host=API))

    conflicts = place_conflicts([*live_of(web), foreign(1, takes())], [api, web])

    assert [each.is_caused for each in conflicts] == [False]


def test_rules_in_a_good_order_are_no_finding() -> None:
    web = wanted("web", 200, takes("/*"), known=200)
    portal = wanted("portal", 100, takes("/portal/*"), known=100)

    assert place_conflicts([*live_of(web, portal), foreign(50, takes("/a"))], [portal, web]) == []


def test_a_priority_that_a_foreign_rule_holds_is_found_with_a_free_one() -> None:
    api = wanted("api", 250, takes(host=API))

    found = only(place_conflicts([foreign(249, takes("/batch/*"))], [api]))

    assert found.is_impossible
    assert found.why == (
        "priority 249, for its preview rule api-02, is taken by rule 249 (host www.example.com and "
        "path /batch/*; forwards to batch-tg; arn:rule/249)"
    )
    assert found.fixes == (
        "pulumi config set --path failover:services.api.priority 252 && pulumi up",
    )


def test_two_services_that_exchange_their_places_go_through_free_ones() -> None:
    web = wanted("web", 100, takes(host=WWW), known=200)
    portal = wanted("portal", 200, takes(host=API), known=100)

    conflicts = place_conflicts(live_of(web, portal), [portal, web])

    assert [each.service for each in conflicts] == ["portal", "web"]
    for found in conflicts:
        assert found.is_impossible
        assert found.fixes == (
            "pulumi config set --path failover:services.portal.priority 103 && "
            "pulumi config set --path failover:services.web.priority 203 && pulumi up && "
            "pulumi config set --path failover:services.portal.priority 200 && "
            "pulumi config set --path failover:services.web.priority 100 && pulumi up"
            "   # in two updates, through a free place",
            "pulumi config set --path failover:services.portal.priority 100 && "
            "pulumi config set --path failover:services.web.priority 200   # as it is",
        )


def test_an_exchange_that_would_hide_a_service_is_offered_the_way_back_alone() -> None:
    web = wanted("web", 100, takes("/*"), known=200)
    portal = wanted("portal", 200, takes("/portal/*"), known=100)

    conflicts = place_conflicts(live_of(web, portal), [portal, web])

    assert {each.fixes for each in conflicts} == {
        (
            "pulumi config set --path failover:services.portal.priority 100 && "
            "pulumi config set --path failover:services.web.priority 200   # as it is",
        )
    }


def test_a_service_that_moves_by_one_is_in_its_own_way() -> None:
    web = wanted("web", 201, takes(), known=200)

    found = only(place_conflicts(live_of(web), [web]))

    assert found.is_impossible
    assert found.fixes[0].startswith(
        "pulumi config set --path failover:services.web.priority 204 && pulumi up && "
    )


def test_the_place_of_a_service_that_is_removed_is_not_free_yet() -> None:
    old = wanted("old", 100, takes(), known=100)

    found = only(place_conflicts(live_of(old), [wanted("new", 100, takes(host=API))]))

    assert found.is_impossible
    assert "which this update deletes only afterwards" in found.why


def test_a_rule_that_somebody_moved_away_is_said_and_stops_nothing() -> None:
    web = wanted("web", 200, takes(), known=200)
    rules = [replace(rule, priority=300) if rule.key == "web" else rule for rule in live_of(web)]

    found = only(place_conflicts([*rules, foreign(200, takes(host=API))], [web]))

    assert not found.is_caused


PATTERNS = ("/*", "/a/*", "/a/b/*", "/b/*", "/a/*/c")
REQUESTS = [
    (host, path)
    for host in (WWW, API, "other.example.com", "example.net")
    for path in ("/", "/a/", "/a/b/", "/a/b/c", "/b/", "/a/x/c", "/z")
]
"""One for each set of the hosts and patterns here that take a request together, so that one rule
takes all requests of another exactly where it takes all of these."""
conditions = st.builds(
    lambda paths, host: takes(*paths, host=host),
    st.lists(st.sampled_from(PATTERNS), max_size=2, unique=True),
    st.sampled_from([WWW, API, "*.example.com", ""]),
).filter(bool)
places = st.integers(1, 8).map(lambda number: number * 4)
"""Few, so that rules meet."""


@st.composite
def listeners(
    draw: st.DrawFn,
) -> tuple[list[ListenerRule], list[WantedRules]]:
    """A listener, and a config that changes some of its services' places, and adds services."""
    count = draw(st.integers(1, 3))
    known = draw(st.lists(places, min_size=count, max_size=count, unique=True))
    now = draw(st.lists(places, min_size=count, max_size=count, unique=True))
    services = [
        wanted(
            name,
            place,
            draw(conditions),
            was if draw(st.booleans()) else None,
        )
        for name, place, was in zip("abc", now, known, strict=False)
    ]
    services = [
        replace(s, known_conditions=draw(conditions))
        if s.known_conditions is not None and draw(st.booleans())
        else s
        for s in services
    ]
    own = live_of(*(s for s in services if s.known_priority is not None))
    free = sorted(set(range(1, 40)) - {rule.priority for rule in own})
    others = draw(st.lists(st.sampled_from(free), max_size=3, unique=True))
    return [*own, *(foreign(place, draw(conditions)) for place in others)], services


def matches(rule: ListenerRule, request: tuple[str, str]) -> bool:
    host, path = request
    if rule.is_preview:
        return False
    for condition in rule.conditions:
        text = host if condition.field == Field.HOST else path
        if not any(re.fullmatch(re.escape(v).replace(r"\*", ".*"), text) for v in condition.values):
            return False
    return True


def answers(rules: list[ListenerRule]) -> list[str | None]:
    """Who answers each request."""
    ordered = sorted(rules, key=lambda rule: rule.priority)
    return [next((r.key for r in ordered if matches(r, request)), None) for request in REQUESTS]


class InUseError(Exception):
    """As AWS's `PriorityInUse`."""


def updated(rules: list[ListenerRule], services: list[WantedRules]) -> list[ListenerRule]:
    """The listener after an update that comes to its rules in the worst order.

    Raises:
        InUseError: one would get a place that another has.
    """
    held = {rule.priority: rule.key for rule in rules}
    there = {rule.key: rule for rule in rules}
    for service in services:
        for key, place in service.places.items():
            if service.is_moved(key) and held.get(place, key) != key:
                raise InUseError(key)
            old = there.get(key) or ListenerRule(key, place, service.conditions, service.service)
            # The order of values means nothing, so a rule that has them in another one stays.
            is_kept = key in there and not service.has_other_conditions
            taking = old.conditions if old.is_preview or is_kept else service.conditions
            there[key] = replace(old, priority=place, conditions=taking)
    return list(there.values())


def deployed(services: list[WantedRules]) -> list[WantedRules]:
    """The services as the stack has them after an update."""
    return [replace(s, known_priorities=s.places, known_conditions=s.conditions) for s in services]


def settled(service: WantedRules) -> WantedRules:
    """The service as the stack has it."""
    assert service.known_priority is not None
    assert service.known_conditions is not None
    return replace(service, priority=service.known_priority, conditions=service.known_conditions)


def typed(services: list[WantedRules], commands: str) -> list[WantedRules]:
    """The config after these commands."""
    now = {s.service: s for s in services}
    for name, place in _SET.findall(commands):
        now[name] = replace(now[name], priority=int(place))
    return list(now.values())


@settings(max_examples=60)
@given(listeners())
def test_an_update_meets_a_place_in_use_only_where_that_was_found(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    conflicts = place_conflicts(rules, services)

    try:
        updated(rules, services)
    except InUseError:
        assert any(each.is_impossible for each in conflicts)
    else:
        assert not any(each.is_impossible for each in conflicts)


@settings(max_examples=60)
@given(listeners())
def test_a_rule_loses_all_its_requests_to_an_earlier_one_exactly_where_that_is_found(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    conflicts = place_conflicts(rules, services)
    if any(each.is_impossible for each in conflicts):
        return

    after = updated(rules, services)

    hidden = {
        f"{second} {word} no request: {first} comes first"
        for first, second in itertools.permutations(after, 2)
        for word in ("gets", "would get")
        if first.priority < second.priority
        and not (first.is_preview or second.is_preview)
        and (first.service or second.service)
        and all(matches(first, r) for r in REQUESTS if matches(second, r))
    }
    said = {each.why.partition(" comes first")[0] + " comes first" for each in conflicts}
    assert said <= hidden
    assert len(said) * 2 == len(hidden)


@settings(max_examples=60)
@given(listeners())
def test_a_fix_that_names_a_free_place_leads_to_an_update_that_goes_through(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, (changed, *rest) = case
    services = [changed, *map(settled, filter(lambda each: each.known_conditions, rest))]
    for found in place_conflicts(rules, services):
        for fix in found.fixes:
            if "two updates" in fix or "as it is" in fix or not _SET.search(fix):
                continue

            now = typed(services, fix)

            own = [f for f in place_conflicts(rules, now) if f.service == found.service]
            assert not any(f.is_impossible for f in own)
            assert not any(f.is_caused for f in own)


@settings(max_examples=200)
@given(listeners())
def test_a_fix_that_names_a_free_place_moves_no_request_that_the_config_did_not_move(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, (changed, *rest) = case
    services = [changed, *map(settled, filter(lambda each: each.known_conditions, rest))]
    own = next((rule for rule in rules if rule.key == changed.service), None)
    for found in place_conflicts(rules, services):
        for fix in found.fixes:
            if "two updates" in fix or "as it is" in fix or not _SET.search(fix):
                continue

            after = updated(rules, typed(services, fix))

            new = next(rule for rule in after if rule.key == changed.service)
            others = [rule for rule in after if rule.key != changed.service]
            # Of two rules at one place the service's is the later: it would have come to the other.
            asked = answers([*others, replace(new, priority=changed.priority)])
            for request, was, wanted_one, becomes in zip(
                REQUESTS, answers(rules), asked, answers(after), strict=True
            ):
                is_kept = own is not None and matches(own, request) and matches(new, request)
                assert becomes in (was, wanted_one) or not is_kept, fix


@settings(max_examples=60)
@given(listeners())
def test_what_puts_the_config_back_leaves_nothing_of_the_service_to_refuse(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    services = [s for s in services if s.known_conditions is not None]
    services = [replace(s, conditions=s.known_conditions or ()) for s in services]
    for found in place_conflicts(rules, services):
        for fix in found.fixes:
            if "as it is" in fix:
                now = typed(services, fix)

                own = [f for f in place_conflicts(rules, now) if f.service == found.service]
                places = [place for each in now for place in each.places.values()]
                assert not any(f.is_impossible for f in own)
                assert len(places) == len(set(places))


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[list[ListenerRule], list[WantedRules]]:
    """A listener whose services all change their places, some of them for those of others."""
    count = draw(st.integers(1, 3))
    known = draw(st.lists(places, min_size=count, max_size=count, unique=True))
    now = [*draw(st.permutations(known))]
    now = [place + draw(st.sampled_from([0, 0, 1, 2])) for place in now]
    services = [
        wanted(name, place, draw(conditions), was)
        for name, place, was in zip("abc", now, known, strict=False)
    ]
    own = live_of(*services)
    free = sorted(set(range(1, 50)) - {rule.priority for rule in own})
    others = draw(st.lists(st.sampled_from(free), max_size=3, unique=True))
    return [*own, *(foreign(place, draw(conditions)) for place in others)], services


@settings(max_examples=60)
@given(exchanges())
def test_on_the_way_through_a_free_place_each_request_is_answered_as_before_or_as_after(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    conflicts = place_conflicts(rules, services)
    fixes = {f for each in conflicts for f in each.fixes if "two updates" in f}
    if not fixes or any("taken by" in each.why for each in conflicts):
        return
    (fix,) = fixes

    first, second, _ = fix.split("pulumi up")
    between = updated(rules, typed(services, first))
    there = deployed(typed(services, first))
    after = updated(between, typed(there, second))

    for passing, was, becomes in zip(answers(between), answers(rules), answers(after), strict=True):
        assert passing in (was, becomes)


@settings(max_examples=60)
@given(listeners())
def test_a_service_that_is_not_changed_is_never_blamed(
    case: tuple[list[ListenerRule], list[WantedRules]],
) -> None:
    rules, services = case
    as_they_are = [settled(s) for s in services if s.known_conditions is not None]

    assert not any(each.is_caused for each in place_conflicts(rules, as_they_are))


def test_the_places_of_a_service_are_its_priority_and_one_before_it_for_each_slot() -> None:
    assert 1 + len(Slot) == PLACES
    assert wanted("web", 200, takes()).places == {"web-01": 198, "web-02": 199, "web": 200}
    assert HIGHEST_PRIORITY == 50_000


def test_a_service_that_differs_by_a_header_stands_before_the_one_without_it() -> None:
    stage = Condition(Field.HEADER, ("beta",), "X-Stage")
    plain = wanted("web", 200, takes("/*"), known=200)
    beta = wanted("beta", 100, (*takes("/*"), stage))

    assert place_conflicts(live_of(plain), [beta, plain]) == []

    behind = wanted("beta", 300, (*takes("/*"), stage))
    found = only(place_conflicts(live_of(plain), [behind, plain]))
    assert "would get no request" in found.why
    assert found.service == "beta"


def test_a_condition_that_is_dropped_is_found_with_the_commands_that_restore_it() -> None:
    stage = Condition(Field.HEADER, ("beta", "b2"), "X-Stage")
    query = Condition(Field.QUERY, ("2", "on"), keys=("v", "*"))
    known = (*takes("/*"), stage, query)
    beta = replace(wanted("beta", 100, takes("/*"), known=100), known_conditions=known)
    plain = wanted("web", 200, takes("/*"), known=200)

    found = only(place_conflicts(live_of(beta, plain), [beta, plain]))

    assert found.change == "its conditions"
    path = "failover:services.beta.conditions"
    assert found.fixes == (
        f"pulumi config set --path '{path}.queryStrings[0].key' v && "
        f"pulumi config set --path '{path}.queryStrings[0].value' 2 && "
        f"pulumi config set --path '{path}.queryStrings[1].value' on && "
        f"pulumi config set --path '{path}.headers[\"X-Stage\"][0]' beta && "
        f"pulumi config set --path '{path}.headers[\"X-Stage\"][1]' b2   # as it is",
    )
