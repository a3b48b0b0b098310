"""Collects what is wrong with the options, so that all of it is reported together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from rollout.problem import Problem

Value = TypeVar("Value")


class Problems:
    """Collects what is wrong while the good values go on."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, option: str, value: str, expected: str, fix: str) -> None:
        """Note a problem: the option, its value, what would be right, and what to type."""
        self.found.append(Problem(option, value, expected, fix))

    def parsed(
        self,
        option: str,
        value: str,
        parse: Callable[[str], Value],
        default: Value,
        expected: str,
        fix: str,
    ) -> Value:
        """The parsed value, or `default` with a problem noted."""
        try:
            return parse(value)
        except (ValueError, re.error):
            self.add(option, repr(value), expected, fix)
            return default
