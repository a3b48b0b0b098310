"""CloudWatch answers what was put and measured, and its alarms follow from that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.control_plane.metrics.query import ExpressionError, evaluated
from rehearsal.control_plane.metrics.store import Distribution, merged
from rehearsal.control_plane.world import timestamp
from tests.rehearsal.control_plane.aws import START, Aws, refusal

NAMESPACE = "Shop"
BY_SLOT = [{"Name": "Slot", "Value": "01"}]
ALARM: dict[str, Any] = {
    "AlarmName": "orders",
    "Namespace": NAMESPACE,
    "MetricName": "Failures",
    "Dimensions": BY_SLOT,
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def put(aws: Aws, value: float, name: str = "Failures", at: float | None = None) -> None:
    datum = {"MetricName": name, "Dimensions": BY_SLOT, "Value": value, "Unit": "Count"}
    moment = timestamp(aws.clock.seconds if at is None else at)
    aws.clients["cloudwatch"].put_metric_data(
        Namespace=NAMESPACE, MetricData=[{**datum, "Timestamp": moment}]
    )


def statistics(aws: Aws, **asked: Any) -> list[dict[str, Any]]:
    arguments = {
        "Namespace": NAMESPACE,
        "MetricName": "Failures",
        "Dimensions": BY_SLOT,
        "StartTime": timestamp(START),
        "EndTime": timestamp(START + 600),
        "Period": 60,
        **asked,
    }
    found = aws.clients["cloudwatch"].get_metric_statistics(**arguments)["Datapoints"]
    return sorted(found, key=lambda point: point["Timestamp"])


def query(name: str, metric: str, stat: str = "Sum", **more: Any) -> dict[str, Any]:
    named = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": BY_SLOT}
    return {"Id": name, "MetricStat": {"Metric": named, "Period": 60, "Stat": stat}, **more}


def data(aws: Aws, *queries: dict[str, Any], **asked: Any) -> dict[str, list[float]]:
    arguments = {
        "StartTime": timestamp(START),
        "EndTime": timestamp(START + 600),
        "ScanBy": "TimestampAscending",
        **asked,
    }
    found = aws.clients["cloudwatch"].get_metric_data(MetricDataQueries=list(queries), **arguments)
    return {result["Id"]: result["Values"] for result in found["MetricDataResults"]}


def state(aws: Aws, name: str = "orders") -> tuple[str, str]:
    (alarm,) = aws.clients["cloudwatch"].describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm["StateValue"], alarm["StateReason"]


def test_statistics_of_a_period_are_those_of_its_samples(aws: Aws) -> None:
    for value in (1, 2, 3, 10):
        put(aws, value)
    put(aws, 7, at=START + 60)
    aws.clock.seconds += 60

    first, second = statistics(
        aws,
        Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
        ExtendedStatistics=["p50", "p99.9"],
    )

    assert first == {
        "Timestamp": timestamp(START),
        "Unit": "Count",
        "Sum": 16.0,
        "Average": 4.0,
        "Minimum": 1.0,
        "Maximum": 10.0,
        "SampleCount": 4.0,
        "ExtendedStatistics": {"p50": 2.0, "p99.9": 10.0},
    }
    assert (second["Timestamp"], second["Sum"]) == (timestamp(START + 60), 7.0)


def test_a_minute_without_samples_has_no_data_point(aws: Aws) -> None:
    put(aws, 1)
    put(aws, 1, at=START + 180)
    aws.clock.seconds += 180

    assert [p["Timestamp"] for p in statistics(aws, Statistics=["Sum"])] == [
        timestamp(START),
        timestamp(START + 180),
    ]
    assert len(statistics(aws, Statistics=["Sum"], Period=300)) == 1


def test_a_metric_is_named_by_exactly_its_dimensions(aws: Aws) -> None:
    put(aws, 1)

    assert statistics(aws, Statistics=["Sum"], Dimensions=[]) == []
    listed = aws.clients["cloudwatch"].list_metrics(Namespace=NAMESPACE)["Metrics"]
    assert listed == [{"Namespace": NAMESPACE, "MetricName": "Failures", "Dimensions": BY_SLOT}]


def test_metric_math_makes_a_ratio_where_both_sides_have_data(aws: Aws) -> None:
    for minute, (failures, requests) in enumerate([(1, 4), (0, 0), (3, 12)]):
        put(aws, failures, "Failures", START + 60 * minute)
        put(aws, requests, "Requests", START + 60 * minute)
    put(aws, 9, "Requests", START + 240)
    aws.clock.seconds += 240

    found = data(
        aws,
        query("f", "Failures", ReturnData=False),
        query("r", "Requests", ReturnData=False),
        {"Id": "percent", "Expression": "100 * (f / r)"},
        {"Id": "filled", "Expression": "FILL(f, 0) / r"},
    )

    assert found == {"percent": [25.0, 25.0], "filled": [0.25, 0.25, 0.0]}


@pytest.mark.parametrize(
    ("queries", "told"),
    [
        ([query("a", "Failures", "tm99")], "tm99: not supported by the rehearsal"),
        ([{"Id": "a", "Expression": "SEARCH(' {Shop} ', 'Sum')"}], "not supported"),
        ([{"Id": "a", "Expression": "SELECT AVG(x) FROM Shop"}], "the expression"),
        ([{"Id": "a", "Expression": "b / 2"}], "there is no 'b'"),
        ([{"Id": "a", "Expression": "a / 2"}], "need each other"),
    ],
)
def test_a_query_that_is_not_supported_is_refused(
    aws: Aws, queries: list[dict[str, Any]], told: str
) -> None:
    code, message = refusal(
        aws.clients["cloudwatch"].get_metric_data,
        MetricDataQueries=queries,
        StartTime=timestamp(START),
        EndTime=timestamp(START + 60),
    )

    assert code == "ValidationError"
    assert told in message


def test_an_alarm_begins_with_insufficient_data_and_follows_its_metric(aws: Aws) -> None:
    aws.clients["cloudwatch"].put_metric_alarm(**{**ALARM, "TreatMissingData": "missing"})
    begins = state(aws)[0]
    for minute in range(2):
        put(aws, 6, at=START + 60 * minute)
    aws.clock.seconds = START + 126
    breaching = state(aws)
    for minute in range(2, 4):
        put(aws, 1, at=START + 60 * minute)
    aws.clock.seconds = START + 246
    fine = state(aws)
    aws.clock.seconds = START + 900

    assert begins == "INSUFFICIENT_DATA"
    assert breaching[0] == "ALARM"
    assert "[6.0, 6.0] were greater than the threshold (5.0)" in breaching[1]
    assert fine[0] == "OK"
    assert state(aws) == ("INSUFFICIENT_DATA", "Insufficient Data: 2 datapoints were unknown.")


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(aws: Aws) -> None:
    cloudwatch = aws.clients["cloudwatch"]
    cloudwatch.put_metric_alarm(**ALARM)
    assert state(aws)[0] == "OK"

    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="ALARM", StateReason="by hand")
    aws.clock.seconds += 1
    held = state(aws)
    aws.clock.seconds += 60

    assert held == ("ALARM", "by hand")
    assert state(aws)[0] == "OK"


def test_an_alarm_that_is_put_again_keeps_its_state_until_it_is_evaluated(aws: Aws) -> None:
    cloudwatch = aws.clients["cloudwatch"]
    cloudwatch.put_metric_alarm(**{**ALARM, "TreatMissingData": "breaching"})
    assert state(aws)[0] == "ALARM"

    cloudwatch.put_metric_alarm(**{**ALARM, "TreatMissingData": "ignore"})

    assert state(aws)[0] == "ALARM"


def test_an_alarm_on_a_percentile_and_one_on_an_expression_are_evaluated(aws: Aws) -> None:
    cloudwatch = aws.clients["cloudwatch"]
    percentile = {k: v for k, v in ALARM.items() if k != "Statistic"} | {"AlarmName": "p"}
    cloudwatch.put_metric_alarm(**percentile, ExtendedStatistic="p90")
    cloudwatch.put_metric_alarm(
        AlarmName="ratio",
        Metrics=[
            query("f", "Failures", ReturnData=False),
            query("r", "Requests", ReturnData=False),
            {"Id": "percent", "Expression": "100 * f / r", "ReturnData": True},
        ],
        EvaluationPeriods=1,
        Threshold=10.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    for minute in range(2):
        put(aws, 20, "Failures", START + 60 * minute)
        put(aws, 100, "Requests", START + 60 * minute)

    aws.clock.seconds = START + 126

    assert (state(aws, "p")[0], state(aws, "ratio")[0]) == ("ALARM", "ALARM")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "not supported by the rehearsal"),
        ({"ThresholdMetricId": "band"}, "ThresholdMetricId: not supported by the rehearsal"),
        ({"DatapointsToAlarm": 3}, "less than or equal to EvaluationPeriods"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic"),
        ({"Period": 90}, "Period must be"),
        ({"TreatMissingData": "sometimes"}, "Supported options"),
    ],
)
def test_an_alarm_that_would_never_be_evaluated_rightly_is_refused(
    aws: Aws, change: dict[str, Any], told: str
) -> None:
    _, message = refusal(aws.clients["cloudwatch"].put_metric_alarm, **{**ALARM, **change})

    assert told in message


def test_a_composite_alarm_is_refused_as_unsupported(aws: Aws) -> None:
    code, message = refusal(
        aws.clients["cloudwatch"].put_composite_alarm, AlarmName="c", AlarmRule="ALARM(orders)"
    )

    assert code == "NotSupportedByRehearsal"
    assert message.endswith("not supported by the rehearsal")


values = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@given(values, st.floats(0, 100))
def test_a_percentile_is_a_sample_with_that_share_at_or_below_it(
    samples: list[float], percent: float
) -> None:
    percent = round(percent, 2)
    joined = merged([Distribution.of(value) for value in samples])
    assert joined is not None

    found = joined.statistic(f"p{percent}" if percent < 100 else "p100")

    assert found in samples
    at_or_below = sum(value <= found for value in samples)
    assert at_or_below >= percent / 100 * len(samples) - 1e-6
    assert sum(value < found for value in samples) <= percent / 100 * len(samples) + 1


@given(values, values)
def test_samples_that_come_in_two_parts_are_the_same_samples(
    some: list[float], others: list[float]
) -> None:
    parts = [merged([Distribution.of(v) for v in part]) for part in (some, others)]
    whole = merged([Distribution.of(v) for v in (*some, *others)])

    joined = merged([part for part in parts if part is not None])

    assert joined is not None
    assert whole is not None
    assert (joined.count, joined.least, joined.greatest) == (
        whole.count,
        whole.least,
        whole.greatest,
    )
    assert joined.total == pytest.approx(whole.total)
    assert sorted(joined.values) == sorted(whole.values)


def test_an_expression_reaches_nothing_but_series_and_numbers() -> None:
    for text in ("__import__('os')", "f.real", "[x for x in f]", "f if f else 1", "'a'", "True"):
        with pytest.raises(ExpressionError):
            evaluated(text, {"f": {0: 1.0}})
