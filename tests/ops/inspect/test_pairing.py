from __future__ import annotations

from dataclasses import replace

import pytest

from ops.inspect.document import Details, TargetGroupReport
from ops.inspect.pairing import marks, slot_groups_of
from tests.ops.balancers import forward, group, inspection, listener, rule

EMPTY = Details((), has_stickiness=False, deregistration_delay_seconds=30)


def paired(serving: str, *free: TargetGroupReport) -> tuple[str, str]:
    """The names of the groups of slots 01 and 02, where a rule forwards to `serving` alone."""
    one = rule(100, serving)
    found = inspection(
        listeners=(listener(one),), target_groups=(group(serving), *free), auto_scaling_groups=()
    )
    groups = slot_groups_of(found, one)
    first, second = groups.first, groups.second
    return "" if first is None else first.name, "" if second is None else second.name


@pytest.mark.parametrize(
    ("serving", "beside", "expected"),
    [
        ("acme-us-prd-web-01-tg", "acme-us-prd-web-02-tg", "same"),
        ("acme-us-prd-web-02-tg", "acme-us-prd-web-01-tg", "turned"),
        ("shop-blue", "shop-green", "same"),
        ("shop-green", "shop-blue", "turned"),
        ("shop-a", "shop-b", "same"),
        ("prod1-shop", "prod2-shop", "same"),
        ("shop-tg", "shop-02-tg", "same"),
    ],
)
def test_the_other_slot_is_called_alike(serving: str, beside: str, expected: str) -> None:
    pair = paired(serving, group(beside, details=EMPTY), group("other", details=EMPTY))

    assert pair == ((serving, beside) if expected == "same" else (beside, serving))


def test_a_group_of_another_name_is_the_other_slot_only_if_it_alone_has_targets() -> None:
    spare, empty = group("spare"), group("empty", details=EMPTY)

    assert paired("shop", spare, empty) == ("shop", "spare")
    assert paired("shop", spare, group("reserve")) == ("shop", "")
    assert paired("shop", empty) == ("shop", "")
    assert paired("shop", replace(spare, port=9090)) == ("shop", "")


def test_two_groups_of_a_rule_are_in_the_order_of_their_names() -> None:
    one = rule(100, "shop-green", actions=(forward(("shop-green", 75), ("shop-blue", 25)),))
    groups = (group("shop-green"), group("shop-blue"))
    found = inspection(listeners=(listener(one),), target_groups=groups, auto_scaling_groups=())

    pair = slot_groups_of(found, one)

    assert pair.first is not None
    assert pair.second is not None
    assert (pair.first.name, pair.second.name, pair.reason) == ("shop-blue", "shop-green", "")


def test_each_name_is_the_other_ones_mark() -> None:
    for name in ("web-01-tg", "shop-blue", "a-shop-a"):
        for other, is_first in marks(name).items():
            assert marks(other)[name] is not is_first
