"""Where the time of one `pulumi up` goes, by the moments at which its events arrive."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_RULE = "aws:lb/listenerRule:ListenerRule"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Seconds of one update, part by part; they sum to the whole."""

    resources: int
    start_seconds: float
    """Engine, language host and program start, until the first resource is registered."""
    register_seconds: float
    """From the first registered resource to the last."""
    rules_seconds: float
    """Within that: from the first rule's update beginning to the last one's end."""
    end_seconds: float
    """From the last resource to the exit of the CLI: outputs, checkpoint, shutting down."""

    def as_text(self) -> str:
        """One line."""
        whole = self.start_seconds + self.register_seconds + self.end_seconds
        return (
            f"{self.resources} resources: {whole:.2f} s = {self.start_seconds:.2f} start "
            f"(engine, host, imports) + {self.register_seconds:.2f} registering "
            f"(of which rules {self.rules_seconds:.2f}) + {self.end_seconds:.2f} end"
        )


def timed_up(folder: Path, env: Mapping[str, str], resources: int) -> Timeline:
    """Run `pulumi up --skip-preview --yes --json` and note when each event arrives."""
    argv = ["pulumi", "up", "--yes", "--skip-preview", "--json", "--non-interactive"]
    started = time.monotonic()
    registered: list[float] = []
    rules: list[float] = []
    with subprocess.Popen(argv, cwd=folder, env=dict(env), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            now = time.monotonic()
            event = json.loads(line)
            found = event.get("resourcePreEvent") or event.get("resOutputsEvent")
            if found is None:
                continue
            registered.append(now)
            if found["metadata"]["type"] == _RULE and found["metadata"]["op"] == "update":
                rules.append(now)
    ended = time.monotonic()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv)
    return Timeline(
        resources=resources,
        start_seconds=registered[0] - started,
        register_seconds=registered[-1] - registered[0],
        rules_seconds=rules[-1] - rules[0] if rules else 0.0,
        end_seconds=ended - registered[-1],
    )
