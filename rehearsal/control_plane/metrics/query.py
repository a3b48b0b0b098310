"""Statistics and metric math, as GetMetricStatistics, GetMetricData and alarms ask for them.

Arithmetic on series and a few functions work; anything else is refused as not supported.
Source: CloudWatch user guide, "Using metric math".
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rehearsal.control_plane.metrics.store import (
    MINUTE_SECONDS,
    Metric,
    MetricStore,
    check_statistic,
    in_periods,
)

Points = dict[int, float]
"""Values by the beginning of their period, in epoch seconds."""

Value = Points | float | list[Points]

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    # The stub of `operator` has no types for these two.
    ast.Div: lambda left, right: left / right,
    ast.BitXor: lambda left, right: left**right,
}
"""CloudWatch writes powers with a caret, which is what Python calls a bitwise xor."""

_OVER: dict[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}

Place = tuple[str, str]
"""Account id and region."""

HIGH_RESOLUTION = (1, 5, 10, 20, 30)


class ExpressionError(ValueError):
    """An expression that names what is not there, or what is not supported."""


def evaluated(expression: str, series: Mapping[str, Points]) -> Points:
    """The series that an expression makes of others, by their ids.

    An operator gives a value where both sides have one; a division by zero gives none.

    Raises:
        ExpressionError: it is not well formed, or more than the rehearsal does.
    """
    try:
        parsed = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"the expression {expression!r}: {error.msg}") from error
    value = _Evaluation(expression, series).of(parsed.body)
    if not isinstance(value, dict):
        raise ExpressionError(f"the expression {expression!r} makes no time series")
    return value


def ids_in(expression: str) -> set[str]:
    """The ids that an expression refers to, as far as it can be read."""
    try:
        parsed = ast.parse(expression.strip(), mode="eval")
    except SyntaxError:
        return set()
    called = {n.func for n in ast.walk(parsed) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(parsed) if isinstance(n, ast.Name) and n not in called}


class _Evaluation:
    def __init__(self, expression: str, series: Mapping[str, Points]) -> None:
        self._expression = expression
        self._series = series

    def of(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return float(number)
            case ast.Name(id=name) if name in self._series:
                return self._series[name]
            case ast.Name(id=name):
                raise ExpressionError(f"the expression {self._expression!r}: there is no {name!r}")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _combined(operator.sub, 0.0, self._plain(operand))
            case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _OPERATORS:
                return _combined(_OPERATORS[type(kind)], self._plain(left), self._plain(right))
            case ast.List(elts=elements):
                return [self._points(element) for element in elements]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._called(name, arguments)
            case _:
                raise self._unsupported(ast.unparse(node))

    def _called(self, name: str, arguments: list[ast.expr]) -> Value:
        if name == "FILL" and len(arguments) == 2:
            filling = self.of(arguments[1])
            if isinstance(filling, float):
                every = {at for points in self._series.values() for at in points}
                return dict.fromkeys(sorted(every), filling) | self._points(arguments[0])
        if name in _OVER and len(arguments) == 1:
            value = self.of(arguments[0])
            if isinstance(value, list):
                return _across(_OVER[name], value)
            if isinstance(value, dict) and value:
                return _OVER[name](list(value.values()))
        raise self._unsupported(f"{name}()")

    def _plain(self, node: ast.expr) -> Points | float:
        value = self.of(node)
        if isinstance(value, list):
            raise self._unsupported("arithmetic on a list")
        return value

    def _points(self, node: ast.expr) -> Points:
        value = self.of(node)
        if not isinstance(value, dict):
            raise self._unsupported(f"{ast.unparse(node)} in the place of a time series")
        return value

    def _unsupported(self, what: str) -> ExpressionError:
        return ExpressionError(
            f"{what} in the expression {self._expression!r}: not supported by the rehearsal"
        )


def _combined(
    by: Callable[[float, float], float], left: Points | float, right: Points | float
) -> Points | float:
    if isinstance(left, float) and isinstance(right, float):
        return by(left, right)
    moments: Iterable[int]
    if isinstance(left, dict) and isinstance(right, dict):
        moments = sorted(set(left) & set(right))
    else:
        moments = left if isinstance(left, dict) else right if isinstance(right, dict) else ()
    found: Points = {}
    for at in moments:
        one = left[at] if isinstance(left, dict) else left
        other = right[at] if isinstance(right, dict) else right
        try:
            found[at] = by(one, other)
        except ZeroDivisionError:
            continue
    return found


def _across(over: Callable[[list[float]], float], series: list[Points]) -> Points:
    moments = sorted({at for points in series for at in points})
    return {at: over([points[at] for points in series if at in points]) for at in moments}


class QueryError(ValueError):
    """A query that CloudWatch refuses, or that the rehearsal does not do."""


def dimensions_of(listed: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Dimensions, from the API's list of names and values."""
    return {entry["Name"]: entry["Value"] for entry in listed or ()}


def check_period(period: int) -> None:
    """Refuse a period that CloudWatch has not.

    Raises:
        QueryError: it is not 1, 5, 10, 20, 30 or a multiple of 60.
    """
    if period not in HIGH_RESOLUTION and (period < MINUTE_SECONDS or period % MINUTE_SECONDS):
        raise QueryError(
            f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, not {period}"
        )


class Querier:
    """Answers queries on the metrics of one account and region, as they can be seen at `now`."""

    def __init__(self, store: MetricStore, place: Place, now: float) -> None:
        self._store, self._place, self._now = store, place, now

    def metric(self, document: Mapping[str, Any]) -> Metric:
        """The metric that a document of the API names."""
        return Metric.of(
            self._place,
            document["Namespace"],
            document["MetricName"],
            dimensions_of(document.get("Dimensions")),
        )

    def values(
        self, metric: Metric, span: tuple[float, float], period: int, statistic: str
    ) -> Points:
        """A statistic of each period within `span` that has data, by the period's beginning."""
        check_statistic(statistic)
        start, end = span
        points = in_periods(self._store.points(metric, start, end, self._now), start, period)
        found = {at: point.statistic(statistic) for at, point in points.items()}
        return {at: value for at, value in found.items() if value is not None}

    def results(
        self, queries: Sequence[Mapping[str, Any]], span: tuple[float, float]
    ) -> dict[str, Points]:
        """The series of each query of GetMetricData, by its id; expressions use the others.

        Raises:
            QueryError: a query that is neither, or whose period or expression cannot be.
            UnsupportedStatisticError: a statistic that the rehearsal has not.
        """
        found: dict[str, Points] = {}
        for query in queries:
            if "MetricStat" in query:
                asked = query["MetricStat"]
                period = int(asked["Period"])
                check_period(period)
                aligned = (span[0] // period * period, span[1])
                found[query["Id"]] = self.values(
                    self.metric(asked["Metric"]), aligned, period, asked["Stat"]
                )
        waiting = {q["Id"]: q["Expression"] for q in queries if "MetricStat" not in q}
        while waiting:
            ready = [name for name, text in waiting.items() if not ids_in(text) & set(waiting)]
            if not ready:
                raise QueryError(f"the expressions {', '.join(waiting)} need each other")
            for name in ready:
                found[name] = _evaluated(waiting.pop(name), found)
        return found


def _evaluated(expression: str, series: Mapping[str, Points]) -> Points:
    try:
        return evaluated(expression, series)
    except ExpressionError as error:
        raise QueryError(str(error)) from error
