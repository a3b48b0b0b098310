from __future__ import annotations

import pytest

from ops.adopt.probing import urls_of
from ops.errors import InputError
from ops.inspect.document import RuleConditionReport, RuleReport


def rule(hosts: tuple[str, ...], paths: tuple[str, ...] = ()) -> RuleReport:
    conditions = (
        RuleConditionReport("host-header", hosts),
        RuleConditionReport("path-pattern", paths),
    )
    return RuleReport("arn:rule", 10, conditions, ())


def test_each_service_is_probed_where_its_rule_takes_it() -> None:
    rules = {"web": rule(("*.a.example", "a.example")), "portal": rule(("a.example",), ("/p/*",))}

    assert urls_of(rules) == ("https://a.example/", "https://a.example/p/")


@pytest.mark.parametrize("hosts", [(), ("*.a.example",)])
def test_no_service_is_left_out_because_its_host_cannot_be_told(hosts: tuple[str, ...]) -> None:
    rules = {"web": rule(("a.example",)), "portal": rule(hosts)}

    with pytest.raises(InputError, match=r"to probe for portal: pass --probe-url .* web, portal"):
        urls_of(rules)
