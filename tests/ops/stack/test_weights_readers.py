"""Whoever reads the weights of a stack's config reads the same of every service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ops.deploy.merge import MergedWeights
from ops.ramp.stack.config_file import StackFile
from ops.ramp.stack.opened import history_entry
from ops.stack.stack_file import ours
from ops.status.config_reading import ConfigReading
from rollout.weights_key import configured_weights
from tests.configs import Config, as_handed_over, parsed, stack_config

CASES: dict[str, tuple[Any, Any, dict[str, str], set[str]]] = {
    # common, web's own -> of each service, with own
    "the common ones": ("75/25", "absent", {"portal": "75/25", "web": "75/25"}, set()),
    "one service's own": ("75/25", "60/40", {"portal": "75/25", "web": "60/40"}, {"web"}),
    "own ones that are the common ones": (
        "75/25",
        "75/25",
        {"portal": "75/25", "web": "75/25"},
        {"web"},
    ),
    "own ones that are empty": ("75/25", "", {"portal": "75/25", "web": "75/25"}, set()),
    "own ones that are null": ("75/25", None, {"portal": "75/25", "web": "75/25"}, set()),
    "zero": ("0/100", "100/0", {"portal": "0/100", "web": "100/0"}, {"web"}),
}


def config_of(case: str) -> Config:
    common, own, _, _ = CASES[case]
    config = stack_config("prod")
    config["failover:weights"] = common
    if own != "absent":
        config["failover:services"]["web"]["weights"] = own
    return config


@pytest.mark.parametrize("case", CASES)
def test_every_reader_has_the_same_weights(case: str, tmp_path: Path) -> None:
    _, _, expected, own = CASES[case]
    config = config_of(case)
    text = yaml.safe_dump({"config": config})
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(text)
    now = datetime.now(UTC)
    update: Any = SimpleNamespace(
        message="", succeeded=True, config=as_handed_over(config), at=now, ended=now, is_first=False
    )

    reader = configured_weights(ours(config))
    file, merged = StackFile.read(path), MergedWeights.parse(text, path.name)
    reading, settings = ConfigReading.parse(text, path.name), parsed(config)

    in_settings = {service.name: str(service.split) for service in settings.services}
    of_history = {name: str(split) for name, split in history_entry(update).splits.items()}
    of_merge = {name: str(split) for name, split in merged.splits.items()}
    assert dict(reader.values) == expected
    assert file.weights() == of_merge == dict(reading.weights) == expected
    assert in_settings == of_history == expected
    with_own = {service.name for service in settings.services if service.has_own_weights}
    assert reader.own == file.services_with_weights() == merged.own == reading.own == own
    assert with_own == own


def test_without_any_weights_there_is_no_split() -> None:
    found = configured_weights({"services": {"web": {"paths": ["/*"]}, "shop": None}})

    assert dict(found.values) == {"web": None, "shop": None}
    assert found.splits() == {}
    assert configured_weights({"services": "no map", "weights": "75/25"}).values == {}
