"""An alarm's state follows from its data points as CloudWatch's guide says, missing ones too."""

from __future__ import annotations

import pytest

from rehearsal.control_plane.metrics.alarms import (
    BREACHING,
    IGNORE,
    MISSING,
    NOT_BREACHING,
    AlarmCondition,
    judged,
)

RETAINED = "retained"
VALUES = {"0": 0.0, "X": 9.0, "-": None}


def state(points: str, needed: int, treatment: str) -> str:
    """The state after `points`, the latest last, of an alarm on 3 data points above 1."""
    condition = AlarmCondition("GreaterThanThreshold", 1.0, 3, needed, treatment)
    verdict = judged(condition, [VALUES[point] for point in reversed(points.split())])
    return RETAINED if verdict is None else verdict.state


@pytest.mark.parametrize(
    ("points", "needed", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", 3, "OK", "OK", "OK", "OK"),
        ("- - - - 0", 3, "OK", "OK", "OK", "OK"),
        ("- - - - -", 3, "INSUFFICIENT_DATA", RETAINED, "ALARM", "OK"),
        ("0 X X - X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("- - X - -", 3, "ALARM", RETAINED, "ALARM", "OK"),
        ("0 - X - X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 0 X 0 X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0 - X - -", 2, "OK", "OK", "ALARM", "OK"),
        ("- - - - 0", 2, "OK", "OK", "ALARM", "OK"),
        ("- - - - X", 2, "ALARM", RETAINED, "ALARM", "OK"),
    ],
)
def test_every_row_of_the_guides_tables_holds(
    points: str, needed: int, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    found = [
        state(points, needed, treatment)
        for treatment in (MISSING, IGNORE, BREACHING, NOT_BREACHING)
    ]

    assert found == [missing, ignore, breaching, not_breaching]


@pytest.mark.parametrize(
    ("comparison", "breaching", "fine"),
    [
        ("GreaterThanThreshold", 1.5, 1.0),
        ("GreaterThanOrEqualToThreshold", 1.0, 0.5),
        ("LessThanThreshold", 0.5, 1.0),
        ("LessThanOrEqualToThreshold", 1.0, 1.5),
    ],
)
def test_each_comparison_has_its_side_of_the_threshold(
    comparison: str, breaching: float, fine: float
) -> None:
    condition = AlarmCondition(comparison, 1.0, 1, 1, MISSING)

    assert condition.breaches(breaching)
    assert not condition.breaches(fine)


def test_the_reason_names_the_data_points_and_the_threshold() -> None:
    condition = AlarmCondition("GreaterThanThreshold", 1.0, 3, 2, MISSING)

    verdict = judged(condition, [5.0, 3.0, 0.0, None, None])

    assert verdict is not None
    assert verdict.reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints [5.0, 3.0, 0.0] were greater than the "
        "threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
