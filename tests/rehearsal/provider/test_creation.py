"""Creations that do not come to their end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.errors import EngineGoneError, ProviderError, WaitError
from rehearsal.provider.provisioning import UnfinishedError, created
from rehearsal.provider.table import Property, ResourceType, Values
from rehearsal.provider.values import STRING


class _Region:
    region = "us-east-1"


@dataclass
class _Cloud:
    """A service that holds things, and may fail in settling them."""

    things: dict[str, Values] = field(default_factory=lambda: dict[str, Values]())
    made: int = 0
    settle_error: Exception | None = None
    on_settle: Any = None

    def create(self, _call: ProviderCall, inputs: Values) -> str:
        self.made += 1
        thing_id = f"thing-{self.made}"
        self.things[thing_id] = dict(inputs)
        return thing_id

    def settle(self, _call: ProviderCall, _id: str, _inputs: Values) -> None:
        if self.on_settle is not None:
            self.on_settle()
        if self.settle_error is not None:
            raise self.settle_error

    def read(self, _call: ProviderCall, thing_id: str) -> Values | None:
        return self.things.get(thing_id)

    def delete(self, call: ProviderCall, thing_id: str, _state: Values) -> None:
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


def _call() -> ProviderCall:
    aws: Any = _Region()
    return ProviderCall(aws)


def _made(cloud: _Cloud) -> str:
    return created(_call(), cloud.type, {"size": "s"})[0]


def test_what_an_engine_never_heard_of_stays_and_is_not_handed_to_the_next_one() -> None:
    cloud = _Cloud(settle_error=EngineGoneError("stopped"))

    with pytest.raises(UnfinishedError, match="thing-1 was created, but: stopped"):
        _made(cloud)
    cloud.settle_error = None

    assert _made(cloud) == "thing-2"
    assert list(cloud.things) == ["thing-1", "thing-2"]


def test_a_wait_that_fails_keeps_the_resource_and_reports_it() -> None:
    cloud = _Cloud(settle_error=WaitError("not active within 1 s"))

    with pytest.raises(UnfinishedError, match="thing-1 was created, but: not active") as caught:
        _made(cloud)

    assert caught.value.resource_id == "thing-1"
    assert caught.value.state == {"id": "thing-1", "region": "us-east-1", "size": "s"}


def test_an_unfinished_resource_that_cannot_be_read_is_kept_with_its_inputs() -> None:
    cloud = _Cloud(settle_error=WaitError("not active"))
    cloud.on_settle = lambda: cloud.things.clear()

    with pytest.raises(UnfinishedError) as caught:
        _made(cloud)

    assert caught.value.state == {"id": "thing-1", "size": "s"}


def test_a_failed_creation_is_reported_as_it_is() -> None:
    class _Refusing(_Cloud):
        def create(self, _call: ProviderCall, inputs: Values) -> str:
            raise ProviderError("no more room")

    with pytest.raises(ProviderError, match="no more room"):
        _made(_Refusing())
