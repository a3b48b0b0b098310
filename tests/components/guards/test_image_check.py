"""The guard of the images, on an AWS and an engine that the test makes up."""

from __future__ import annotations

from typing import Any

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.image_check import ImageCheck
from components.guards.recorded_state import remembered_services
from components.guards.wanted import wanted_services
from rollout.images import LiveImage, image_problem
from rollout.notice import ALL_SERVICES, Notice, NoticeKind
from tests.components.guards.test_update_judge import FakeEngine, FakeReader, NoState, config_at
from tests.configs import Config, parsed
from tests.live.fake_aws import FakeAws, refused

OLD, NEW = "ami-0aaaaaaaaaaaaaaaa", "ami-0123456789abcdef0"


def with_image(image_id: str, weights: str = "100/0") -> Config:
    config = config_at(weights)
    config["failover:images"]["web"]["02"] = image_id
    return config


BEFORE = with_image(OLD)


def account_with(*image_ids: str, **more: Any) -> FakeAws:
    """An account with these images, and the others of the config before."""
    image: dict[str, Any] = {"State": "available", "Architecture": "x86_64", **more}
    every = {i for slots in BEFORE["failover:images"].values() for i in slots.values()} - {OLD}
    others: dict[str, Any] = {"State": "available", "Architecture": "x86_64"}
    return FakeAws(
        images=[{"ImageId": i, **others} for i in every - set(image_ids)]
        + [{"ImageId": i, **image} for i in image_ids]
    )


def told(
    config: Config, fake: FakeAws, *, is_preview: bool = True, is_deployed: bool = True
) -> list[Notice]:
    engine = FakeEngine(parsed(BEFORE), "100/0") if is_deployed else NoState()
    wanted, remembered = wanted_services(parsed(config)), remembered_services(engine)
    check = ImageCheck(wanted, remembered, FakeReader(fake), is_preview=is_preview)
    return check.look()


def test_images_that_are_there_are_no_line() -> None:
    assert told(with_image(NEW), account_with(OLD, NEW)) == []


def test_an_update_that_brings_no_image_asks_for_none() -> None:
    fake = account_with()

    assert told(with_image(OLD, weights="90/10"), fake, is_preview=False) == []
    assert not fake.calls


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "there is no such image in this account and region"),
        ({"State": "pending"}, "it is pending"),
        ({"State": "disabled"}, "it is disabled"),
        ({"Architecture": "arm64"}, "it is of arm64, which m7i.large does not run"),
    ],
)
def test_a_new_image_that_cannot_be_launched_is_refused_with_the_old_one(
    found: dict[str, Any] | None, why: str
) -> None:
    fake = account_with(OLD) if found is None else account_with(NEW, **found)

    (notice,) = told(with_image(NEW), fake)

    assert notice.kind is NoticeKind.WILL_BE_REFUSED
    assert (notice.service, notice.change) == ("web", "slot 02")
    assert notice.text.startswith(f"image {NEW}: {why}")
    assert notice.text.endswith(
        f"fix: pulumi config set --path 'failover:images.web[\"02\"]' {OLD}   # the current image"
    )
    with pytest.raises(RefusedUpdateError, match=NEW):
        told(with_image(NEW), fake, is_preview=False)


def test_an_image_that_has_gone_since_is_a_line_of_the_preview_and_stops_no_way_back() -> None:
    gone = account_with()

    (notice,) = told(with_image(OLD), gone)

    assert notice.kind is NoticeKind.NOTE
    assert "no more instances can be launched from it" in notice.text
    assert told(with_image(OLD), gone, is_preview=False) == []


def test_a_first_update_with_an_image_that_is_not_there_is_refused() -> None:
    (notice,) = told(with_image(NEW), account_with(OLD), is_deployed=False)

    assert notice.kind is NoticeKind.WILL_BE_REFUSED
    assert "aws ec2 describe-images --owners self" in notice.text


def test_who_may_not_look_images_up_is_told_the_permission_and_may_update() -> None:
    fake = account_with(OLD)
    denied = [refused("DescribeImages", "UnauthorizedOperation") for _ in range(2)]
    fake.failures["DescribeImages"] = list(denied)

    (notice,) = told(with_image(NEW), fake)

    assert (notice.kind, notice.service) == (NoticeKind.NOTE, ALL_SERVICES)
    assert "ec2:DescribeImages" in notice.text
    assert told(with_image(NEW), fake, is_preview=False) == []


@pytest.mark.parametrize(
    ("instance_type", "architecture", "runs"),
    [
        ("m7i.large", "x86_64", True),
        ("m7g.large", "x86_64", False),
        ("m7g.large", "arm64", True),
        ("c6gn.xlarge", "arm64", True),
        ("im4gn.large", "arm64", True),
        ("a1.large", "arm64", True),
        ("g4dn.xlarge", "x86_64", True),
        ("g4dn.xlarge", "arm64", False),
        ("g5g.xlarge", "arm64", True),
        ("m7i-flex.large", "x86_64", True),
        ("u7i-12tb.224xlarge", "x86_64", True),
        ("mac2.metal", "arm64_mac", True),
    ],
)
def test_the_name_of_an_instance_type_tells_what_it_runs(
    instance_type: str, architecture: str, runs: bool
) -> None:
    image = LiveImage("ami-1", "available", architecture)

    assert (image_problem(image, instance_type) == "") is runs
