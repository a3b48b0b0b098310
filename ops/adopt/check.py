"""Checks the config that would be written by the program's own rules, before it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.adopt.found_lookups import FoundLookups
from ops.adopt.proposal import Config
from rollout.errors import SettingsError
from rollout.problem import Problem
from settings import Settings, Surroundings
from settings.declaration.raw import in_namespace
from settings.settings import PREVIEW_TOKEN_PATH


def problems(
    config: Config, stack: str, environ: Mapping[str, str], lookups: FoundLookups
) -> tuple[Problem, ...]:
    """What the program would refuse of it."""
    filled = {**config, PREVIEW_TOKEN_PATH: Settings.preview_token.example}
    raw = {key: _handed_over(value) for key, value in filled.items()}
    surroundings = Surroundings(
        stack=stack.rpartition("/")[2],
        environ=environ,
        aws_config=in_namespace(raw, "aws"),
        secret_keys=frozenset({PREVIEW_TOKEN_PATH}),
        lookups=lookups,
    )
    try:
        Settings.parse(raw, surroundings)
    except SettingsError as error:
        return error.problems
    return ()


def _handed_over(value: Any) -> str:
    """A value as the engine hands it to the program."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
