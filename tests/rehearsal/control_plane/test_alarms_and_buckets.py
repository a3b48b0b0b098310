"""Alarms, dashboards, parameters and buckets come back as they were put."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, refusal

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"

ALARM: dict[str, Any] = {
    "AlarmName": "web-01-5xx",
    "AlarmDescription": "too many errors",
    "ActionsEnabled": False,
    "OKActions": [TOPIC],
    "AlarmActions": [TOPIC],
    "InsufficientDataActions": [TOPIC],
    "MetricName": "HTTPCode_Target_5XX_Count",
    "Namespace": "AWS/ApplicationELB",
    "Statistic": "Sum",
    "Dimensions": [{"Name": "LoadBalancer", "Value": "app/alb/1"}],
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def shown(aws: Aws, name: str) -> dict[str, Any]:
    (alarm,) = aws.clients["cloudwatch"].describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def test_an_alarm_has_every_setting_that_it_was_put_with(aws: Aws) -> None:
    aws.clients["cloudwatch"].put_metric_alarm(**ALARM)

    alarm = shown(aws, ALARM["AlarmName"])

    assert {key: alarm[key] for key in ALARM} == ALARM
    assert alarm["StateValue"] in ("OK", "INSUFFICIENT_DATA")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("AlarmDescription", "other"),
        ("ActionsEnabled", True),
        ("OKActions", []),
        ("AlarmActions", []),
        ("InsufficientDataActions", []),
        ("MetricName", "RequestCount"),
        ("Dimensions", [{"Name": "LoadBalancer", "Value": "app/alb/2"}]),
        ("Period", 300),
        ("EvaluationPeriods", 5),
        ("DatapointsToAlarm", 1),
        ("Threshold", 9.0),
        ("ComparisonOperator", "LessThanThreshold"),
        ("TreatMissingData", "breaching"),
        ("Statistic", "Maximum"),
    ],
)
def test_a_setting_of_an_alarm_changes_alone(aws: Aws, setting: str, value: Any) -> None:
    cloudwatch = aws.clients["cloudwatch"]
    cloudwatch.put_metric_alarm(**ALARM)

    changed = {**ALARM, setting: value}
    cloudwatch.put_metric_alarm(**changed)

    alarm = shown(aws, ALARM["AlarmName"])
    assert {key: alarm.get(key, []) for key in changed} == changed


def test_an_alarm_on_a_percentile_shows_it_and_no_other_statistic(aws: Aws) -> None:
    settings = {k: v for k, v in ALARM.items() if k != "Statistic"}
    aws.clients["cloudwatch"].put_metric_alarm(**settings, ExtendedStatistic="p99")

    alarm = shown(aws, ALARM["AlarmName"])

    assert alarm["ExtendedStatistic"] == "p99"
    assert "Statistic" not in alarm


def test_an_alarm_keeps_its_tags_when_it_is_put_again(aws: Aws) -> None:
    cloudwatch = aws.clients["cloudwatch"]
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "a", "Value": "b"}])
    arn = shown(aws, ALARM["AlarmName"])["AlarmArn"]

    cloudwatch.put_metric_alarm(**{**ALARM, "Threshold": 2.0})

    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]


def test_a_dashboard_has_the_body_that_was_put_last(aws: Aws) -> None:
    cloudwatch = aws.clients["cloudwatch"]
    widget = {"type": "text", "width": 6, "height": 2, "properties": {"markdown": "hi"}}
    for width in (6, 12):
        body = json.dumps({"widgets": [{**widget, "width": width}]})
        cloudwatch.put_dashboard(DashboardName="web", DashboardBody=body)

    kept = json.loads(cloudwatch.get_dashboard(DashboardName="web")["DashboardBody"])
    cloudwatch.delete_dashboards(DashboardNames=["web"])

    assert kept == {"widgets": [{**widget, "width": 12}]}
    assert refusal(cloudwatch.get_dashboard, DashboardName="web")[0] in (
        "ResourceNotFound",
        "DashboardNotFoundError",
    )


def test_a_bucket_with_objects_is_deleted_only_when_it_is_empty(aws: Aws) -> None:
    s3 = aws.clients["s3"]
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key="alb/AWSLogs/a b/ü.gz", Body=b"x")

    full = refusal(s3.delete_bucket, Bucket="logs")[0]
    listed = [o["Key"] for o in s3.list_objects_v2(Bucket="logs")["Contents"]]
    s3.delete_objects(Bucket="logs", Delete={"Objects": [{"Key": key} for key in listed]})
    s3.delete_bucket(Bucket="logs")

    assert (full, listed) == ("BucketNotEmpty", ["alb/AWSLogs/a b/ü.gz"])
    assert s3.list_buckets()["Buckets"] == []


def test_a_bucket_has_its_policy_and_its_public_access_block(aws: Aws) -> None:
    s3 = aws.clients["s3"]
    s3.create_bucket(Bucket="logs")
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }
    policy = {"Version": "2012-10-17", "Statement": []}
    s3.put_public_access_block(Bucket="logs", PublicAccessBlockConfiguration=block)
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))

    kept = s3.get_public_access_block(Bucket="logs")["PublicAccessBlockConfiguration"]
    kept_policy = json.loads(s3.get_bucket_policy(Bucket="logs")["Policy"])
    s3.delete_bucket_policy(Bucket="logs")
    s3.delete_public_access_block(Bucket="logs")

    assert (kept, kept_policy) == (block, policy)
    assert refusal(s3.get_bucket_policy, Bucket="logs")[0] == "NoSuchBucketPolicy"
    assert refusal(s3.get_public_access_block, Bucket="logs")[0] == (
        "NoSuchPublicAccessBlockConfiguration"
    )


def test_a_parameter_is_read_by_version(aws: Aws) -> None:
    ssm = aws.clients["ssm"]
    for value in ("one", "two"):
        ssm.put_parameter(Name="/web/image", Value=value, Type="String", Overwrite=True)

    latest = ssm.get_parameter(Name="/web/image")["Parameter"]
    first = ssm.get_parameter(Name="/web/image:1")["Parameter"]

    assert (latest["Value"], latest["Version"], first["Value"]) == ("two", 2, "one")
    assert refusal(ssm.get_parameter, Name="/none")[0] == "ParameterNotFound"
