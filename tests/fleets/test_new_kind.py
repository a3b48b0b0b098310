"""A new kind of fleet is a folder and a line of the registry, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.configs import ROOT
from tests.ops.hand_registered import group_name

KIND = ROOT / "tests" / "fleets" / "json_file"
PACKAGES = ("components", "fleets", "live", "ops", "probe", "pulumi_cli", "rollout", "settings")

REGISTERED = (
    ("from fleets.kind", "from fleets.json_file.kind import JSON_FILE\nfrom fleets.kind"),
    ("(AUTO_SCALING_GROUP, REGISTERED)", "(AUTO_SCALING_GROUP, REGISTERED, JSON_FILE)"),
)
"""What the registry gets: the import, and the kind in the list."""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the project that has the kind makes of it."""
    copy = tmp_path_factory.mktemp("project")
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy2(path, copy)
    shutil.copytree(KIND, copy / "fleets" / "json_file")
    registry = copy / "fleets" / "registry.py"
    for old, new in REGISTERED:
        assert registry.read_text().count(old) == 1
        registry.write_text(registry.read_text().replace(old, new))
    sizes = {group_name("web", slot): {"desired": n} for slot, n in (("01", 2), ("02", 1))}
    (copy / "fleet.json").write_text(json.dumps(sizes))
    done = subprocess.run(
        [sys.executable, "-m", "tests.fleets.use_json_file"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_config_takes_it_and_refuses_two_kinds_in_one_slot(used: dict[str, Any]) -> None:
    assert used["kinds"] == ["jsonFile", "jsonFile"]
    assert used["is_default"] == "autoScalingGroup"
    assert "a slot is filled by one kind of fleet" in used["refused"]


def test_a_ramp_counts_it_and_does_not_size_it(used: dict[str, Any]) -> None:
    assert used["desired"] == [2, 1]
    assert used["owned"] == []


def test_the_guards_judge_it_in_its_own_words(used: dict[str, Any]) -> None:
    expected = "the file wants 1, and 75 % of the traffic needs 2: write 2 into fleet.json"

    assert any(expected in text for text in used["notices"]), used["notices"]
