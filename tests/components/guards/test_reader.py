"""What the guards read of AWS for one run."""

from __future__ import annotations

from live.address import ServiceAddress
from rollout.split import Slot
from tests.components.guards.test_update_judge import FakeReader
from tests.live.fake_aws import FakeAws, forward


def address(*arns: str) -> ServiceAddress:
    return ServiceAddress("web", "arn:rule/web", dict(zip(Slot, arns, strict=True)))


def test_a_rule_is_read_by_the_target_groups_that_the_update_left_and_not_by_earlier_ones() -> None:
    fake = FakeAws(rules={"arn:rule/web": [forward(**{"arn:old": 100, "arn:tg/02": 0})]})
    reader = FakeReader(fake)
    (before,) = reader.rules([address("arn:old", "arn:tg/02")])
    fake.rules["arn:rule/web"] = [forward(**{"arn:new": 100, "arn:tg/02": 0})]

    (after,) = reader.rules([address("arn:new", "arn:tg/02")])

    assert (before.weights, after.weights) == ("100/0", "100/0")
    assert after.foreign_targets == ()
