"""The conditions of an existing rule as the config of a service has them."""

from __future__ import annotations

from ops.adopt.config_merge import Config
from ops.inspect.document import RuleConditionReport, RuleReport
from settings.conditions import RuleConditions


def conditions_of(rule: RuleReport) -> RuleConditions:
    """What the rule looks at beside hosts and paths.

    `rule`: one without the obstacle `rule-other-condition`.
    """
    return RuleConditions(
        headers={
            condition.header: condition.values
            for condition in rule.conditions
            if condition.field == "http-header" and condition.header is not None
        },
        methods=rule.values_of("http-request-method"),
        query_strings=tuple(
            pair
            for condition in rule.conditions
            if condition.field == "query-string"
            for pair in _pairs(condition)
        ),
        source_ips=rule.values_of("source-ip"),
    )


def _pairs(condition: RuleConditionReport) -> list[dict[str, str]]:
    """Key and value of each; the report shows both as `key=value`."""
    keys = condition.keys or ("",) * len(condition.values)
    return [
        {"key": key, "value": value.removeprefix(f"{key}=")} if key else {"value": value}
        for key, value in zip(keys, condition.values, strict=True)
    ]


def as_config(conditions: RuleConditions) -> Config:
    """The keys of `conditions` that have something."""
    found: Config = {
        RuleConditions.headers.name: {k: list(v) for k, v in conditions.headers.items()},
        RuleConditions.methods.name: list(conditions.methods),
        RuleConditions.query_strings.name: [dict(pair) for pair in conditions.query_strings],
        RuleConditions.source_ips.name: list(conditions.source_ips),
    }
    return {key: value for key, value in found.items() if value}
