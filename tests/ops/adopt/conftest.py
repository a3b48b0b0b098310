"""A local AWS for the tests of this folder, reached as a person's shell would reach it."""

from __future__ import annotations

from tests.ops.inspect.conftest import local, shell

__all__ = ["local", "shell"]
