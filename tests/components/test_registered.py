"""A logical name is for life: what the repo's stacks register stays as it is written down."""

from __future__ import annotations

import pytest

from tests.components.registered import STACKS, kept, lines_of


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_keeps_its_name_its_parent_and_its_inputs(stack: str) -> None:
    written = kept(stack).read_text().splitlines()

    assert lines_of(stack) == written, "if meant: python -m tests.components.registered"
