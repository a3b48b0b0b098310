from __future__ import annotations

from dataclasses import replace

import pytest

from ops.adopt.probing import requests_by_hand, requests_of
from ops.errors import InputError
from ops.inspect.document import Action, RuleConditionReport, RuleReport


def rule(hosts: tuple[str, ...], paths: tuple[str, ...] = ()) -> RuleReport:
    conditions = (
        RuleConditionReport("host-header", hosts),
        RuleConditionReport("path-pattern", paths),
    )
    return RuleReport("arn:rule", 10, conditions, ())


def test_each_service_is_probed_where_its_rule_takes_it() -> None:
    rules = {"web": rule(("*.a.example", "a.example")), "portal": rule(("a.example",), ("/p/*",))}

    assert [each.url for each in requests_of(rules)] == [
        "https://a.example/",
        "https://a.example/p/",
    ]


@pytest.mark.parametrize("hosts", [(), ("*.a.example",)])
def test_no_service_is_left_out_because_its_host_cannot_be_told(hosts: tuple[str, ...]) -> None:
    rules = {"web": rule(("a.example",)), "portal": rule(hosts)}

    with pytest.raises(InputError, match=r"to probe for portal: pass --probe-url .* web, portal"):
        requests_of(rules)


def test_services_that_differ_by_a_header_have_requests_of_their_own() -> None:
    plain = rule(("a.example",))
    stage = RuleConditionReport("http-header", ("beta",), "X-Stage")
    beta = replace(plain, conditions=(*plain.conditions, stage))

    found = requests_of({"beta": beta, "web": plain})

    assert [(each.url, dict(each.headers)) for each in found] == [
        ("https://a.example/#beta", {"X-Stage": "beta"}),
        ("https://a.example/#web", {}),
    ]


def test_a_query_string_that_the_rule_looks_at_is_in_the_url() -> None:
    plain = rule(("a.example",))
    query = RuleConditionReport("query-string", ("v=2",), keys=("v",))

    (found,) = requests_of({"web": replace(plain, conditions=(*plain.conditions, query))})

    assert found.url == "https://a.example/?v=2"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("http-request-method", "POST", "its rule takes only POST"),
        ("source-ip", "10.0.0.0/8", r"takes only requests from 10\.0\.0\.0/8"),
    ],
)
def test_a_service_that_may_take_no_request_of_ours_needs_a_url_by_hand(
    field: str, value: str, why: str
) -> None:
    plain = rule(("a.example",))
    other = RuleConditionReport(field, (value,))

    with pytest.raises(InputError, match=f"{why}.*: pass --probe-url"):
        requests_of({"web": replace(plain, conditions=(*plain.conditions, other))})


def with_login(way: str) -> RuleReport:
    login = Action("authenticate-oidc", config={"OnUnauthenticatedRequest": way})
    return replace(rule(("a.example",)), actions=(login,))


@pytest.mark.parametrize("way", ["authenticate", "deny"])
def test_the_prober_needs_a_session_where_a_login_would_answer_it(way: str) -> None:
    with pytest.raises(InputError, match="pass --cookie-from web=VARIABLE, the name of a variable"):
        requests_of({"web": with_login(way)})

    (found,) = requests_of({"web": with_login(way)}, {"web": "a=b"})
    assert found.headers == {"Cookie": "a=b"}


def test_the_prober_needs_no_session_where_a_login_lets_it_pass() -> None:
    (found,) = requests_of({"web": with_login("allow")})

    assert found.headers == {}


def test_a_url_by_hand_meets_the_other_conditions_of_the_rule_that_takes_it() -> None:
    plain = rule(("*.a.example",), ("/shop/*",))
    stage = RuleConditionReport("http-header", ("beta*",), "X-Stage")
    query = RuleConditionReport("query-string", ("v=2",), keys=("v",))
    web = replace(plain, conditions=(*plain.conditions, stage, query))

    found = requests_by_hand(
        [
            "https://www.A.example/shop/",
            "https://www.a.example/shop/?v=2&x=1",
            "https://b.example/",
        ],
        {"web": web},
        {"web": "a=b"},
    )

    headers = {"Cookie": "a=b", "X-Stage": "beta"}
    assert [(each.url, dict(each.headers)) for each in found] == [
        ("https://www.A.example/shop/?v=2", headers),
        ("https://www.a.example/shop/?v=2&x=1", headers),
        ("https://b.example/", {}),
    ]


def test_a_url_by_hand_is_of_the_rule_that_comes_first() -> None:
    stage = RuleConditionReport("http-header", ("beta",), "X-Stage")
    later = replace(rule(("a.example",)), priority=20)
    first = rule(("a.example",))
    first = replace(first, conditions=(*first.conditions, stage))

    (found,) = requests_by_hand(["https://a.example/"], {"later": later, "first": first}, {})

    assert found.headers == {"X-Stage": "beta"}
