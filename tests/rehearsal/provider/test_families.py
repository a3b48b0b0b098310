"""What the families ask of AWS, call by call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.diff import changes, created_state, updated_state
from rehearsal.provider.errors import EngineGoneError, WaitError
from rehearsal.provider.families import instance_refresh
from rehearsal.provider.families.autoscaling import GROUP, duration_seconds, in_service_count
from rehearsal.provider.families.launch_templates import LAUNCH_TEMPLATE
from rehearsal.provider.families.listener_rules import LISTENER_RULE
from rehearsal.provider.families.security_groups import SECURITY_GROUP
from rehearsal.provider.provisioning import apply_changes, read_back
from rehearsal.provider.table import Values
from rehearsal.provider.wire import UNKNOWN

RULE_ARN = "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/a/1/2/3"
LISTENER_ARN = "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a/1/2"


class FakeAws:
    """Answers from a table of operations, and keeps the calls that were made."""

    region = "us-east-1"
    account_id = "1"

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def __getattr__(self, service: str) -> Any:
        return _FakeClient(self, self._answers)


class _FakeClient:
    def __init__(self, aws: FakeAws, answers: dict[str, Any]) -> None:
        self._aws, self._answers = aws, answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self._aws.calls.append((operation, arguments))
            answer = self._answers.get(operation, {})
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code: str) -> ClientError:
    """AWS's answer with an error code."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def call_on(aws: FakeAws) -> ProviderCall:
    told: Any = aws
    return ProviderCall(told)


def _rule(*weights: int, priority: int = 10) -> Values:
    groups = [{"arn": f"arn:aws:x:::{at}", "weight": weight} for at, weight in enumerate(weights)]
    return {
        "listenerArn": LISTENER_ARN,
        "priority": priority,
        "actions": [{"type": "forward", "order": 1, "forward": {"targetGroups": groups}}],
        "conditions": [{"pathPattern": {"values": ["/*"]}}],
    }


def _rule_in_aws(*weights: int) -> Any:
    groups = [
        {"TargetGroupArn": f"arn:aws:x:::{at}", "Weight": weight}
        for at, weight in enumerate(weights)
    ]
    action = {"Type": "forward", "Order": 1, "ForwardConfig": {"TargetGroups": groups}}
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}
    return {"Priority": "10", "Actions": [action], "Conditions": [condition]}


def test_a_stage_is_one_modify_rule_and_two_reads() -> None:
    aws = FakeAws(
        describe_rules={"Rules": [_rule_in_aws(75, 25)]},
        describe_tags={"TagDescriptions": [{"Tags": []}]},
    )
    old, new = _rule(100, 0), _rule(75, 25)

    apply_changes(call_on(aws), LISTENER_RULE, RULE_ARN, old, new, changes(LISTENER_RULE, old, new))
    state = read_back(call_on(aws), LISTENER_RULE, RULE_ARN, new)

    assert aws.names == ["modify_rule", "describe_rules", "describe_tags"]
    groups = aws.calls[0][1]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    weights = {group["TargetGroupArn"]: group["Weight"] for group in groups}
    assert weights == {"arn:aws:x:::0": 75, "arn:aws:x:::1": 25}
    assert "Conditions" not in aws.calls[0][1]
    assert state["listenerArn"] == LISTENER_ARN
    assert changes(LISTENER_RULE, state, new) == []


def test_target_groups_reach_aws_in_the_order_of_a_set_and_not_of_the_program() -> None:
    orders: set[tuple[str, ...]] = set()
    for weight in range(101):
        aws, old, new = FakeAws(), _rule(999, 999), _rule(weight, 100 - weight)
        apply_changes(
            call_on(aws), LISTENER_RULE, RULE_ARN, old, new, changes(LISTENER_RULE, old, new)
        )
        groups = aws.calls[0][1]["Actions"][0]["ForwardConfig"]["TargetGroups"]
        orders.add(tuple(group["TargetGroupArn"] for group in groups))

    assert orders == {("arn:aws:x:::0", "arn:aws:x:::1"), ("arn:aws:x:::1", "arn:aws:x:::0")}


def test_a_priority_is_set_without_touching_the_rule_s_actions() -> None:
    aws, old, new = FakeAws(), _rule(1, priority=10), _rule(1, priority=11)

    apply_changes(call_on(aws), LISTENER_RULE, RULE_ARN, old, new, changes(LISTENER_RULE, old, new))

    assert aws.names == ["set_rule_priorities"]


def test_tags_change_by_tag_calls_alone() -> None:
    aws = FakeAws()
    old = {**_rule(1), "tags": {"a": "1", "b": "1"}}
    new = {**_rule(1), "tags": {"b": "2", "c": "1"}}

    apply_changes(call_on(aws), LISTENER_RULE, RULE_ARN, old, new, changes(LISTENER_RULE, old, new))

    assert [(name, told.get("TagKeys") or told.get("Tags")) for name, told in aws.calls] == [
        ("remove_tags", ["a"]),
        ("add_tags", [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "1"}]),
    ]


def test_a_new_security_group_lets_nothing_out() -> None:
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    aws = FakeAws(
        describe_security_groups={"SecurityGroups": [{"IpPermissionsEgress": everything}]}
    )
    assert SECURITY_GROUP.settle is not None

    SECURITY_GROUP.settle(call_on(aws), "sg-1", {})

    assert aws.calls[-1] == (
        "revoke_security_group_egress",
        {"GroupId": "sg-1", "IpPermissions": everything},
    )


def _group(**changed: Any) -> Values:
    return {
        "name": "g",
        "minSize": 1,
        "maxSize": 2,
        "launchTemplate": {"id": "lt-1", "version": "2"},
        "healthCheckGracePeriod": 300,
        "waitForCapacityTimeout": "0",
        **changed,
    }


def test_an_update_of_the_template_alone_starts_a_refresh_where_one_is_declared() -> None:
    refresh = {"strategy": "Rolling", "preferences": {"minHealthyPercentage": 100}}
    old = _group(launchTemplate={"id": "lt-1", "version": "1"})
    plain, refreshed = FakeAws(), FakeAws(start_instance_refresh={"InstanceRefreshId": "r"})

    for aws, new in ((plain, _group()), (refreshed, _group(instanceRefresh=refresh))):
        apply_changes(call_on(aws), GROUP, "g", old, new, changes(GROUP, old, new))

    assert plain.names == ["update_auto_scaling_group"]
    assert refreshed.names == ["update_auto_scaling_group", "start_instance_refresh"]
    assert refreshed.calls[1][1] == {
        "AutoScalingGroupName": "g",
        "Strategy": "Rolling",
        "Preferences": {"MinHealthyPercentage": 100},
    }


@pytest.mark.parametrize(
    ("triggers", "changed", "is_wanted"),
    [
        ([], "launchTemplate", True),
        ([], "tags", False),
        (["tag"], "tags", True),
        (["vpc_zone_identifier"], "vpcZoneIdentifiers", True),
        (["max_size"], "maxSize", True),
        (["max_size"], "minSize", False),
    ],
)
def test_a_refresh_starts_for_the_template_and_for_its_triggers(
    triggers: list[str], changed: str, is_wanted: bool
) -> None:
    inputs = _group(instanceRefresh={"strategy": "Rolling", "triggers": triggers})

    assert instance_refresh.is_wanted(inputs, frozenset({changed})) == is_wanted


def test_a_refresh_under_way_is_cancelled_before_the_next_one_starts() -> None:
    aws = FakeAws(
        start_instance_refresh=[refusal("InstanceRefreshInProgress"), {}],
        describe_instance_refreshes=[
            {"InstanceRefreshes": [{"Status": "Cancelling"}]},
            {"InstanceRefreshes": [{"Status": "Cancelled"}]},
        ],
    )

    instance_refresh.start(call_on(aws), "g", _group(instanceRefresh={"strategy": "Rolling"}))

    assert aws.names == [
        "start_instance_refresh",
        "cancel_instance_refresh",
        "describe_instance_refreshes",
        "describe_instance_refreshes",
        "start_instance_refresh",
    ]


def test_a_refresh_that_may_roll_back_gets_its_desired_configuration() -> None:
    aws = FakeAws()
    refresh = {"strategy": "Rolling", "preferences": {"autoRollback": True}}

    instance_refresh.start(call_on(aws), "g", _group(instanceRefresh=refresh))

    desired = aws.calls[0][1]["DesiredConfiguration"]
    assert desired == {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("10m", 600), ("1h30m", 5400), ("1.5s", 1.5), ("10", None), ("m", None)],
)
def test_a_duration_is_read_as_go_reads_it(text: str, seconds: float | None) -> None:
    assert duration_seconds(text) == seconds


def test_only_healthy_instances_in_service_count() -> None:
    told = [
        ("Healthy", "InService"),
        ("HEALTHY", "InService"),
        ("Unhealthy", "InService"),
        ("Healthy", "Pending"),
    ]
    instances = [{"HealthStatus": health, "LifecycleState": state} for health, state in told]

    assert in_service_count({"Instances": instances}) == 2


def _template(**changed: Any) -> Values:
    return {"name": "t", "imageId": "ami-1", "latestVersion": 3, "defaultVersion": 1, **changed}


@pytest.mark.parametrize(
    ("changed", "unknown"),
    [
        ({"imageId": "ami-2"}, {"latestVersion"}),
        ({"imageId": "ami-2", "updateDefaultVersion": True}, {"latestVersion", "defaultVersion"}),
        ({"tags": {"a": "b"}}, {"latestVersion"}),
        ({"description": "d"}, set[str]()),
    ],
)
def test_a_preview_does_not_know_the_version_that_a_change_will_make(
    changed: Values, unknown: set[str]
) -> None:
    old, new = _template(), {"name": "t", "imageId": "ami-1", **changed}

    state = updated_state(LAUNCH_TEMPLATE, old, new, changes(LAUNCH_TEMPLATE, old, new))

    assert {name for name, value in state.items() if value is UNKNOWN} == unknown


def test_a_template_s_change_is_a_whole_new_version_and_leaves_the_default() -> None:
    aws = FakeAws(create_launch_template_version={"LaunchTemplateVersion": {"VersionNumber": 4}})
    old, new = (
        _template(instanceType="t3.micro"),
        {
            "name": "t",
            "imageId": "ami-2",
            "instanceType": "t3.micro",
        },
    )

    apply_changes(
        call_on(aws), LAUNCH_TEMPLATE, "lt-1", old, new, changes(LAUNCH_TEMPLATE, old, new)
    )

    assert aws.names == ["create_launch_template_version"]
    data = aws.calls[0][1]["LaunchTemplateData"]
    assert data == {"ImageId": "ami-2", "InstanceType": "t3.micro"}


def test_a_new_default_version_is_the_one_just_made() -> None:
    aws = FakeAws(create_launch_template_version={"LaunchTemplateVersion": {"VersionNumber": 4}})
    old = _template()
    new = {"name": "t", "imageId": "ami-2", "updateDefaultVersion": True}

    apply_changes(
        call_on(aws), LAUNCH_TEMPLATE, "lt-1", old, new, changes(LAUNCH_TEMPLATE, old, new)
    )

    assert aws.calls[-1] == (
        "modify_launch_template",
        {"LaunchTemplateId": "lt-1", "DefaultVersion": "4"},
    )


def test_a_preview_of_a_creation_knows_its_inputs_and_not_what_aws_chooses() -> None:
    state = created_state(GROUP, {"minSize": 1, "maxSize": 2})

    assert (state["minSize"], state["arn"], state["desiredCapacity"]) == (1, UNKNOWN, UNKNOWN)
    assert "defaultInstanceWarmup" not in state


def test_a_wait_ends_with_its_limit_and_names_what_it_waited_for() -> None:
    with pytest.raises(WaitError, match=r"a thing: not within 0.2 s"):
        call_on(FakeAws()).wait_until(lambda: False, "a thing", limit_seconds=0.2)


def test_a_limit_that_the_program_sets_goes_before_the_usual_one() -> None:
    call = call_on(FakeAws())

    assert call.limit_seconds(600) == 600
    call.timeout_seconds = 5
    assert call.limit_seconds(600) == 5


def test_a_wait_ends_at_once_when_the_engine_stops() -> None:
    call = call_on(FakeAws())
    call.engine.set()

    with pytest.raises(EngineGoneError, match="stopped while waiting"):
        call.wait_until(lambda: False, "a thing", limit_seconds=60)


def test_what_is_retried_in_vain_ends_with_aws_s_own_refusal() -> None:
    def refuse() -> None:
        raise refusal("ResourceInUse")

    with pytest.raises(ClientError, match="ResourceInUse"):
        call_on(FakeAws()).retried(refuse, "ResourceInUse", limit_seconds=0.2)


def test_another_refusal_is_not_retried() -> None:
    attempts: list[int] = []

    def refuse() -> None:
        attempts.append(1)
        raise refusal("AccessDenied")

    with pytest.raises(ClientError, match="AccessDenied"):
        call_on(FakeAws()).retried(refuse, "ResourceInUse", limit_seconds=60)
    assert len(attempts) == 1


def test_what_is_gone_already_is_no_error() -> None:
    def refuse() -> None:
        raise refusal("RuleNotFound")

    assert unless_gone(refuse, "RuleNotFound") is None
    with pytest.raises(ClientError):
        unless_gone(refuse, "ListenerNotFound")


@pytest.mark.parametrize(
    ("condition", "aws"),
    [
        (
            {"httpRequestMethod": {"values": ["GET"]}},
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        ),
        (
            {"queryStrings": [{"key": "v", "value": "2"}, {"value": "on"}]},
            {
                "Field": "query-string",
                "QueryStringConfig": {"Values": [{"Value": "2", "Key": "v"}, {"Value": "on"}]},
            },
        ),
        (
            {"sourceIp": {"values": ["10.0.0.0/8"]}},
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
        ),
        (
            {"httpHeader": {"httpHeaderName": "X-A", "values": ["b"]}},
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b"]},
            },
        ),
    ],
)
def test_each_kind_of_condition_reaches_aws_and_comes_back(condition: Values, aws: Values) -> None:
    old, new = _rule(1), {**_rule(1), "conditions": [condition]}
    fake = FakeAws(
        describe_rules={"Rules": [{**_rule_in_aws(1), "Conditions": [aws]}]},
        describe_tags={"TagDescriptions": [{"Tags": []}]},
    )

    apply_changes(
        call_on(fake), LISTENER_RULE, RULE_ARN, old, new, changes(LISTENER_RULE, old, new)
    )
    state = read_back(call_on(fake), LISTENER_RULE, RULE_ARN, new)

    assert fake.calls[0][1]["Conditions"] == [aws]
    assert state["conditions"] == [condition]
    assert changes(LISTENER_RULE, state, new) == []


def test_a_login_keeps_the_secret_that_aws_does_not_show() -> None:
    login: Values = {
        "type": "authenticate-oidc",
        "authenticateOidc": {
            "issuer": "https://login.example",
            "authorizationEndpoint": "https://login.example/authorize",
            "tokenEndpoint": "https://login.example/token",
            "userInfoEndpoint": "https://login.example/userinfo",
            "clientId": "shop",
            "clientSecret": "s3cret",
            "scope": "openid",
            "sessionCookieName": "AWSELBAuthSessionCookie",
            "sessionTimeout": 604_800,
            "onUnauthenticatedRequest": "deny",
        },
    }
    old = _rule(1)
    new = {**old, "actions": [login, {**old["actions"][0], "order": 2}]}
    in_aws = _rule_in_aws(1)
    shown = {
        name[0].upper() + name[1:]: value
        for name, value in login["authenticateOidc"].items()
        if name != "clientSecret"
    }
    forward = {**in_aws["Actions"][0], "Order": 2}
    action = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": shown}
    fake = FakeAws(
        describe_rules={"Rules": [{**in_aws, "Actions": [forward, action]}]},
        describe_tags={"TagDescriptions": [{"Tags": []}]},
    )

    apply_changes(
        call_on(fake), LISTENER_RULE, RULE_ARN, old, new, changes(LISTENER_RULE, old, new)
    )
    state = read_back(call_on(fake), LISTENER_RULE, RULE_ARN, new)

    sent = fake.calls[0][1]["Actions"][0]
    assert sent["AuthenticateOidcConfig"] == {**shown, "ClientSecret": "s3cret"}
    assert state["actions"][0] == {**login, "order": 1}
    assert changes(LISTENER_RULE, state, new) == []
