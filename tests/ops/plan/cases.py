"""The five plans that are kept as reviewed examples: how each comes about, and its recording."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops.plan.plan import DeploymentPlan, fold
from pulumi_cli.events import Event, read_events
from rehearsal.engine import RehearsalEngine

HERE = Path(__file__).parent
RELEASED = "ami-0fa11000000000002"


@dataclass(frozen=True)
class Case:
    """One change of the config of a stack that is at 100/0, both slots on the same image."""

    name: str
    change: Callable[[RehearsalEngine], None]
    exit_code: int

    @property
    def recording(self) -> Path:
        """What the real engine wrote, whole and unedited."""
        return HERE / "streams" / f"{self.name}.jsonl.gz"

    @property
    def example(self) -> Path:
        """The reviewed Markdown."""
        return HERE / "examples" / f"{self.name}.md"

    def text(self) -> str:
        with gzip.open(self.recording, "rt", encoding="utf-8") as file:
            return file.read()

    def events(self) -> tuple[Event, ...]:
        return read_events(self.text().splitlines())

    def plan(self) -> DeploymentPlan:
        return fold(self.events(), "unknown")


def nothing(_engine: RehearsalEngine) -> None:
    """The config stays as it is."""


def next_stage(engine: RehearsalEngine) -> None:
    engine.set_config("weights", "90/10")


def three_stages_at_once(engine: RehearsalEngine) -> None:
    engine.set_config("weights", "50/50")


def release_to_slot_02(engine: RehearsalEngine) -> None:
    for service in ("web", "portal"):
        engine.set_config(f'images.{service}["02"]', RELEASED, "--path")


def another_port(engine: RehearsalEngine) -> None:
    engine.set_config("services.web.port", "8081", "--path")


CASES = (
    Case("weight-change", next_stage, 0),
    Case("refused-weight-change", three_stages_at_once, 1),
    Case("image-change", release_to_slot_02, 0),
    Case("replaced-target-groups", another_port, 1),
    Case("no-change", nothing, 0),
)
BY_NAME = {case.name: case for case in CASES}
