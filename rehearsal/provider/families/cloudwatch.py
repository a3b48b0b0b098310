"""Metric alarm and dashboard.

Source: hashicorp/aws 6 internal/service/cloudwatch, metric_alarm.go and dashboard.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.tags import TAGS, as_list, as_map, listed
from rehearsal.provider.table import (
    AutoName,
    MapOf,
    Property,
    ResourceType,
    SetOf,
    Tagging,
    Values,
)
from rehearsal.provider.values import (
    BOOLEAN,
    INTEGER,
    JSON_TEXT,
    NUMBER,
    STRING,
    arn,
    between,
    either,
    json_document,
    length,
    matching,
    multiple_of,
    one_of,
)
from rollout.json_value import map_of

_NOT_FOUND = ("ResourceNotFound", "ResourceNotFoundException", "DashboardNotFoundError")

_ALARM = {
    "actionsEnabled": "ActionsEnabled",
    "alarmDescription": "AlarmDescription",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "period": "Period",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "threshold": "Threshold",
    "comparisonOperator": "ComparisonOperator",
    "treatMissingData": "TreatMissingData",
}


def _alarm_arguments(inputs: Values) -> dict[str, Any]:
    sent: dict[str, Any] = {
        aws: inputs[name] for name, aws in _ALARM.items() if inputs.get(name) is not None
    }
    sent["Threshold"] = float(sent["Threshold"])
    sent["Dimensions"] = [
        {"Name": key, "Value": value} for key, value in map_of(inputs.get("dimensions")).items()
    ]
    return sent


def _create_alarm(call: ProviderCall, inputs: Values) -> str:
    call.aws.cloudwatch.put_metric_alarm(
        AlarmName=inputs["name"], **_alarm_arguments(inputs), **listed(inputs.get("tags"))
    )
    return inputs["name"]


def _update_alarm(
    call: ProviderCall, name: str, _old: Values, new: Values, _changed: frozenset[str]
) -> None:
    # PutMetricAlarm replaces the whole alarm; only tags it leaves alone.
    call.aws.cloudwatch.put_metric_alarm(AlarmName=name, **_alarm_arguments(new))


def _describe_alarm(call: ProviderCall, name: str) -> Any:
    answer = call.aws.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])
    return next(iter(answer["MetricAlarms"]), None)


def _read_alarm(call: ProviderCall, name: str) -> Values | None:
    alarm = _describe_alarm(call, name)
    if alarm is None:
        return None
    tags = call.aws.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    return {
        "arn": alarm["AlarmArn"],
        "name": name,
        **{prop: alarm.get(aws) for prop, aws in _ALARM.items()},
        "treatMissingData": alarm.get("TreatMissingData") or "missing",
        "dimensions": {d["Name"]: d["Value"] for d in alarm.get("Dimensions") or ()},
        "tags": as_map(tags),
    }


def _delete_alarm(call: ProviderCall, name: str, _state: Values) -> None:
    unless_gone(lambda: call.aws.cloudwatch.delete_alarms(AlarmNames=[name]), *_NOT_FOUND)


def _alarm_arn(call: ProviderCall, name: str) -> str:
    return f"arn:aws:cloudwatch:{call.aws.region}:{call.aws.account_id}:alarm:{name}"


def _add_tags(call: ProviderCall, name: str, tags: dict[str, str]) -> None:
    arn_of_alarm = _alarm_arn(call, name)
    call.aws.cloudwatch.tag_resource(ResourceARN=arn_of_alarm, Tags=as_list(tags))


def _remove_tags(call: ProviderCall, name: str, keys: list[str]) -> None:
    call.aws.cloudwatch.untag_resource(ResourceARN=_alarm_arn(call, name), TagKeys=keys)


def _alarm_problems(inputs: Values) -> Iterator[tuple[str, str]]:
    for name in ("metricName", "namespace", "period", "threshold"):
        if inputs.get(name) is None:
            yield name, "is needed: metric queries are not supported by the rehearsal"
    if ("statistic" in inputs) == ("extendedStatistic" in inputs):
        yield "statistic", "exactly one of statistic and extendedStatistic is needed"


_OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_ACTIONS = Property(SetOf(STRING), valid=arn)

METRIC_ALARM = ResourceType(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    properties={
        "name": Property(STRING, replaces=True, valid=length(1, 255)),
        "alarmDescription": Property(STRING, valid=length(0, 1024)),
        "actionsEnabled": Property(BOOLEAN, default=True),
        "namespace": Property(STRING, valid=length(1, 255)),
        "metricName": Property(STRING, valid=length(1, 255)),
        "dimensions": Property(MapOf(STRING)),
        "statistic": Property(
            STRING, valid=one_of("SampleCount", "Average", "Sum", "Minimum", "Maximum")
        ),
        "extendedStatistic": Property(
            STRING,
            valid=matching(
                r"(p|tm|tc|ts|wm|pr|TM|TC|TS|WM|PR|IQM).*", "an extended statistic like p99"
            ),
        ),
        "period": Property(INTEGER, valid=either(one_of(10, 20, 30), multiple_of(60))),
        "evaluationPeriods": Property(INTEGER, required=True, valid=between(1, 2**31)),
        "datapointsToAlarm": Property(INTEGER, valid=between(1, 2**31)),
        "threshold": Property(NUMBER),
        "comparisonOperator": Property(STRING, required=True, valid=one_of(*_OPERATORS)),
        "treatMissingData": Property(STRING, default="missing", valid=one_of(*_MISSING)),
        "alarmActions": _ACTIONS,
        "okActions": _ACTIONS,
        "insufficientDataActions": _ACTIONS,
        "tags": TAGS,
    },
    outputs=("arn",),
    create=_create_alarm,
    read=_read_alarm,
    update=_update_alarm,
    delete=_delete_alarm,
    tagging=Tagging(_add_tags, _remove_tags),
    autoname=AutoName(most=255),
    problems=_alarm_problems,
)


# Dashboard


def _put_dashboard(call: ProviderCall, inputs: Values) -> str:
    call.aws.cloudwatch.put_dashboard(
        DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
    )
    return inputs["dashboardName"]


def _read_dashboard(call: ProviderCall, name: str) -> Values | None:
    found = unless_gone(lambda: call.aws.cloudwatch.get_dashboard(DashboardName=name), *_NOT_FOUND)
    if not found:
        return None
    return {
        "dashboardArn": found["DashboardArn"],
        "dashboardName": name,
        "dashboardBody": found["DashboardBody"],
    }


def _delete_dashboard(call: ProviderCall, name: str, _state: Values) -> None:
    unless_gone(lambda: call.aws.cloudwatch.delete_dashboards(DashboardNames=[name]), *_NOT_FOUND)


DASHBOARD = ResourceType(
    token="aws:cloudwatch/dashboard:Dashboard",
    properties={
        "dashboardName": Property(
            STRING,
            required=True,
            replaces=True,
            valid=matching(r"[0-9A-Za-z_-]{1,255}", "at most 255 letters, digits, - and _"),
        ),
        "dashboardBody": Property(JSON_TEXT, required=True, valid=json_document),
    },
    outputs=("dashboardArn",),
    create=_put_dashboard,
    read=_read_dashboard,
    update=lambda call, _id, _old, new, _changed: _put_dashboard(call, new),
    delete=_delete_dashboard,
)
