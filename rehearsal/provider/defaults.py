"""The key in which checked inputs name those of their values that are not the program's.

The Terraform bridge keeps it in every object of the inputs; the engine hides it from people.
"""

from __future__ import annotations

from typing import Any, Final

DEFAULTS_KEY: Final = "__defaults"


def without_defaults_key(value: Any) -> Any:
    """A value of inputs as it stands in a state, where no object names its defaults."""
    if isinstance(value, dict):
        return {k: without_defaults_key(v) for k, v in value.items() if k != DEFAULTS_KEY}
    if isinstance(value, list):
        return [without_defaults_key(item) for item in value]
    return value
