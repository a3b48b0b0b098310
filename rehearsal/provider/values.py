"""Kinds of single values, and what makes a value valid.

A value is refused here only where the official provider refuses it before it asks AWS, so a preview
shows the same errors; every other limit is AWS's to refuse. `terraform validate` prints the
official provider's list. Messages follow its form: they give the limit.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

from rehearsal.provider.table import Scalar, Validator
from rollout.json_value import is_list, is_map


def is_same_json(left: Any, right: Any) -> bool:
    """Whether two texts are the same JSON document; a text that is not JSON equals only itself."""
    if left == right:
        return True
    try:
        return json.loads(left) == json.loads(right)
    except (TypeError, ValueError):
        return False


def _canonical_policy(node: Any) -> Any:
    if is_map(node):
        return {name: _canonical_policy(value) for name, value in node.items()}
    if is_list(node):
        items = [_canonical_policy(item) for item in node]
        if len(items) == 1:
            return items[0]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return str(node).lower() if isinstance(node, bool) else node


def is_same_policy(left: Any, right: Any) -> bool:
    """Whether two IAM policies mean the same: a list of one is its element, lists have no order.

    Source: IAM user guide, "Grammar of the IAM JSON policy language".
    """
    if left == right:
        return True
    try:
        return _canonical_policy(json.loads(left)) == _canonical_policy(json.loads(right))
    except (TypeError, ValueError):
        return False


STRING = Scalar(str, "a string")
INTEGER = Scalar(int, "an integer")
NUMBER = Scalar((int, float), "a number")
BOOLEAN = Scalar(bool, "a boolean")
JSON_TEXT = Scalar(str, "a JSON document", is_same_json)
POLICY_TEXT = Scalar(str, "an IAM policy document", is_same_policy)


def one_of(*choices: str | int) -> Validator:
    """One of these values."""

    def check(value: Any) -> str | None:
        if value in choices:
            return None
        return f"expected one of {', '.join(map(str, choices))}, got {value!r}"

    return check


def between(least: float, most: float) -> Validator:
    """A number in a range, both ends included."""

    def check(value: Any) -> str | None:
        if least <= value <= most:
            return None
        return f"expected {least} to {most}, got {value}"

    return check


def multiple_of(unit: int) -> Validator:
    """A number that `unit` divides."""

    def check(value: Any) -> str | None:
        return None if value % unit == 0 else f"expected a multiple of {unit}, got {value}"

    return check


def length(least: int, most: int) -> Validator:
    """A text with so many characters."""

    def check(value: Any) -> str | None:
        if least <= len(value) <= most:
            return None
        return f"expected a length of {least} to {most} characters, got {len(value)}: {value!r}"

    return check


def matching(pattern: str, expectation: str) -> Validator:
    """A text that a regular expression matches as a whole."""
    compiled = re.compile(pattern)

    def check(value: Any) -> str | None:
        return None if compiled.fullmatch(value) else f"expected {expectation}, got {value!r}"

    return check


def every(*validators: Validator) -> Validator:
    """All of these; the first complaint is the answer."""

    def check(value: Any) -> str | None:
        return next((wrong for one in validators if (wrong := one(value))), None)

    return check


def either(*validators: Validator) -> Validator:
    """Any of these; all complaints when none is content."""

    def check(value: Any) -> str | None:
        complaints = [one(value) for one in validators]
        if None in complaints:
            return None
        return "; or ".join(complaint for complaint in complaints if complaint)

    return check


def text_number(least: int, most: int, *words: str) -> Validator:
    """A number written as a text, or one of these words."""

    def check(value: Any) -> str | None:
        if value in words or (value.isdecimal() and least <= int(value) <= most):
            return None
        return f"expected {' or '.join([f'{least} to {most}', *words])}, got {value!r}"

    return check


def _network(parse: Callable[[str], object], noun: str) -> Validator:
    def check(value: Any) -> str | None:
        try:
            parse(value)
        except ValueError as error:
            return f"expected {noun}: {error}"
        return None

    return check


def _with_prefix(parse: Callable[[str], object]) -> Callable[[str], object]:
    def strict(value: str) -> object:
        if "/" not in value:
            raise ValueError(f"{value!r} has no prefix length")
        return parse(value)

    return strict


ipv4_network = _network(_with_prefix(ipaddress.IPv4Network), "an IPv4 network address")
ipv6_network = _network(_with_prefix(ipaddress.IPv6Network), "an IPv6 network address")
arn = matching(r"arn:[\w-]*:[^:]*:[^:]*:[^:]*:.+", "an ARN")


def json_document(value: Any) -> str | None:
    """A text that parses as JSON."""
    try:
        json.loads(value)
    except ValueError as error:
        return f"expected a JSON document: {error}"
    return None
