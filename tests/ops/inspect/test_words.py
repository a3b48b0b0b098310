"""A rule in plain words."""

from __future__ import annotations

from dataclasses import replace

from ops.inspect.words import actions_in_words
from tests.ops.balancers import WEB, forward, inspection, rule


def test_the_groups_of_a_rule_stand_in_the_order_of_their_names_each_with_its_weight() -> None:
    as_aws_lists = forward(("web-02-tg", 30), ("web-01-tg", 70))
    split = replace(rule(20, WEB, "/*"), actions=(as_aws_lists,))

    assert actions_in_words(split, inspection()) == "forwards 70/30 to web-01-tg and web-02-tg"
