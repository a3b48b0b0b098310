"""Engines that are killed while the provider works for them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.rehearsal.provider.attached import Attached, attached, left_in_aws

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.xdist_group("provider-killed")]

KILLED_AFTER = (1, 4, 9, 16, 25, 40)
"""Outputs that the killed engines have heard of; the last ones were never written down."""


def _kill_after(stack: Attached, outputs: int) -> None:
    """Kill -9 an `up` the moment that it reports so many results."""
    command = ["pulumi", "up", "--yes", "--skip-preview", "--json", "--non-interactive"]
    with subprocess.Popen(
        command, cwd=stack.folder, env=stack.env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        heard = 0
        for line in process.stdout:
            heard += "resOutputsEvent" in json.loads(line)
            if heard > outputs:
                break
        process.kill()
    stack.must("cancel", "--yes")


def test_no_killed_engine_leaves_a_resource_behind_or_stops_the_next_one(tmp_path: Path) -> None:
    with attached(tmp_path) as stack:
        stack.must("up", "--yes", "--skip-preview")
        undisturbed = left_in_aws(stack)
        stack.must("destroy", "--yes", "--skip-preview")

        for outputs in KILLED_AFTER:
            _kill_after(stack, outputs)
        stack.must("up", "--yes", "--skip-preview")

        assert left_in_aws(stack) == undisturbed
        stack.must("preview", "--expect-no-changes")
        stack.must("refresh", "--yes", "--expect-no-changes")
        stack.must("destroy", "--yes", "--skip-preview")
        assert left_in_aws(stack) == {}
