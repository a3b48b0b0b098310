from __future__ import annotations

from fleets.registered.kind import REGISTERED, RegisteredTargets
from fleets.registered.reading import RegisteredFleets
from rollout.fleet import IN_SERVICE, FleetMember, WantedFleet
from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.readiness import missing_for
from rollout.split import Slot

ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web-02-tg/0123456789abcdef"


def read(*targets: Target) -> LiveSlot:
    """A slot of registered targets."""
    fleet = RegisteredFleets(REGISTERED).read({ARN: targets})[ARN]
    return LiveSlot(ARN, targets, REGISTERED, fleet)


def service(first: LiveSlot, second: LiveSlot) -> LiveService:
    return LiveService(
        LiveRule("web", "arn:rule", 100, 0), {Slot.FIRST: first, Slot.SECOND: second}
    )


def healthy(*names: str) -> tuple[Target, ...]:
    return tuple(Target(name, "healthy") for name in names)


def test_what_is_registered_and_not_draining_is_what_the_fleet_wants() -> None:
    slot = read(*healthy("i-1"), Target("i-2", "initial"), Target("i-3", "draining"))

    assert slot.fleet is not None
    assert (slot.fleet.desired, slot.fleet.least, slot.fleet.most) == (2, 2, None)
    assert slot.fleet.members == (
        FleetMember("i-1", IN_SERVICE, None),
        FleetMember("i-2", IN_SERVICE, None),
    )
    assert slot.fleet.revision is None
    assert slot.fleet.outdated == ()


def test_targets_that_are_all_healthy_and_enough_are_ready_for_any_share() -> None:
    live = service(read(*healthy("i-1", "i-2")), read(*healthy("i-3", "i-4")))

    assert [*missing_for(live, Slot.SECOND, 100, WantedFleet(REGISTERED))] == []


def test_too_few_targets_are_named_with_the_command_that_registers_more() -> None:
    live = service(read(*healthy("i-1", "i-2", "i-3")), read(*healthy("i-4")))

    (missing,) = missing_for(live, Slot.SECOND, 100, WantedFleet(REGISTERED))

    assert missing == (
        "2 more instances of web-02: 1 is registered, and 100 % of the traffic needs 3: "
        f"aws elbv2 register-targets --target-group-arn {ARN} --targets Id=TARGET_ID "
        "--region eu-west-1"
    )


def test_an_empty_group_needs_one_target_at_any_weight() -> None:
    live = service(read(), read())

    (missing,) = missing_for(live, Slot.SECOND, 10, WantedFleet(REGISTERED))

    assert missing.startswith("1 more instance of web-02: 0 are registered, and 10 %")


def test_a_target_that_fails_its_checks_is_waited_for() -> None:
    dead = Target("i-3", "unhealthy", "Target.Timeout")
    live = service(read(*healthy("i-1")), read(*healthy("i-2"), dead))

    missing = [*missing_for(live, Slot.SECOND, 10, WantedFleet(REGISTERED))]

    assert missing == ["1 of 2 targets of web-02: i-3 unhealthy (Target.Timeout)"]


def test_the_stack_makes_nothing_of_them() -> None:
    assert not REGISTERED.is_made(RegisteredTargets())
    assert not REGISTERED.makes({"registered": True})
