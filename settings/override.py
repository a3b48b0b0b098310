"""The reason for which one thing that a guard refuses is let through."""

from __future__ import annotations

from rollout.command import config_remove
from settings.declaration.key import Key
from settings.declaration.kind import Text

OVERRIDE = Key(
    "override",
    Text(r"[^\s](.{0,298}[^\s])?", "a reason in words, on one line of at most 300 characters"),
    "A reason. It lets through what a guard refuses, and every preview shows it until it is "
    f"removed: `{config_remove('override')}`.",
    "both slots are down, 02 is the less bad one",
)
