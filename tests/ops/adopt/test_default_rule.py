"""A service that the default action of a listener forwards to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.adopt.default_rule import of_defaults
from ops.errors import RefusedError
from ops.inspect.document import Action, Inspection, RuleReport
from tests.ops.adopt.test_proposal import ANSWERS
from tests.ops.balancers import PORTAL, WEB, forward, inspection, listener, rule

LOGIN = Action("authenticate-oidc", config={"ClientId": "shop"})
WEB_ALONE = replace(ANSWERS, services={"web": WEB})


def shop(
    *actions: Action, others: tuple[RuleReport, ...] = (), protocol: str = "HTTPS"
) -> Inspection:
    default = replace(rule(None, WEB), conditions=(), actions=actions)
    return inspection(listeners=(replace(listener(), rules=(*others, default), protocol=protocol),))


def test_its_rule_is_behind_all_others_and_has_the_login_too() -> None:
    found = shop(LOGIN, forward((WEB, 1)), others=(rule(4000, PORTAL, "/portal"),))

    (wanted,) = of_defaults(found, WEB_ALONE)

    assert (wanted.service, wanted.place) == ("web", 4010)
    assert str(wanted).endswith("its login included; the default action stays")


@pytest.mark.parametrize(
    "found",
    [
        inspection(),
        shop(forward((WEB, 1)), others=(rule(20, WEB, "/*"),)),
        shop(forward((WEB, 1)), protocol="HTTP"),
        shop(forward((PORTAL, 1))),
    ],
)
def test_a_service_with_a_rule_and_one_that_no_secure_default_has_get_none(
    found: Inspection,
) -> None:
    assert of_defaults(found, WEB_ALONE) == []


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (shop(forward((WEB, 1), stickiness_seconds=60)), "clients stick to a target group"),
        (shop(forward((WEB, 1), (PORTAL, 1), ("c", 1))), "it forwards to 3 target groups"),
        (
            shop(forward((WEB, 1)), others=(rule(49_995, PORTAL, "/portal"),)),
            "no priority behind all rules is free",
        ),
    ],
)
def test_a_default_action_that_no_rule_can_take_over_is_refused(
    found: Inspection, why: str
) -> None:
    with pytest.raises(RefusedError, match=why):
        of_defaults(found, WEB_ALONE)
