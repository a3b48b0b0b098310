"""The judgement of an update, on an AWS and an engine that the test makes up."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader, Retry
from components.guards.recorded_state import remembered_services, served_before
from components.guards.update_judge import UpdateJudge
from components.guards.wait import Interruption, Wait
from components.guards.wanted import guard_rules, search_of, wanted_services
from fleets.auto_scaling_group.keys import NewInstances
from fleets.auto_scaling_group.user_data import user_data
from rollout.candidate import LAST_RAISED
from rollout.guard_case import Memory
from rollout.notice import NoticeKind
from rollout.split import Slot, Split
from settings.settings import Settings
from settings.target_group import NewTargetGroup
from tests.components.heard import Heard
from tests.configs import Config, FakeLookups, parsed, stack_config
from tests.live.fake_aws import START, FakeAws, forward, refused, version

ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333"


class FakeEngine:
    """What the engine has recorded of a stack at this split."""

    def __init__(
        self,
        settings: Settings,
        last_applied: str,
        recorded: str | None = None,
        last_intended: str | None = None,
    ) -> None:
        self.settings, self.last_applied = settings, last_applied
        self.recorded, self.last_intended = recorded or last_applied, last_intended
        self.last_raised: str | None = None

    def stack_outputs(self) -> Mapping[str, Any]:
        return {
            "services": {
                s.name: {
                    "ruleArn": f"arn:rule/{s.name}",
                    "weights": self.last_applied,
                    **({} if self.last_raised is None else {LAST_RAISED: self.last_raised}),
                    "targetGroupArns": {slot.value: arn_of(s.name, slot) for slot in Slot},
                }
                for s in self.settings.services
            }
        }

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        split = Split.parse(self.recorded)
        for service in self.settings.services:
            groups = [
                {"arn": arn_of(service.name, slot), "weight": split.weight_of(slot)}
                for slot in Slot
            ]
            actions = {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}
            found[urn("aws:lb/listenerRule:ListenerRule", service.name)] = actions
            for slot in service.slots:
                wanted = wanted_services(self.settings)[service.name].slots[slot.slot]
                name = f"{service.name}-{slot.slot}"
                found[urn("aws:lb/targetGroup:TargetGroup", name)] = {}
                if self.last_intended is not None:
                    weight = Split.parse(self.last_intended).weight_of(slot.slot)
                    found[urn("failover:index:Slot", name)] = {"weight": float(weight)}
                image_id, data, instance_type = launched(self.settings, service.name, slot.slot)
                found[urn("aws:ec2/launchTemplate:LaunchTemplate", name)] = {
                    "imageId": image_id,
                    "userData": data,
                    "instanceType": instance_type,
                }
                found[urn("aws:autoscaling/group:Group", name)] = {
                    "name": wanted.fleet.name,
                    "minSize": wanted.fleet.least,
                    "maxSize": wanted.fleet.most,
                }
        return found


class NoState:
    """An engine before the first update; to ask it for resources would crash it."""

    def stack_outputs(self) -> Mapping[str, Any]:
        return {}

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        raise AssertionError("the engine has no state")


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::failover::failover:index:Service${kind}::{name}"


def launched(settings: Settings, name: str, slot: Slot) -> tuple[str, str, str]:
    """Image, user data and instance type of a slot, as its launch template has them."""
    (service,) = (each for each in settings.services if each.name == name)
    (fleet,) = (each.fleet for each in service.slots if each.slot is slot)
    assert isinstance(fleet, NewInstances)
    data = user_data(settings.names.environment, name, slot, service.port)
    return fleet.image_id, data, fleet.capacity.instance_type


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
    image_id, data, instance_type = launched(settings, service, slot)
    name, arn = f"{service}-{slot}", arn_of(service, slot)
    template = {"LaunchTemplateId": f"lt-{name}", "Version": "2"}
    instances = [
        {"InstanceId": f"i-{name}-{n}", "LifecycleState": "InService", "LaunchTemplate": template}
        for n in range(wanted.fleet.least)
    ]
    fake.groups.append(
        {
            "AutoScalingGroupName": wanted.fleet.name,
            "DesiredCapacity": wanted.fleet.least,
            "MinSize": wanted.fleet.least,
            "MaxSize": wanted.fleet.most,
            "TargetGroupARNs": [arn],
            "LaunchTemplate": template,
            "Instances": instances,
        }
    )
    fake.health[arn] = [(f"i-{name}-{n}", "healthy") for n in range(wanted.fleet.least)]
    build = {
        "ImageId": image_id,
        "UserData": data,
        "InstanceType": instance_type,
    }
    minutes = 60 if slot is Slot.SECOND else 30
    fake.versions[f"lt-{name}"] = [
        version(1, 0, **{**build, "ImageId": "ami-old"}),
        version(2, minutes, **build),
    ]


def config_at(split: str) -> Config:
    return stack_config("prod") | {"failover:weights": split}


class FakeReader(GuardReader):
    """A reader of a made-up AWS, without retries unless the test asks for them."""

    def __init__(self, fake: FakeAws, log: Heard | None = None, retry_seconds: float = 0.0) -> None:
        super().__init__({}, {}, Retry(retry_seconds, log or Heard(), threading.Event()))
        self._clients = fake.clients


def judge_of(
    config: Config,
    fake: FakeAws,
    last_applied: str,
    recorded: str | None = None,
    *,
    is_preview: bool = False,
    log: Heard | None = None,
    retry_seconds: float = 0.0,
    last_raised: str | None = None,
    lookups: FakeLookups | None = None,
) -> UpdateJudge:
    settings = parsed(config, lookups)
    engine = FakeEngine(parsed(config_at(last_applied)), last_applied, recorded)
    engine.last_raised = last_raised
    return UpdateJudge(
        guard_rules(settings),
        wanted_services(settings),
        remembered_services(engine),
        search_of(settings),
        FakeReader(fake, log, retry_seconds),
        is_preview=is_preview,
    )


def test_a_run_that_touches_nothing_reads_the_rules_and_nothing_else() -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")

    found = judge_of(config, fake, "75/25").judge()

    assert found == []
    assert dict(fake.calls) == {"DescribeRules": 1}


def test_a_preview_tells_what_would_be_and_goes_on() -> None:
    fake = aws_at(parsed(config_at("100/0")), "100/0")

    found = judge_of(config_at("50/50"), fake, "100/0", is_preview=True).judge()

    assert {notice.kind for notice in found} == {NoticeKind.WILL_BE_REFUSED}
    assert [notice.service for notice in found] == ["portal", "web"]


def test_an_update_that_is_refused_ends_before_anything_is_declared() -> None:
    fake = aws_at(parsed(config_at("100/0")), "100/0")

    with pytest.raises(
        RefusedUpdateError, match=r"judgement: refused: portal: 100/0 -> 50/50: next"
    ):
        judge_of(config_at("50/50"), fake, "100/0").judge()


@pytest.mark.parametrize(
    ("recorded", "difference"),
    [("75/25", "the stack recorded 75/25"), ("60/40", "the last `pulumi up` left it at 75/25")],
)
def test_an_update_without_any_change_is_stopped_by_a_change_outside_pulumi(
    recorded: str, difference: str
) -> None:
    fake = aws_at(parsed(config_at("75/25")), "60/40")

    with pytest.raises(RefusedUpdateError, match=f"is at 60/40, and {difference}"):
        judge_of(config_at("75/25"), fake, "75/25", recorded).judge()


def test_a_service_that_is_no_longer_in_the_config_is_not_deleted_while_it_is_live() -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")
    for key in ("services", "images", "capacity"):
        del config[f"failover:{key}"]["portal"]

    with pytest.raises(
        RefusedUpdateError, match="judgement: refused: portal: removed: portal is live at"
    ):
        judge_of(config, fake, "75/25").judge()


def test_a_build_that_the_config_changes_is_seen_before_its_template_is() -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")
    config["failover:images"]["web"]["01"] = "ami-0fa11bad000000001"

    with pytest.raises(RefusedUpdateError, match="web-01 carries 75 % of the traffic"):
        judge_of(config, fake, "75/25").judge()


def with_user_data(config: Config, text: str, *way: str) -> Config:
    capacity = config["failover:capacity"]["web"]
    for step in way:
        capacity = capacity.setdefault(step, {})
    capacity["launchTemplate"] = {"userData": {"text": text}}
    return config


def test_user_data_of_a_live_slot_is_seen_before_its_template_is() -> None:
    fake = aws_at(parsed(config_at("75/25")), "75/25")
    config = with_user_data(config_at("75/25"), "#!/bin/sh\nTOKEN=s3cret\n", "01")

    with pytest.raises(RefusedUpdateError) as refused:
        judge_of(config, fake, "75/25").judge()

    text = str(refused.value)
    assert re.search(r"user data \(sha256 \w+, \d+ bytes -> sha256 \w+, \d+ bytes\)", text)
    assert "web-01 carries 75 % of the traffic" in text
    assert "s3cret" not in text


def test_user_data_of_an_idle_slot_is_a_release_onto_it() -> None:
    fake = aws_at(parsed(config_at("100/0")), "100/0")
    config = with_user_data(config_at("100/0"), "#!/bin/sh\n", "02")

    found = judge_of(config, fake, "100/0").judge()

    assert [(notice.kind, notice.service) for notice in found] == [(NoticeKind.PASSES, "web")]


def test_user_data_of_a_service_is_a_release_onto_both_slots() -> None:
    fake = aws_at(parsed(config_at("100/0")), "100/0")
    config = with_user_data(config_at("100/0"), "#!/bin/sh\n")

    with pytest.raises(RefusedUpdateError, match="web-01 carries 100 % of the traffic"):
        judge_of(config, fake, "100/0").judge()


def test_a_copy_of_a_template_is_not_for_a_live_slot() -> None:
    fake = aws_at(parsed(config_at("75/25")), "75/25")
    config, lookups = config_at("75/25"), FakeLookups()
    source = {"name": "shop-web", "version": 4}
    config["failover:capacity"]["web"]["01"] = {"launchTemplate": {"from": source}}
    lookups.templates["shop-web version 4"] = {"KeyName": "ops"}

    with pytest.raises(
        RefusedUpdateError,
        match="launch template none -> shop-web version 4: web-01 carries 75 % of the traffic",
    ):
        judge_of(config, fake, "75/25", lookups=lookups).judge()


def test_a_stack_that_never_was_is_not_asked_for_its_state() -> None:
    assert remembered_services(NoState()) == {}


def test_what_the_stack_remembers_is_its_last_update_and_its_state() -> None:
    settings = parsed(config_at("75/25"))

    known = remembered_services(FakeEngine(settings, "75/25", "60/40", "50/50"))["web"]

    assert known.memory == Memory(
        recorded=Split(60, 40),
        last_applied=Split(75, 25),
        last_intended=Split(50, 50),
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
    judge = UpdateJudge(
        guard_rules(settings),
        wanted_services(settings),
        remembered_services(NoState()),
        search_of(settings),
        FakeReader(fake),
        is_preview=False,
    )

    with pytest.raises(RefusedUpdateError, match="next stage is 90/10"):
        judge.judge()


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
    fake, log = aws_at(parsed(config), "75/25"), Heard()
    fake.failures["DescribeRules"] = [refused("DescribeRules", "Throttling")]

    judge_of(config, fake, "75/25", log=log, retry_seconds=30.0).judge()

    assert fake.calls["DescribeRules"] == 2
    (notice,) = log.notices
    assert notice.kind is NoticeKind.WAITING
    assert "AWS throttles the calls" in notice.text


@pytest.mark.parametrize("code", ["Throttling", "ExpiredToken", "AccessDenied"])
def test_an_aws_that_cannot_be_read_refuses_the_update_and_says_why(code: str) -> None:
    config = config_at("75/25")
    fake = aws_at(parsed(config), "75/25")
    fake.failures["DescribeRules"] = [refused("DescribeRules", code)]

    with pytest.raises(RefusedUpdateError, match=f"cannot read AWS; nothing.*{code}") as refusal:
        judge_of(config, fake, "75/25").judge()
    assert "config set" not in str(refusal.value)


def test_an_aws_that_cannot_be_read_gets_the_old_weights_back_into_the_config() -> None:
    config = config_at("50/50")
    config["failover:services"]["web"]["weights"] = "0/100"
    fake = aws_at(parsed(config), "75/25")
    fake.failures["DescribeRules"] = [refused("DescribeRules", "Throttling")]

    with pytest.raises(RefusedUpdateError) as refusal:
        judge_of(config, fake, "75/25").judge()

    assert str(refusal.value).splitlines()[1:] == [
        "  fix: wait until AWS answers, then run it again",
        "  or: pulumi config set weights 75/25   # as at the last update",
        "  or: pulumi config set --path 'failover:services.web.weights' 75/25"
        "   # as at the last update",
    ]


def test_a_person_who_stops_the_first_look_is_told_what_was_spared_and_how_to_go_back() -> None:
    fake = aws_at(parsed(config_at("75/25")), "75/25")
    fake.failures["DescribeTargetHealth"] = [KeyboardInterrupt()]

    with pytest.raises(RefusedUpdateError) as refusal:
        judge_of(config_at("50/50"), fake, "75/25").judge()

    assert str(refusal.value).splitlines() == [
        "judgement: refused: all services: unseen: stopped before anything was changed",
        "  fix: pulumi config set weights 75/25   # as at the last update",
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

    judge = judge_of(config_at(back), fake, split, last_raised=last_raised.value)
    found = judge.judge()

    assert {notice.kind for notice in found} == {NoticeKind.PASSES}
    assert all("rollback to slot" in notice.text for notice in found)
    assert judge.last_raised("web", Split.parse(back)) is last_raised
    with pytest.raises(RefusedUpdateError, match="next stage is"):
        judge_of(config_at(back), fake, split).judge()


def test_a_run_that_moves_nothing_keeps_the_slot_that_was_raised_last() -> None:
    config = config_at("75/25")
    judge = judge_of(config, aws_at(parsed(config), "75/25"), "75/25", last_raised="02")

    judge.judge()

    assert judge.last_raised("web", Split(75, 25)) is Slot.SECOND
    assert judge.last_raised("of another stack", Split(75, 25)) is None


def test_an_output_that_names_no_slot_is_none() -> None:
    engine = FakeEngine(parsed(config_at("75/25")), "75/25")
    engine.last_raised = "03"

    assert remembered_services(engine)["web"].memory.last_raised is None


def wait_of(judge: UpdateJudge, log: Heard, wait_seconds: float) -> Wait:
    return Wait(judge, log, 0.0, wait_seconds, Interruption())


def test_all_rules_await_one_wait_which_ends_once_the_slot_is_ready() -> None:
    fake, log = aws_at(parsed(config_at("100/0")), "100/0"), Heard()
    fake.health[arn_of("web", Slot.SECOND)][0] = ("i-late", "initial")
    judge = judge_of(config_at("90/10"), fake, "100/0")
    judge.judge()
    waiting = wait_of(judge, log, 60.0)

    async def update() -> None:
        rules = [asyncio.ensure_future(waiting.until_settled(n, n)) for n in ("web", "portal")]
        await log.heard.wait()
        assert not any(rule.done() for rule in rules)
        fake.health[arn_of("web", Slot.SECOND)][0] = ("i-late", "healthy")
        await asyncio.gather(*rules)

    asyncio.run(update())

    assert log.notices[0].kind is NoticeKind.WAITING
    assert "1 of 3 targets of web-02: i-late initial" in log.notices[0].text
    assert log.notices[-1].kind is NoticeKind.PASSES
    assert judge.polls == 3


def test_a_wait_says_nothing_twice_that_has_not_changed() -> None:
    fake, log = aws_at(parsed(config_at("100/0")), "100/0"), Heard()
    late = arn_of("web", Slot.SECOND)
    fake.healthy_after[late] = 6
    judge = judge_of(config_at("50/50") | {"failover:override": "because"}, fake, "100/0")
    found = [notice for notice in judge.judge() if notice.kind is not NoticeKind.WAITING]

    waiting = Wait(judge, log, 0.0, 60.0, Interruption(), found)
    asyncio.run(waiting.until_settled("web", "web"))

    assert NoticeKind.OVERRIDE in {notice.kind for notice in found}
    assert NoticeKind.OVERRIDE not in {notice.kind for notice in log.notices}
    waits = [notice for notice in log.notices if notice.kind is NoticeKind.WAITING]
    assert [notice.service for notice in waits if "targets" in notice.text] == ["web"]


def test_a_wait_that_takes_too_long_refuses_every_rule() -> None:
    fake, log = aws_at(parsed(config_at("100/0")), "100/0"), Heard()
    fake.health[arn_of("web", Slot.SECOND)] = []
    judge = judge_of(config_at("90/10"), fake, "100/0")
    judge.judge()
    waiting = wait_of(judge, log, 0.0)

    async def update() -> list[BaseException | None]:
        waits = [waiting.until_settled(name, name) for name in ("web", "portal")]
        return await asyncio.gather(*waits, return_exceptions=True)

    outcomes = asyncio.run(update())

    assert all(isinstance(outcome, RefusedUpdateError) for outcome in outcomes)
    assert "not ready within 0 s; no rule was modified" in str(outcomes[0])


def test_traffic_that_somebody_moves_in_the_middle_of_a_wait_ends_it() -> None:
    settings = parsed(config_at("100/0"))
    fake, log = aws_at(settings, "100/0"), Heard()
    judge = judge_of(config_at("90/10"), fake, "100/0")
    judge.judge()
    fake.rules |= aws_at(settings, "95/5").rules

    with pytest.raises(
        RefusedUpdateError, match="the live rule is at 95/5, and the stack recorded"
    ):
        asyncio.run(wait_of(judge, log, 60.0).until_settled("web", "web"))


def test_the_made_up_stack_is_the_repos_own() -> None:
    for service in parsed(config_at("100/0")).services:
        for slot in service.slots:
            assert isinstance(slot.fleet, NewInstances)
            assert isinstance(slot.target_group, NewTargetGroup)
            assert slot.target_group.name in arn_of(service.name, slot.slot)
    assert START.tzinfo is not None
