"""Which stack a journal belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rollout.stack_identity import StackIdentity, removed_everything

names = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=4)
rules = st.dictionaries(names, names, min_size=1, max_size=4)
identities = st.builds(StackIdentity, names, names, rules)


@given(identities)
def test_a_stack_owns_what_it_recorded_also_after_it_was_written_and_read(
    own: StackIdentity,
) -> None:
    assert own.owns(StackIdentity.parse(own.document()))


@given(identities, st.data())
def test_a_stack_owns_a_ramp_of_some_of_its_services(
    own: StackIdentity, data: st.DataObject
) -> None:
    some = data.draw(st.sets(st.sampled_from(sorted(own.rules)), min_size=1))

    assert own.owns(own.of_services(some))


@given(identities, names)
def test_a_service_that_is_added_leaves_the_ramps_of_the_others_the_stacks_own(
    own: StackIdentity, service: str
) -> None:
    assume(service not in own.rules)

    assert replace(own, rules={**own.rules, service: "new"}).owns(own)


@given(identities, st.data())
def test_a_stack_whose_rule_was_created_anew_does_not_own_the_ramps_of_the_first(
    own: StackIdentity, data: st.DataObject
) -> None:
    service = data.draw(st.sampled_from(sorted(own.rules)))

    assert not replace(own, rules={**own.rules, service: "created-anew"}).owns(own)
    assert not replace(own, rules={s: a for s, a in own.rules.items() if s != service}).owns(own)


@given(identities, names)
def test_a_stack_of_that_name_in_another_backend_or_of_another_name_does_not_own_them(
    own: StackIdentity, other: str
) -> None:
    assume(other not in (own.backend, own.stack))

    assert not replace(own, backend=other).owns(own)
    assert not replace(own, stack=other).owns(own)


@pytest.mark.parametrize(
    "document",
    [None, {}, "prod", {"backend": "b", "name": "prod"}, {"backend": "b", "name": "p", "rules": 1}],
)
@given(own=identities)
def test_what_a_former_version_wrote_is_nobodys(own: StackIdentity, document: object) -> None:
    assert StackIdentity.parse(document) is None
    assert not own.owns(None)


def test_a_ramp_that_recorded_no_rule_is_nobodys() -> None:
    assert not StackIdentity("b", "prod", {}).owns(StackIdentity("b", "prod", {}))


@pytest.mark.parametrize("url", ["file:///state", "file:///state/", "file:///state?metadata=skip"])
@pytest.mark.parametrize("name", ["prod", "acme/prod", "acme/failover/prod"])
def test_however_a_stack_is_named_it_is_the_same_one(url: str, name: str) -> None:
    services = {"web": {"ruleArn": "arn"}, "new": {"weights": "100/0"}}

    assert StackIdentity.of(url, name, services) == StackIdentity(
        "file:///state", "prod", {"web": "arn"}
    )


@pytest.mark.parametrize(
    ("kind", "result", "same", "ended"),
    [
        ("destroy", "succeeded", 0, True),
        ("destroy", "succeeded", 63, False),
        ("destroy", "failed", 0, False),
        ("update", "succeeded", 0, False),
    ],
)
def test_only_a_whole_destroy_ends_what_the_history_tells(
    kind: str, result: str, same: int, ended: bool
) -> None:
    assert removed_everything(kind, result, same) is ended
