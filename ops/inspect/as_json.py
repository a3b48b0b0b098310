"""An inspection as one JSON document; its keys are as lasting as a command's flags."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from ops.inspect import words
from ops.inspect.document import Inspection, RuleReport
from ops.inspect.obstacle import Obstacle
from rollout.json_value import is_list, is_map

VERSION = 1


def as_document(inspection: Inspection, found: Sequence[Obstacle]) -> dict[str, Any]:
    """The whole inspection, rules with their words beside their parts."""
    return {
        "version": VERSION,
        "region": inspection.region,
        "apiCalls": inspection.calls,
        "loadBalancer": _camel(dataclasses.asdict(inspection.load_balancer)),
        "listeners": [
            _camel({**dataclasses.asdict(listener), "rules": []})
            | {"rules": [_rule(rule, inspection) for rule in listener.rules]}
            for listener in inspection.listeners
        ],
        "targetGroups": [_camel(dataclasses.asdict(each)) for each in inspection.target_groups],
        "autoScalingGroups": [
            _camel(dataclasses.asdict(each)) | {"imageIds": list(each.image_ids)}
            for each in inspection.auto_scaling_groups
        ],
        "obstacles": [_obstacle(each) for each in found],
    }


def _obstacle(obstacle: Obstacle) -> dict[str, Any]:
    command = obstacle.fix.command
    return {
        "kind": obstacle.kind,
        "weight": obstacle.weight.value,
        "subject": obstacle.subject,
        "what": obstacle.what,
        "why": obstacle.why,
        "wayOut": obstacle.fix.sentence,
        "command": None
        if command is None
        else {"line": str(command), "steps": _camel(command.steps), "moves": command.moves},
        "arns": list(obstacle.arns),
    }


def _rule(rule: RuleReport, inspection: Inspection) -> dict[str, Any]:
    return _camel(dataclasses.asdict(rule)) | {
        "requests": words.conditions_in_words(rule),
        "goes": words.actions_in_words(rule, inspection),
    }


def _camel(value: Any) -> Any:
    if is_map(value):
        return {_camel_key(key): _camel(each) for key, each in value.items()}
    return [_camel(each) for each in value] if is_list(value) else value


def _camel_key(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
