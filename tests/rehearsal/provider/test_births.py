"""Creations whose engine dies."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.provider.births import Births, UnfinishedError
from rehearsal.provider.call import Call
from rehearsal.provider.errors import AbandonedError, ProviderError, WaitError
from rehearsal.provider.table import Property, ResourceType, Values
from rehearsal.provider.values import STRING

URN = "urn:pulumi:dev::failover::aws:x/thing:Thing::one"


class _Region:
    region = "us-east-1"


@dataclass
class _Cloud:
    """A service that holds things, and may fail in settling them."""

    things: dict[str, Values] = field(default_factory=lambda: dict[str, Values]())
    made: int = 0
    settle_error: Exception | None = None
    on_settle: Any = None

    def create(self, _call: Call, inputs: Values) -> str:
        self.made += 1
        thing_id = f"thing-{self.made}"
        self.things[thing_id] = dict(inputs)
        return thing_id

    def settle(self, _call: Call, _id: str, _inputs: Values) -> None:
        if self.on_settle is not None:
            self.on_settle()
        if self.settle_error is not None:
            raise self.settle_error

    def read(self, _call: Call, thing_id: str) -> Values | None:
        return self.things.get(thing_id)

    def delete(self, call: Call, thing_id: str, _state: Values) -> None:
        looks = iter((False, True))
        call.wait_until(lambda: next(looks), "emptied", limit_seconds=5)
        self.things.pop(thing_id, None)

    @property
    def type(self) -> ResourceType:
        return ResourceType(
            token="aws:x/thing:Thing",
            properties={"size": Property(STRING)},
            outputs=(),
            create=self.create,
            read=self.read,
            delete=self.delete,
            settle=self.settle,
        )


def _call(*, is_caller_gone: bool = False) -> Call:
    """One whose connection, where its caller is gone, has ended all waits."""
    aws: Any = _Region()
    call = Call(aws, is_caller_gone=lambda: is_caller_gone)
    if is_caller_gone:
        call.ended.set()
    return call


def _born(births: Births, cloud: _Cloud, engine: int, size: str = "s") -> str:
    return births.create(_call(), cloud.type, URN, engine, {"size": size})[0]


def test_a_creation_whose_caller_is_gone_leaves_nothing() -> None:
    births, cloud = Births(), _Cloud()

    with pytest.raises(AbandonedError, match="gone"):
        births.create(_call(is_caller_gone=True), cloud.type, URN, 1, {"size": "s"})

    assert cloud.things == {}


def test_a_creation_that_is_interrupted_by_its_caller_s_death_leaves_nothing() -> None:
    births, cloud = Births(), _Cloud(settle_error=AbandonedError("stopped"))

    with pytest.raises(AbandonedError):
        births.create(_call(is_caller_gone=True), cloud.type, URN, 1, {"size": "s"})

    assert cloud.things == {}


def test_what_a_dead_engine_never_mentioned_is_taken_over() -> None:
    births, cloud = Births(), _Cloud()
    first = _born(births, cloud, engine=1)

    second = _born(births, cloud, engine=2)

    assert (second, cloud.made) == (first, 1)


def test_the_same_engine_makes_a_second_one() -> None:
    births, cloud = Births(), _Cloud()
    first = _born(births, cloud, engine=1)

    assert _born(births, cloud, engine=1) != first


def test_what_an_engine_mentioned_is_not_taken_over() -> None:
    births, cloud = Births(), _Cloud()
    first = _born(births, cloud, engine=1)
    births.acknowledge(URN, first)

    assert _born(births, cloud, engine=2) != first


def test_what_an_engine_was_told_before_its_goodbye_is_not_taken_over() -> None:
    births, cloud = Births(), _Cloud()
    first = _born(births, cloud, engine=1)
    births.acknowledge_all(1)

    assert _born(births, cloud, engine=2) != first


def test_other_inputs_are_not_taken_over() -> None:
    births, cloud = Births(), _Cloud()
    first = _born(births, cloud, engine=1)

    assert _born(births, cloud, engine=2, size="m") != first


def test_what_changed_or_went_since_is_not_taken_over() -> None:
    births, cloud = Births(), _Cloud()
    first = _born(births, cloud, engine=1)
    cloud.things[first]["size"] = "xl"

    second = _born(births, cloud, engine=2)
    del cloud.things[second]
    third = _born(births, cloud, engine=3)

    assert len({first, second, third}) == 3


def test_a_wait_that_fails_keeps_the_resource_and_says_so() -> None:
    births, cloud = Births(), _Cloud(settle_error=WaitError("not active within 1 s"))

    with pytest.raises(UnfinishedError, match="thing-1 was created, but: not active") as caught:
        _born(births, cloud, engine=1)

    assert caught.value.resource_id == "thing-1"
    assert caught.value.state == {"id": "thing-1", "region": "us-east-1", "size": "s"}


def test_an_unfinished_resource_that_cannot_be_read_is_kept_with_its_inputs() -> None:
    births = Births()
    cloud = _Cloud(settle_error=WaitError("not active"))
    cloud.on_settle = lambda: cloud.things.clear()

    with pytest.raises(UnfinishedError) as caught:
        _born(births, cloud, engine=1)

    assert caught.value.state == {"id": "thing-1", "size": "s"}


def test_a_failed_creation_is_told_as_it_is() -> None:
    class _Refusing(_Cloud):
        def create(self, _call: Call, inputs: Values) -> str:
            raise ProviderError("no more room")

    with pytest.raises(ProviderError, match="no more room"):
        _born(Births(), _Refusing(), engine=1)


def test_a_second_creation_waits_for_the_first_of_its_urn_to_be_undone() -> None:
    births, cloud = Births(), _Cloud()
    is_settling, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        is_settling.set()
        may_go_on.wait(10)

    cloud.on_settle = hold

    def die() -> None:
        with pytest.raises(AbandonedError):
            births.create(_call(is_caller_gone=True), cloud.type, URN, 1, {})

    dying = threading.Thread(target=die)
    dying.start()
    is_settling.wait(10)
    cloud.on_settle = None
    results: list[str] = []
    heir = threading.Thread(target=lambda: results.append(_born(births, cloud, engine=2)))
    heir.start()
    heir.join(0.2)

    is_held_back = heir.is_alive()
    may_go_on.set()
    dying.join(10)
    heir.join(10)

    assert is_held_back
    assert results == ["thing-2"]
    assert list(cloud.things) == ["thing-2"]
