"""What the state of an alarm is, from its data points: pure.

Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"
TREATMENTS = (MISSING, IGNORE, BREACHING, NOT_BREACHING)

EXTRA_PERIODS = 2
"""How many more periods are looked at than are judged, in case some have no data."""

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
COMPARISONS = tuple(_COMPARISONS)


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """When an alarm is in ALARM: M of the last N data points breach the threshold."""

    comparison: str
    threshold: float
    evaluation_periods: int
    """N."""
    datapoints_to_alarm: int
    """M."""
    treat_missing: str

    @property
    def looked_at(self) -> int:
        """How many periods are looked at."""
        return self.evaluation_periods + EXTRA_PERIODS

    def breaches(self, value: float) -> bool:
        """Whether a value is beyond the threshold."""
        return _COMPARISONS[self.comparison][0](value, self.threshold)

    @property
    def in_words(self) -> str:
        """`greater than the threshold (1.0)`."""
        return f"{_COMPARISONS[self.comparison][1]} the threshold ({self.threshold:.1f})"


@dataclass(frozen=True, slots=True)
class AlarmVerdict:
    """The state that an alarm is to have, and why, in CloudWatch's words."""

    state: str
    reason: str
    values: tuple[float, ...]
    """The data points that it was judged by, the latest first."""


def judged(condition: AlarmCondition, points: Sequence[float | None]) -> AlarmVerdict | None:
    """The state that follows from data points; None where it stays what it is.

    Args:
        condition: The alarm's.
        points: One a period, the latest first; None where there is no data. As many as the
            condition looks at: the ones beyond the evaluation periods count only for those that are
            missing.
    """
    real = tuple(p for p in points if p is not None)[: condition.evaluation_periods]
    breaching = sum(condition.breaches(value) for value in real)
    filled = condition.evaluation_periods - len(real)
    if breaching >= condition.datapoints_to_alarm:
        return _crossed(condition, real, breaching, 0)
    if condition.treat_missing == BREACHING:
        if breaching + filled >= condition.datapoints_to_alarm:
            return _crossed(condition, real, breaching, filled)
        return _fine(condition, real, breaching)
    if condition.treat_missing == NOT_BREACHING or filled == 0 or breaching < len(real):
        return _fine(condition, real, breaching)
    if condition.treat_missing == IGNORE:
        return None
    if not real:
        periods = condition.evaluation_periods
        were = "datapoint was" if periods == 1 else "datapoints were"
        return AlarmVerdict(INSUFFICIENT_DATA, f"Insufficient Data: {periods} {were} unknown.", ())
    return _crossed(condition, real, breaching, 0)


def _crossed(
    condition: AlarmCondition, real: tuple[float, ...], breaching: int, filled: int
) -> AlarmVerdict:
    needed = condition.datapoints_to_alarm
    if not real:
        told = (
            f"Threshold Crossed: no datapoints were received for {filled} periods and {filled} "
            "missing datapoints were treated as [Breaching]."
        )
        return AlarmVerdict(ALARM, told, real)
    were = "was" if breaching == 1 else "were"
    told = (
        f"Threshold Crossed: {breaching} out of the last {len(real)} datapoints {_shown(real)} "
        f"{were} {condition.in_words} (minimum {needed} {_noun(needed)} for OK -> ALARM "
        "transition)."
    )
    return AlarmVerdict(ALARM, told, real)


def _fine(condition: AlarmCondition, real: tuple[float, ...], breaching: int) -> AlarmVerdict:
    if not real:
        periods = condition.evaluation_periods
        told = (
            f"Threshold Crossed: no datapoints were received for {periods} {_period(periods)} and "
            f"{periods} missing {_noun(periods)} {'was' if periods == 1 else 'were'} treated as "
            "[NonBreaching]."
        )
        return AlarmVerdict(OK, told, real)
    within = len(real) - breaching
    needed = max(1, condition.evaluation_periods - condition.datapoints_to_alarm + 1)
    were = "was" if within == 1 else "were"
    told = (
        f"Threshold Crossed: {within} out of the last {len(real)} datapoints {_shown(real)} "
        f"{were} not {condition.in_words} (minimum {needed} {_noun(needed)} for ALARM -> OK "
        "transition)."
    )
    return AlarmVerdict(OK, told, real)


def _shown(values: Sequence[float]) -> str:
    return f"[{', '.join(str(float(value)) for value in values)}]"


def _noun(count: int) -> str:
    return "datapoint" if count == 1 else "datapoints"


def _period(count: int) -> str:
    return "period" if count == 1 else "periods"
