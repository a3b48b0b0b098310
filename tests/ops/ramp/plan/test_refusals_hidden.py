"""A ramp of a service that no request reaches."""

from __future__ import annotations

import pytest

from ops.ramp.errors import RefusedRampError
from ops.ramp.plan.refusals import refuse_hidden
from ops.ramp.stack.commands import Choice
from rollout.hidden_rules import hidden_services
from tests.ops.ramp.world import PLAN
from tests.rollout.test_rule_places import foreign, live_of, takes, wanted

PORTAL = wanted("portal", 100, takes("/portal/*"), known=100)
WEB = wanted("web", 200, takes("/*"), known=200)


def test_a_ramp_is_refused_where_another_rule_takes_every_request_of_a_service() -> None:
    hidden = hidden_services([*live_of(PORTAL, WEB), foreign(10, takes("/portal*"))])

    with pytest.raises(RefusedRampError) as refused:
        refuse_hidden(PLAN, hidden, Choice(options=("--bake", "5s")), ("--stack", "prod"))

    assert str(refused.value) == (
        "the rule of portal at 100 (host www.example.com and path /portal/*) gets no request: "
        "rule 10 (host www.example.com and path /portal*; forwards to batch-tg; arn:rule/10) comes "
        "first and takes them all; nothing was begun\n"
        "  expected: requests that reach portal: gates judge a stage by them\n"
        "  fix:      pulumi config set --path 'failover:services.portal.priority' 9 --stack prod "
        "&& pulumi up --stack prod   # gives portal the requests that rule 10 takes from it\n"
        "  or:       have rule 10 narrowed or deleted by whoever made it\n"
        "  or:       failover ramp --service web --bake 5s   # leaves portal as it is"
    )


def test_a_ramp_of_the_other_services_is_let_through() -> None:
    hidden = hidden_services([*live_of(WEB), foreign(10, ())])
    others = hidden_services([*live_of(wanted("api", 300, takes("/api"), 300)), foreign(10, ())])

    refuse_hidden(PLAN, others, Choice(), ())
    with pytest.raises(RefusedRampError):
        refuse_hidden(PLAN, hidden, Choice(), ())
