"""Conditions of listener rules: how many there may be, and how AWS gives them back.

Source: ELB user guide, "Condition types for listener rules" and "Quotas for your Application Load
Balancers"; ELBv2 API Reference, RuleCondition.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from moto.elbv2.exceptions import InvalidConditionFieldError, ValidationError

MAX_VALUES = 5
MAX_WILDCARDS = 6
ONCE_A_RULE = ("host-header", "path-pattern", "http-request-method", "source-ip")
CONFIG_OF = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
WITH_WILDCARDS = ("host-header", "path-pattern", "http-header", "query-string")
_HOST = re.compile(r"[A-Za-z0-9.*?-]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def checked_conditions(conditions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conditions as AWS would keep them.

    Raises:
        ELBClientError: AWS refuses them, or the rehearsal cannot do them.
    """
    kept = [_checked(condition) for condition in conditions]
    values = [str(value) for condition in kept for value in _texts(condition)]
    if len(values) > MAX_VALUES:
        raise ValidationError(f"A rule can only have '{MAX_VALUES}' condition values")
    wildcards = sum(
        text.count("*") + text.count("?")
        for condition in kept
        if condition["Field"] in WITH_WILDCARDS
        for text in _texts(condition)
    )
    if wildcards > MAX_WILDCARDS:
        raise ValidationError(f"A rule can only have '{MAX_WILDCARDS}' condition wildcards")
    for field, count in Counter(c["Field"] for c in kept).items():
        if count > 1 and field in ONCE_A_RULE:
            raise ValidationError(f"A rule can only have one '{field}' condition")
    return kept


def _checked(condition: dict[str, Any]) -> dict[str, Any]:
    field = condition.get("Field")
    if field not in CONFIG_OF:
        raise InvalidConditionFieldError(str(field))
    if condition.get("RegexValues") or (condition.get(CONFIG_OF[field]) or {}).get("RegexValues"):
        raise ValidationError("Regular expressions in conditions: not supported by the rehearsal")
    config = dict(condition.get(CONFIG_OF[field]) or {})
    values = config.get("Values") or condition.get("Values") or []
    if not values:
        raise ValidationError("A condition value must be specified")
    _check_values(field, config, values)
    kept: dict[str, Any] = {"Field": field, CONFIG_OF[field]: {**config, "Values": values}}
    if field in ("host-header", "path-pattern"):
        kept["Values"] = values
    return kept


def _check_values(field: str, config: dict[str, Any], values: list[Any]) -> None:
    if field == "http-header":
        name = str(config.get("HttpHeaderName", ""))
        if not _HEADER_NAME.fullmatch(name) or name.lower() == "host":
            raise ValidationError(f"The 'HttpHeaderName' value '{name}' is not valid")
    for value in values:
        text = str(value)
        if field == "host-header" and not _HOST.fullmatch(text):
            raise ValidationError(f"The host-header value '{text}' contains invalid characters")
        if not text or len(text) > 128:
            raise ValidationError(f"The '{field}' value is too long; the limit is '128'")


def _texts(condition: dict[str, Any]) -> list[str]:
    """Every value of a condition, a query string's key and value together as one."""
    values = condition[CONFIG_OF[condition["Field"]]]["Values"]
    return [
        f"{v.get('Key', '')}={v.get('Value', '')}" if isinstance(v, dict) else str(v)
        for v in values
    ]
