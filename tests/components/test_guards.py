"""The guards of a run, on an AWS and an engine that the test makes up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.guards import Guards
from components.guards.interruption import Interruption
from components.guards.memory import remembered, served_before
from components.guards.retry import Retry
from components.guards.view import View
from components.guards.waiting import Waiting
from components.guards.wanted import guard_rules, search_of, wanted_services
from rollout.candidate import LAST_RAISED
from rollout.guard_case import Memory
from rollout.notice import NoticeKind
from rollout.split import Slot, Split
from settings import Settings
from settings.slot import NewInstances, NewTargetGroup
from tests.components.heard import Heard
from tests.configs import Config, parsed, stack_config
from tests.live.fake_aws import START, FakeAws, forward, refused, version

ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333"


class FakeEngine:
    """What the engine remembers of a stack at this split."""

    def __init__(
        self, settings: Settings, left: str, state: str | None = None, asked: str | None = None
    ) -> None:
        self.settings, self.left, self.state, self.asked = settings, left, state or left, asked
        self.last_raised: str | None = None

    def stack_outputs(self) -> Mapping[str, Any]:
        return {
            "services": {
                s.name: {
                    "ruleArn": f"arn:rule/{s.name}",
                    "weights": self.left,
                    **({} if self.last_raised is None else {LAST_RAISED: self.last_raised}),
                    "targetGroupArns": {slot.value: arn_of(s.name, slot) for slot in Slot},
                }
                for s in self.settings.services
            }
        }

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        split = Split.parse(self.state)
        for service in self.settings.services:
            groups = [
                {"arn": arn_of(service.name, slot), "weight": split.weight_of(slot)}
                for slot in Slot
            ]
            actions = {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}
            found[urn("aws:lb/listenerRule:ListenerRule", service.name)] = actions
            for slot in service.slots:
                wanted = wanted_services(self.settings)[service.name].slots[slot.slot]
                assert wanted.build is not None
                name = f"{service.name}-{slot.slot}"
                found[urn("aws:lb/targetGroup:TargetGroup", name)] = {}
                if self.asked is not None:
                    weight = Split.parse(self.asked).weight_of(slot.slot)
                    found[urn("failover:index:Slot", name)] = {"weight": float(weight)}
                found[urn("aws:ec2/launchTemplate:LaunchTemplate", name)] = {
                    "imageId": wanted.build.image_id,
                    "userData": wanted.build.user_data,
                    "instanceType": wanted.build.instance_type,
                }
                found[urn("aws:autoscaling/group:Group", name)] = {
                    "name": wanted.group_name,
                    "minSize": wanted.min_size,
                    "maxSize": wanted.max_size,
                }
        return found


class NoState:
    """An engine before the first update; to ask it for resources would crash it."""

    def stack_outputs(self) -> Mapping[str, Any]:
        return {}

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        raise AssertionError("the engine has no state to tell of")


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::failover::failover:index:Service${kind}::{name}"


def arn_of(service: str, slot: Slot) -> str:
    return f"{ARN}:targetgroup/hankooktire-us-prd-{service}-{slot}-tg/01"


def aws_at(settings: Settings, split: str) -> FakeAws:
    """What the config of a stack makes, healthy, at this split; slot 02 released last."""
    fake, weights = FakeAws(), Split.parse(split)
    for service in settings.services:
        shares = {arn_of(service.name, slot): weights.weight_of(slot) for slot in Slot}
        fake.rules[f"arn:rule/{service.name}"] = [forward(**shares)]
        for slot in service.slots:
            add_slot(fake, settings, service.name, slot.slot)
    return fake


def add_slot(fake: FakeAws, settings: Settings, service: str, slot: Slot) -> None:
    wanted = wanted_services(settings)[service].slots[slot]
    assert wanted.build is not None
    name, arn = f"{service}-{slot}", arn_of(service, slot)
    template = {"LaunchTemplateId": f"lt-{name}", "Version": "2"}
    instances = [
        {"InstanceId": f"i-{name}-{n}", "LifecycleState": "InService", "LaunchTemplate": template}
        for n in range(wanted.min_size)
    ]
    fake.groups.append(
        {
            "AutoScalingGroupName": wanted.group_name,
            "DesiredCapacity": wanted.min_size,
            "MinSize": wanted.min_size,
            "MaxSize": wanted.max_size,
            "TargetGroupARNs": [arn],
            "LaunchTemplate": template,
            "Instances": instances,
        }
    )
    fake.health[arn] = [(f"i-{name}-{n}", "healthy") for n in range(wanted.min_size)]
    build = {
        "ImageId": wanted.build.image_id,
        "UserData": wanted.build.user_data,
        "InstanceType": wanted.build.instance_type,
    }
    minutes = 60 if slot is Slot.SECOND else 30
    fake.versions[f"lt-{name}"] = [
        version(1, 0, **{**build, "ImageId": "ami-old"}),
        version(2, minutes, **build),
    ]


def config_at(split: str) -> Config:
    return stack_config("prod") | {"failover:weights": split}


class FakeView(View):
    """A view of a made-up AWS, without patience."""

    def __init__(
        self, fake: FakeAws, voice: Heard | None = None, patience_seconds: float = 0.0
    ) -> None:
        patience = Retry(patience_seconds, voice or Heard(), threading.Event())
        super().__init__({}, {}, patience)
        self._clients = fake.clients


def guards_of(
    config: Config,
    fake: FakeAws,
    left: str,
    state: str | None = None,
    *,
    is_preview: bool = False,
    voice: Heard | None = None,
    patience_seconds: float = 0.0,
    last_raised: str | None = None,
) -> Guards:
    settings = parsed(config)
    engine = FakeEngine(parsed(config_at(left)), left, state)
    engine.last_raised = last_raised
    return Guards(
        guard_rules(settings),
        wanted_services(settings),
        remembered(engine),
        search_of(settings),
        FakeView(fake, voice, patience_seconds),
        is_preview=is_preview,
    )


def test_a_run_that_touches_nothing_reads_the_rules_and_nothing_else() -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")

    told = guards_of(config, fake, "75/25").look()

    assert told == []
    assert dict(fake.calls) == {"DescribeRules": 1}


def test_a_preview_tells_what_would_be_and_goes_on() -> None:
    fake = aws_at(parsed(config_at("100/0")), "100/0")

    told = guards_of(config_at("50/50"), fake, "100/0", is_preview=True).look()

    assert {notice.kind for notice in told} == {NoticeKind.WILL_BE_REFUSED}
    assert [notice.service for notice in told] == ["portal", "web"]


def test_an_update_that_is_refused_ends_before_anything_is_declared() -> None:
    fake = aws_at(parsed(config_at("100/0")), "100/0")

    with pytest.raises(
        RefusedUpdateError, match=r"judgement: refused: portal: 100/0 -> 50/50: next"
    ):
        guards_of(config_at("50/50"), fake, "100/0").look()


@pytest.mark.parametrize("state", ["75/25", "60/40"])
def test_an_update_without_any_change_is_stopped_by_an_out_of_band_change(state: str) -> None:
    fake = aws_at(parsed(config_at("75/25")), "60/40")

    with pytest.raises(RefusedUpdateError, match=r"(?s)is at 60/40.*left it at 75/25"):
        guards_of(config_at("75/25"), fake, "75/25", state).look()


def test_a_service_that_the_config_has_no_more_is_not_deleted_while_it_is_live() -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")
    for key in ("services", "images", "capacity"):
        del config[f"failover:{key}"]["portal"]

    with pytest.raises(
        RefusedUpdateError, match="judgement: refused: portal: removed: it is live at"
    ):
        guards_of(config, fake, "75/25").look()


def test_a_build_that_the_config_changes_is_seen_before_its_template_is() -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")
    config["failover:images"]["web"]["01"] = "ami-0fa11bad000000001"

    with pytest.raises(RefusedUpdateError, match="web-01 carries 75 of 100 of the traffic"):
        guards_of(config, fake, "75/25").look()


def test_a_stack_that_never_was_is_not_asked_for_its_state() -> None:
    assert remembered(NoState()) == {}


def test_what_the_stack_remembers_is_its_last_update_and_its_state() -> None:
    settings = parsed(config_at("75/25"))

    known = remembered(FakeEngine(settings, "75/25", "60/40", "50/50"))["web"]

    assert known.memory == Memory(
        state=Split(60, 40),
        left=Split(75, 25),
        asked=Split(50, 50),
        slots={
            slot: replace(wanted, target_group=arn_of("web", slot))
            for slot, wanted in wanted_services(settings)["web"].slots.items()
        },
    )
    assert known.address.rule_arn == "arn:rule/web"


def test_a_stack_without_outputs_is_judged_by_the_rules_that_are_found() -> None:
    settings = parsed(config_at("50/50"))
    fake = aws_at(settings, "100/0")
    fake.listed = listing(settings, fake)
    guards = Guards(
        guard_rules(settings),
        wanted_services(settings),
        remembered(NoState()),
        search_of(settings),
        FakeView(fake),
        is_preview=False,
    )

    with pytest.raises(RefusedUpdateError, match="next stage is 90/10"):
        guards.look()


def listing(settings: Settings, fake: FakeAws) -> dict[str, Mapping[str, Any]]:
    balancer = {"LoadBalancerName": "hankooktire-us-prd-alb", "LoadBalancerArn": "arn:alb"}
    return {
        "describe_load_balancers": {"LoadBalancers": [balancer]},
        "describe_listeners": {"Listeners": [{"Protocol": "HTTPS", "ListenerArn": "arn:443"}]},
        "describe_rules": {
            "Rules": [
                {
                    "RuleArn": f"arn:rule/{s.name}",
                    "Priority": str(s.rule.priority),
                    "Actions": fake.rules[f"arn:rule/{s.name}"],
                }
                for s in settings.services
            ]
        },
        "describe_target_groups": {
            "TargetGroups": [
                {"TargetGroupArn": arn_of(s.name, slot)} for s in settings.services for slot in Slot
            ]
        },
    }


def test_an_aws_that_throttles_for_a_moment_is_asked_again() -> None:
    config = config_at("75/25")
    fake, voice = aws_at(parsed(config), "75/25"), Heard()
    fake.failures["DescribeRules"] = [refused("DescribeRules", "Throttling")]

    guards_of(config, fake, "75/25", voice=voice, patience_seconds=30.0).look()

    assert fake.calls["DescribeRules"] == 2
    (notice,) = voice.notices
    assert notice.kind is NoticeKind.WAITING
    assert "AWS throttles the calls" in notice.text


@pytest.mark.parametrize("code", ["Throttling", "ExpiredToken", "AccessDenied"])
def test_an_aws_that_cannot_be_read_refuses_the_update_and_says_why(code: str) -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")
    fake.failures["DescribeRules"] = [refused("DescribeRules", code)]

    with pytest.raises(RefusedUpdateError, match=f"nobody can see what is live.*{code}") as refusal:
        guards_of(config, fake, "75/25").look()
    assert "config set" not in str(refusal.value)


def test_an_aws_that_cannot_be_read_gets_the_old_weights_back_into_the_config() -> None:
    config = config_at("50/50")
    config["failover:services"]["web"]["weights"] = "0/100"
    fake = aws_at(parsed(config), "75/25")
    fake.failures["DescribeRules"] = [refused("DescribeRules", "Throttling")]

    with pytest.raises(RefusedUpdateError) as refusal:
        guards_of(config, fake, "75/25").look()

    assert str(refusal.value).splitlines()[1:] == [
        "  fix: wait until AWS answers, then run it again",
        "  or: pulumi config set weights 75/25   # as it was",
        "  or: pulumi config set --path 'failover:services.web.weights' 75/25   # as it was",
    ]


def test_a_person_who_stops_the_first_look_is_told_what_was_spared_and_how_to_go_back() -> None:
    fake = aws_at(parsed(config_at("75/25")), "75/25")
    fake.failures["DescribeTargetHealth"] = [KeyboardInterrupt()]

    with pytest.raises(RefusedUpdateError) as refusal:
        guards_of(config_at("50/50"), fake, "75/25").look()

    assert str(refusal.value).splitlines() == [
        "judgement: refused: all services: unseen: stopped before anything was changed",
        "  fix: pulumi config set weights 75/25   # as it was",
    ]


def test_a_rule_that_is_made_again_is_of_no_new_service() -> None:
    engine = FakeEngine(parsed(config_at("75/25")), "75/25")

    assert served_before(engine) == {"web": None, "portal": None}
    engine.last_raised = "02"
    assert served_before(engine) == {"web": Slot.SECOND, "portal": Slot.SECOND}
    assert served_before(NoState()) == {}


def of_one_age(settings: Settings, split: str) -> FakeAws:
    """The same, with groups that were made together."""
    fake = aws_at(settings, split)
    fake.versions = {
        name: [{**versions[-1], "VersionNumber": 1}] for name, versions in fake.versions.items()
    }
    for group in fake.groups:
        group["LaunchTemplate"] = {**group["LaunchTemplate"], "Version": "1"}
        for instance in group["Instances"]:
            instance["LaunchTemplate"] = group["LaunchTemplate"]
    for versions in fake.versions.values():
        versions[0]["CreateTime"] = START
    return fake


@pytest.mark.parametrize("last_raised", Slot)
def test_the_slot_that_was_raised_last_is_the_candidate_past_the_middle(last_raised: Slot) -> None:
    """Whose way back leads to 0 on it."""
    split = str(Split(100, 0).shifted_to(last_raised, 75))
    back = str(Split(100, 0).shifted_to(last_raised, 0))
    fake = of_one_age(parsed(config_at(split)), split)

    guards = guards_of(config_at(back), fake, split, last_raised=last_raised.value)
    told = guards.look()

    assert {notice.kind for notice in told} == {NoticeKind.PASSES}
    assert all("back towards slot" in notice.text for notice in told)
    assert guards.last_raised("web", Split.parse(back)) is last_raised
    with pytest.raises(RefusedUpdateError, match="next stage is"):
        guards_of(config_at(back), fake, split).look()


def test_a_run_that_moves_nothing_keeps_the_slot_that_was_raised_last() -> None:
    config = config_at("75/25")
    guards = guards_of(config, aws_at(parsed(config), "75/25"), "75/25", last_raised="02")

    guards.look()

    assert guards.last_raised("web", Split(75, 25)) is Slot.SECOND
    assert guards.last_raised("of another stack", Split(75, 25)) is None


def test_an_output_that_names_no_slot_is_none() -> None:
    engine = FakeEngine(parsed(config_at("75/25")), "75/25")
    engine.last_raised = "03"

    assert remembered(engine)["web"].memory.last_raised is None


def wait_of(guards: Guards, voice: Heard, wait_seconds: float) -> Waiting:
    return Waiting(guards, voice, 0.0, wait_seconds, Interruption())


def test_all_rules_await_one_wait_which_ends_once_the_slot_is_fit() -> None:
    fake, voice = aws_at(parsed(config_at("100/0")), "100/0"), Heard()
    fake.health[arn_of("web", Slot.SECOND)][0] = ("i-late", "initial")
    guards = guards_of(config_at("90/10"), fake, "100/0")
    guards.look()
    waiting = wait_of(guards, voice, 60.0)

    async def update() -> None:
        rules = [asyncio.ensure_future(waiting.until_settled(n, n)) for n in ("web", "portal")]
        await voice.heard.wait()
        assert not any(rule.done() for rule in rules)
        fake.health[arn_of("web", Slot.SECOND)][0] = ("i-late", "healthy")
        await asyncio.gather(*rules)

    asyncio.run(update())

    assert voice.notices[0].kind is NoticeKind.WAITING
    assert "1 of 3 targets of web-02: i-late initial" in voice.notices[0].text
    assert voice.notices[-1].kind is NoticeKind.PASSES
    assert guards.polls == 3


def test_a_wait_says_nothing_twice_that_has_not_changed() -> None:
    fake, voice = aws_at(parsed(config_at("100/0")), "100/0"), Heard()
    late = arn_of("web", Slot.SECOND)
    fake.healthy_after[late] = 6
    guards = guards_of(config_at("50/50") | {"failover:override": "because"}, fake, "100/0")
    told = [notice for notice in guards.look() if notice.kind is not NoticeKind.WAITING]

    waiting = Waiting(guards, voice, 0.0, 60.0, Interruption(), told)
    asyncio.run(waiting.until_settled("web", "web"))

    assert NoticeKind.OVERRIDE in {notice.kind for notice in told}
    assert NoticeKind.OVERRIDE not in {notice.kind for notice in voice.notices}
    waits = [notice for notice in voice.notices if notice.kind is NoticeKind.WAITING]
    assert [notice.service for notice in waits if "targets" in notice.text] == ["web"]


def test_a_wait_that_takes_too_long_refuses_every_rule() -> None:
    fake, voice = aws_at(parsed(config_at("100/0")), "100/0"), Heard()
    fake.health[arn_of("web", Slot.SECOND)] = []
    guards = guards_of(config_at("90/10"), fake, "100/0")
    guards.look()
    waiting = wait_of(guards, voice, 0.0)

    async def update() -> list[BaseException | None]:
        waits = [waiting.until_settled(name, name) for name in ("web", "portal")]
        return await asyncio.gather(*waits, return_exceptions=True)

    outcomes = asyncio.run(update())

    assert all(isinstance(outcome, RefusedUpdateError) for outcome in outcomes)
    assert "not within 0 s, and no rule was modified" in str(outcomes[0])


def test_traffic_that_somebody_moves_in_the_middle_of_a_wait_ends_it() -> None:
    settings = parsed(config_at("100/0"))
    fake, voice = aws_at(settings, "100/0"), Heard()
    guards = guards_of(config_at("90/10"), fake, "100/0")
    guards.look()
    fake.rules |= aws_at(settings, "95/5").rules

    with pytest.raises(
        RefusedUpdateError, match="the live rule is at 95/5, and the stack left it at"
    ):
        asyncio.run(wait_of(guards, voice, 60.0).until_settled("web", "web"))


def test_the_made_up_stack_is_the_repos_own() -> None:
    for service in parsed(config_at("100/0")).services:
        for slot in service.slots:
            assert isinstance(slot.instances, NewInstances)
            assert isinstance(slot.target_group, NewTargetGroup)
            assert slot.target_group.name in arn_of(service.name, slot.slot)
    assert START.tzinfo is not None
