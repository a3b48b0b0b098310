"""The stack that a command acts on: its config, its live side, its history, its commands."""
