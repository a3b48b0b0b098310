"""The guard of what the state has lost, with an AWS and an engine that the test makes up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pulumi.output import Unknown

from components.guards.errors import RefusedUpdateError
from components.guards.lost_state import GuardedStack, LostState
from live.errors import AccessDeniedError
from rollout.notice import NoticeKind
from rollout.pending_creation import Made, PendingCreation
from tests.components.heard import Heard

GROUP = "aws:lb/targetGroup:TargetGroup"
RULE = "aws:lb/listenerRule:ListenerRule"
PARENT = "urn:pulumi:prod::failover::failover:index:Service::web"
LISTENER = {"listenerArn": "arn:listener"}


def creation(kind: str, name: str, inputs: Mapping[str, Any] | None = None) -> PendingCreation:
    urn = f"urn:pulumi:prod::failover::failover:index:Service${kind}::{name}"
    return PendingCreation(urn, {"name": name, **(inputs or {})}, PARENT)


class Engine:
    def __init__(self, *urns: str, has_state: bool = True) -> None:
        self.urns, self.has_state = urns, has_state

    def stack_outputs(self) -> Mapping[str, Any]:
        return {"services": {}} if self.has_state else {}

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        assert self.has_state, "the engine fails on a stack that never had a state"
        return {urn: {} for urn in self.urns}


def guard(
    find: Callable[[PendingCreation], Made],
    engine: Engine | None = None,
    *,
    log: Heard | None = None,
    is_preview: bool = False,
    adopted: tuple[str, ...] = (),
) -> LostState:
    facts = GuardedStack("prod", ("portal", "web"), adopted, is_protected=True)
    return LostState(facts, engine or Engine(), find, log or Heard(), is_preview=is_preview)


def there(each: PendingCreation) -> Made:
    return Made(each, f"id-of-{each.name}")


def absent(each: PendingCreation) -> Made:
    return Made(each, None)


def of_others(each: PendingCreation) -> Made:
    return Made(each, "theirs", is_own=False)


def never(each: PendingCreation) -> Made:
    raise AssertionError(f"{each} is not asked for")


def test_what_is_there_is_not_made_again_and_the_refusal_ends_in_its_import() -> None:
    with pytest.raises(RefusedUpdateError) as refused:
        guard(there).refuse_second(creation(RULE, "web", LISTENER))

    (notice,) = refused.value.notices
    assert (notice.kind, notice.service, notice.change) == (
        NoticeKind.REFUSED,
        "web",
        "ListenerRule web is new",
    )
    assert notice.text.splitlines()[-1] == (
        "  fix: pulumi import --stack prod --yes --skip-preview --generate-code=false "
        f"--protect=true --parent parent={PARENT} {RULE} web id-of-web"
    )


def test_a_preview_tells_it_and_goes_on() -> None:
    log = Heard()

    guard(there, log=log, is_preview=True).refuse_second(creation(GROUP, "web-01"))

    assert [notice.kind for notice in log.notices] == [NoticeKind.WILL_BE_REFUSED]


@pytest.mark.parametrize("find", [absent, of_others])
def test_what_is_not_there_or_is_of_others_is_left_to_aws(
    find: Callable[[PendingCreation], Made],
) -> None:
    guard(find).refuse_second(creation(RULE, "web", LISTENER))


def test_an_adopted_rule_is_the_stacks_though_its_tags_are_of_others() -> None:
    with pytest.raises(RefusedUpdateError, match="pulumi import"):
        guard(of_others, adopted=("web",)).refuse_second(creation(RULE, "web", LISTENER))


def test_what_the_state_has_is_replaced_and_not_lost() -> None:
    lost = creation(GROUP, "web-01")

    guard(never, Engine(lost.urn)).refuse_second(lost)


def test_what_lies_in_something_that_is_still_to_be_made_is_not_looked_for() -> None:
    guard(never, is_preview=True).refuse_second(creation(RULE, "web", {"listenerArn": Unknown()}))


def test_before_the_first_update_only_that_is_looked_for_which_aws_would_refuse() -> None:
    first = Engine(has_state=False)

    guard(never, first).refuse_second(creation("aws:ec2/vpc:Vpc", "vpc"))
    with pytest.raises(RefusedUpdateError):
        guard(there, first).refuse_second(creation(GROUP, "web-01"))


def test_where_nobody_can_see_nothing_is_made() -> None:
    def denied(each: PendingCreation) -> Made:
        raise AccessDeniedError("not authorized: DescribeTargetGroups")

    with pytest.raises(
        RefusedUpdateError, match=r"TargetGroup web-01 is not created.*DescribeTargetGroups"
    ):
        guard(denied).refuse_second(creation(GROUP, "web-01"))
