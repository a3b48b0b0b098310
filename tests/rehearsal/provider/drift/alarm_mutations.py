"""Changes to alarms and dashboards."""

from __future__ import annotations

import json
from typing import Any

from tests.rehearsal.provider.drift.mutation import REPLACED, Mutation, Subject, Table, Undo

_KEPT = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
)


def _alarm(**changed: Any) -> Mutation:
    def apply(subject: Subject) -> Undo:
        cloudwatch = subject.client("cloudwatch")
        told = cloudwatch.describe_alarms(AlarmNames=[subject.id])["MetricAlarms"][0]
        before = {key: told[key] for key in _KEPT if key in told}
        cloudwatch.put_metric_alarm(**{**before, **changed})
        return lambda: cloudwatch.put_metric_alarm(**before)

    return Mutation(apply)


def _rebalance(subject: Subject) -> Undo:
    name = subject.inputs["dimensions"]["LoadBalancer"]
    dimensions = [{"Name": "LoadBalancer", "Value": f"{name}x"}]
    return _alarm(Dimensions=dimensions).apply(subject)


def _tag(subject: Subject) -> Undo:
    cloudwatch = subject.client("cloudwatch")
    arn, back = subject.outputs["arn"], subject.inputs["tags"]["Name"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "Name", "Value": "elsewhere"}])
    return lambda: cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "Name", "Value": back}])


def _redraw(subject: Subject) -> Undo:
    cloudwatch = subject.client("cloudwatch")

    def put(body: str) -> None:
        cloudwatch.put_dashboard(DashboardName=subject.id, DashboardBody=body)

    put(json.dumps({"widgets": []}))
    return lambda: put(subject.inputs["dashboardBody"])


_TOPICS = [f"arn:aws:sns:us-east-1:123456789012:{name}" for name in ("a", "b", "c")]

ALARMS: dict[str, Table] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "name": REPLACED,
        "alarmDescription": _alarm(AlarmDescription="elsewhere"),
        "actionsEnabled": _alarm(ActionsEnabled=False),
        "namespace": _alarm(Namespace="AWS/Other"),
        "metricName": _alarm(MetricName="RequestCount"),
        "dimensions": Mutation(_rebalance, shows=frozenset({"dimensions.LoadBalancer"})),
        "statistic": _alarm(Statistic="Maximum"),
        "extendedStatistic": _alarm(ExtendedStatistic="p95"),
        "period": _alarm(Period=120),
        "evaluationPeriods": _alarm(EvaluationPeriods=4),
        "datapointsToAlarm": _alarm(DatapointsToAlarm=1),
        "threshold": _alarm(Threshold=0.6),
        "comparisonOperator": _alarm(ComparisonOperator="LessThanThreshold"),
        "treatMissingData": _alarm(TreatMissingData="breaching"),
        "alarmActions": _alarm(AlarmActions=_TOPICS),
        "okActions": _alarm(OKActions=_TOPICS),
        "insufficientDataActions": _alarm(InsufficientDataActions=_TOPICS),
        "tags": Mutation(_tag, shows=frozenset({"tags.Name"})),
    },
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardName": REPLACED,
        "dashboardBody": Mutation(_redraw),
    },
}
