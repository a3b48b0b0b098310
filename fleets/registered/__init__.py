"""Targets that are registered outside the stack: by hand, by a script, by another tool."""
