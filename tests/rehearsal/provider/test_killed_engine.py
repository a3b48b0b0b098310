"""Engines that are killed while the provider works for them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from live.creations import made
from rehearsal.local_aws import local_clients
from rollout.pending_creation import Made, foreign, pending_creations, repair, words_of
from tests.rehearsal.provider.attached import REGION, STACK, Attached, attached, left_in_aws

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.xdist_group("provider-killed")]

KILLED_AFTER = (1, 4, 9, 16, 25, 40)
"""Outputs that the killed engines have heard of; the last ones were never written down."""


UNNAMED = {"networks", "route tables", "security groups", "gateways"}
"""What AWS makes a second one of, since nothing tells it from the first: a network that was not
tagged yet, with its own route table and security group."""


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


def _pending(stack: Attached) -> list[Made]:
    deployment = json.loads(stack.must("stack", "export"))["deployment"]
    return made(pending_creations(deployment), _client(stack))


def _client(stack: Attached) -> Callable[[str], Any]:
    return local_clients(stack.endpoint, REGION)


def test_what_a_killed_engine_was_making_is_in_the_way_until_the_printed_command_is_run(
    tmp_path: Path,
) -> None:
    with attached(tmp_path) as stack:
        _kill_after(stack, 30)
        refused = stack.pulumi("up", "--yes", "--skip-preview")
        left, before = _pending(stack), left_in_aws(stack)

        for step in repair(STACK, left).steps:
            stack.must(*step[1:])

        assert refused.returncode != 0
        assert "already" in refused.stdout, refused.stdout
        assert [each for each in left if each.id is not None]
        assert left_in_aws(stack) == before
        assert _pending(stack) == []
        stack.must("up", "--yes", "--skip-preview")
        stack.must("preview", "--expect-no-changes")


def test_the_printed_command_takes_over_all_that_killed_engines_have_made(tmp_path: Path) -> None:
    with attached(tmp_path) as stack:
        stack.must("up", "--yes", "--skip-preview")
        undisturbed = left_in_aws(stack)
        stack.must("destroy", "--yes", "--skip-preview")

        for outputs in KILLED_AFTER:
            _kill_after(stack, outputs)
            for step in repair(STACK, _pending(stack)).steps:
                stack.must(*step[1:])
        stack.must("up", "--yes", "--skip-preview")

        stack.must("preview", "--expect-no-changes")
        stack.must("refresh", "--yes", "--expect-no-changes")
        left = left_in_aws(stack)
        assert {**left, **{name: undisturbed[name] for name in UNNAMED}} == undisturbed


def test_a_resource_of_the_name_with_other_tags_is_not_ours(tmp_path: Path) -> None:
    with attached(tmp_path) as stack:
        _kill_after(stack, 30)
        deployment = json.loads(stack.must("stack", "export"))["deployment"]
        renamed = [
            replace(each, inputs={**each.inputs, "tags": {"owner": "another team"}})
            for each in pending_creations(deployment)
            if "LoadBalancer" in each.type_token or "LaunchTemplate" in each.type_token
        ]

        found = made(renamed, _client(stack))

        there = [each for each in found if each.id is not None]
        assert there
        assert foreign(found) == there
        assert "fix: give" in words_of(STACK, found)
