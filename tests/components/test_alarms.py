from __future__ import annotations

from tests.components.stacks import declared, recording_of
from tests.configs import stack_config

ALARM = ":MetricAlarm"
TOPIC = "arn:aws:sns:us-east-1:111122223333:on-call"


def test_errors_of_a_slots_targets_are_counted_by_the_minute() -> None:
    alarm = recording_of("prod").one(ALARM, "web-02-target-5xx").inputs

    assert alarm["dimensions"] == {
        "LoadBalancer": "suffix/alb",
        "TargetGroup": "suffix/web-02",
    }
    assert (alarm["metricName"], alarm["statistic"]) == ("HTTPCode_Target_5XX_Count", "Sum")
    assert (alarm["threshold"], alarm["period"], alarm["evaluationPeriods"]) == (50, 60, 1)


def test_a_minute_without_an_error_is_no_alarm_and_a_slot_without_targets_says_nothing() -> None:
    alarms = {r.name: r.inputs for r in recording_of("prod").of_type(ALARM)}

    assert alarms["web-01-target-5xx"]["treatMissingData"] == "notBreaching"
    assert alarms["web-01-unhealthy-hosts"]["treatMissingData"] == "missing"


def test_alarms_tell_the_topic_that_the_config_names_and_nobody_else() -> None:
    config = stack_config("prod")
    config["failover:alarms"]["topicArn"] = TOPIC

    told = {
        tuple(r.inputs.get("alarmActions", [])) + tuple(r.inputs.get("okActions", []))
        for r in declared(config).of_type(ALARM)
    }

    assert told == {(TOPIC, TOPIC)}
    assert not any("alarmActions" in r.inputs for r in recording_of("prod").of_type(ALARM))


def test_there_are_no_alarms_where_the_config_has_none() -> None:
    config = stack_config("prod")
    del config["failover:alarms"]

    assert declared(config).of_type(ALARM) == []
