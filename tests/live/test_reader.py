from __future__ import annotations

from typing import Any

import botocore.exceptions as boto
import pytest

from fleets.registry import fleet_readers
from live.address import ServiceAddress
from live.discovery import ListenerHint, ServiceQuery, find_services
from live.errors import (
    AccessDeniedError,
    ExpiredCredentialsError,
    LiveError,
    NoCredentialsError,
    RuleGoneError,
    ThrottledError,
    UnreachableError,
    UnreadableError,
)
from live.reader import Reader
from rollout.fleet import Fleet, Template
from rollout.observation import LiveRule, Target
from rollout.split import Slot
from tests.live.fake_aws import START, FakeAws, forward, refused, version

FIRST, SECOND = Slot
ARNS = {FIRST: "arn:tg/web-01", SECOND: "arn:tg/web-02"}
WEB = ServiceAddress("web", "arn:rule/web", ARNS)


def group(slot: Slot, version_text: str = "1", **more: Any) -> dict[str, Any]:
    template = {"LaunchTemplateId": f"lt-{slot}", "Version": version_text}
    return {
        "AutoScalingGroupName": f"web-{slot}",
        "DesiredCapacity": 1,
        "MinSize": 1,
        "MaxSize": 2,
        "TargetGroupARNs": [ARNS[slot]],
        "LaunchTemplate": template,
        "Instances": [
            {"InstanceId": f"i-{slot}", "LifecycleState": "InService", "LaunchTemplate": template}
        ],
        "Tags": [{"Key": "failover:floor", "Value": "1"}],
    } | more


def aws(**changes: Any) -> FakeAws:
    made = FakeAws(
        rules={"arn:rule/web": [forward(**{ARNS[FIRST]: 75, ARNS[SECOND]: 25})]},
        health={arn: [(f"i-{slot}", "healthy")] for slot, arn in ARNS.items()},
        groups=[group(slot) for slot in Slot],
        versions={f"lt-{slot}": [version(1)] for slot in Slot},
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def read_group(fake: FakeAws, slot: Slot = FIRST) -> Fleet:
    (service,) = Reader(fake.clients, [WEB], fleet_readers(fake.clients)).read()
    found = service.slots[slot].fleet
    assert found is not None
    return found


def test_a_service_is_read_with_its_rule_targets_groups_and_release() -> None:
    fake = aws()
    (service,) = Reader(fake.clients, [WEB], fleet_readers(fake.clients)).read()

    assert service.rule == LiveRule("web", "arn:rule/web", 75, 25)
    slot = service.slots[FIRST]
    assert slot.targets == (Target("i-01", "healthy"),)
    assert slot.fleet is not None
    assert (slot.fleet.name, slot.fleet.pinned) == ("web-01", Template("lt-01", "1"))
    assert slot.fleet.floor == 1
    assert slot.fleet.outdated == ()
    assert slot.fleet.revision is not None
    assert (slot.fleet.revision.name, slot.fleet.revision.at) == ("ami-1", START)


def test_a_suspended_process_that_instances_need_is_named_with_what_resumes_it() -> None:
    suspended = [{"ProcessName": each} for each in ("AZRebalance", "HealthCheck", "Launch")]
    fake = aws(groups=[group(FIRST, SuspendedProcesses=suspended), group(SECOND)])

    found = [read_group(fake, slot).delays for slot in Slot]

    assert found == [
        (
            "Launch, HealthCheck of its group are suspended; aws autoscaling resume-processes "
            '--auto-scaling-group-name web-01 --scaling-processes \'["Launch","HealthCheck"]\' '
            "--region us-east-1 resumes",
        ),
        (),
    ]


def test_an_instance_that_a_lifecycle_hook_holds_is_named_with_what_shows_the_hook() -> None:
    states = ("InService", "Pending:Wait", "Pending:Proceed", "Terminating:Wait")
    instances = [
        {"InstanceId": f"i-{n}", "LifecycleState": state} for n, state in enumerate(states)
    ]
    fake = aws(groups=[group(FIRST, Instances=instances), group(SECOND)])

    found = [read_group(fake, slot).delays for slot in Slot]

    assert found == [
        (
            "i-1 waits for a lifecycle hook, which aws autoscaling describe-lifecycle-hooks "
            "--auto-scaling-group-name web-01 --region us-east-1 shows",
        ),
        (),
    ]


def test_a_second_poll_asks_for_groups_by_name_and_for_no_template_again() -> None:
    fake = aws(page_size=1, groups=[group(FIRST), group(SECOND), group(FIRST, TargetGroupARNs=[])])
    reader = Reader(fake.clients, [WEB], fleet_readers(fake.clients))
    reader.read()
    fake.calls.clear()

    reader.read()

    assert dict(fake.calls) == {
        "DescribeRules": 1,
        "DescribeTargetHealth": 2,
        "DescribeAutoScalingGroups": 3,
    }


def test_every_page_is_read() -> None:
    fake = aws(page_size=1, versions={f"lt-{s}": [version(n) for n in (1, 2, 3)] for s in Slot})
    fake.groups = [group(slot, "3") for slot in Slot]

    assert read_group(fake, SECOND).pinned == Template("lt-02", "3")


def test_a_release_is_as_old_as_its_build_and_not_as_its_tags() -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    versions = [
        version(1, 0, ImageId="ami-1"),
        version(2, 10, ImageId="ami-2"),
        version(3, 20, ImageId="ami-2", TagSpecifications=tags),
        version(4, 30, ImageId="ami-3"),
    ]
    fake = aws(groups=[group(s, "3") for s in Slot], versions={f"lt-{s}": versions for s in Slot})

    release = read_group(fake).revision

    assert release is not None
    assert (release.name, release.is_first) == ("ami-2", False)
    assert release.at == versions[1]["CreateTime"]


@pytest.mark.parametrize(("text", "number"), [("$Latest", "2"), ("$Default", "1")])
def test_a_version_by_name_is_told_by_its_number(text: str, number: str) -> None:
    fake = aws(groups=[group(slot, text) for slot in Slot])
    fake.versions = {f"lt-{slot}": [version(1), version(2, 5)] for slot in Slot}

    assert read_group(fake).pinned == Template("lt-01", number)


def test_a_group_with_a_launch_configuration_is_read_too() -> None:
    old = group(FIRST, LaunchTemplate=None, LaunchConfigurationName="lc-1")
    old["Instances"] = [
        {"InstanceId": "i-1", "LifecycleState": "InService", "LaunchConfigurationName": "lc-0"}
    ]
    configuration = {
        "LaunchConfigurationName": "lc-1",
        "ImageId": "ami-1",
        "InstanceType": "t3.small",
        "CreatedTime": START,
    }
    fake = aws(groups=[old, group(SECOND)], configurations=[configuration])

    found = read_group(fake)

    assert found.pinned == Template("lc-1")
    assert [instance.id for instance in found.outdated] == ["i-1"]
    assert found.revision is not None
    assert found.revision.name == "ami-1"


def test_a_group_attached_by_a_traffic_source_is_found() -> None:
    fake = aws(
        groups=[
            group(FIRST, TargetGroupARNs=[], TrafficSources=[{"Identifier": ARNS[FIRST]}]),
            group(SECOND),
        ]
    )

    assert read_group(fake).name == "web-01"


def test_two_groups_behind_one_target_group_are_no_group() -> None:
    fake = aws(groups=[group(FIRST), group(FIRST, AutoScalingGroupName="other"), group(SECOND)])

    (service,) = Reader(fake.clients, [WEB], fleet_readers(fake.clients)).read()

    assert service.slots[FIRST].fleet is None


@pytest.mark.parametrize(
    ("actions", "weights"),
    [
        ([{"Type": "forward", "TargetGroupArn": "arn:tg/web-01"}], "100/0"),
        ([forward(**{"arn:tg/web-01": 1})], "100/0"),
        ([forward(**{"arn:tg/web-01": 3, "arn:tg/web-02": 1})], "75/25"),
        ([{"Type": "authenticate-oidc"}, forward(**{"arn:tg/web-02": 1})], "0/100"),
        ([forward(**{"arn:tg/web-01": 1, "arn:tg/other": 1})], "1/0 and arn:tg/other"),
        ([{"Type": "redirect"}], "0/0 and redirect"),
    ],
)
def test_what_a_rule_does_is_told_in_weights(actions: list[dict[str, Any]], weights: str) -> None:
    fake = aws(rules={"arn:rule/web": actions})

    (rule,) = Reader(fake.clients, [WEB], fleet_readers(fake.clients)).read_rules()

    assert rule.weights == weights


def test_a_rule_that_is_gone_is_named_and_the_others_are_read_for_it() -> None:
    fake = aws()
    portal = ServiceAddress("portal", "arn:rule/portal", ARNS)

    with pytest.raises(
        RuleGoneError, match=r"was deleted outside Pulumi: portal \(arn:rule/portal\)"
    ):
        Reader(fake.clients, [WEB, portal], fleet_readers(fake.clients)).read_rules()


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("Throttling", ThrottledError, "AWS throttles"),
        ("RequestLimitExceeded", ThrottledError, "AWS throttles"),
        ("ExpiredToken", ExpiredCredentialsError, "have expired"),
        ("RequestExpired", ExpiredCredentialsError, "have expired"),
        ("InvalidClientTokenId", NoCredentialsError, "does not know these credentials"),
        ("AccessDenied", AccessDeniedError, "elasticloadbalancing:DescribeRules"),
        ("ServiceUnavailable", UnreachableError, "is down"),
        ("ValidationError", UnreadableError, "refused to be read"),
    ],
)
def test_each_failure_of_aws_has_its_own_words(
    code: str, error: type[LiveError], words: str
) -> None:
    fake = aws(failures={"DescribeRules": [refused("DescribeRules", code)]})

    with pytest.raises(error, match=words):
        Reader(fake.clients, [WEB], fleet_readers(fake.clients)).read_rules()


def listed(rules: list[dict[str, Any]]) -> FakeAws:
    groups = [f"arn:aws:elasticloadbalancing:r:1:targetgroup/web-{s}-tg/01" for s in Slot]
    return FakeAws(
        listed={
            "describe_load_balancers": {
                "LoadBalancers": [{"LoadBalancerName": "shop-alb", "LoadBalancerArn": "arn:alb"}]
            },
            "describe_listeners": {
                "Listeners": [
                    {"Protocol": "HTTP", "ListenerArn": "arn:80"},
                    {"Protocol": "HTTPS", "ListenerArn": "arn:443"},
                ]
            },
            "describe_rules": {"Rules": rules},
            "describe_target_groups": {"TargetGroups": [{"TargetGroupArn": arn} for arn in groups]},
        }
    )


SOUGHT = ServiceQuery("web", 200, {slot: f"web-{slot}-tg" for slot in Slot})


@pytest.mark.parametrize("silent", [boto.ReadTimeoutError, boto.ConnectTimeoutError])
def test_an_aws_that_stops_answering_in_the_middle_is_unreachable(
    silent: type[boto.HTTPClientError],
) -> None:
    fake = aws(failures={"DescribeRules": [silent(endpoint_url="https://elb.example")]})

    with pytest.raises(UnreachableError, match="cannot be reached"):
        Reader(fake.clients, [WEB], fleet_readers(fake.clients)).read_rules()


def test_a_rule_is_found_without_the_stacks_help() -> None:
    arn = "arn:aws:elasticloadbalancing:r:1:targetgroup/web-01-tg/01"
    rule = {
        "RuleArn": "arn:rule",
        "Priority": "200",
        "Actions": [{"Type": "forward", "TargetGroupArn": arn}],
    }
    fake = listed([{**rule, "RuleArn": "arn:other", "Priority": "100"}, rule])

    (found,) = find_services(fake.clients.balancing, ListenerHint(None, "shop-alb"), [SOUGHT])

    assert (found.service, found.rule_arn) == ("web", "arn:rule")
    assert found.target_group_arns[FIRST] == arn


@pytest.mark.parametrize("name", ["shop-alb", "another-alb"])
def test_nothing_is_found_where_nothing_is(name: str) -> None:
    assert find_services(listed([]).clients.balancing, ListenerHint(None, name), [SOUGHT]) == ()
