"""`failover rehearse ramp` beside a rehearsal that a person left running."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from rehearsal.cli import rehearse
from tests.engine.rehearsed import rehearsed

pytestmark = pytest.mark.engine


@pytest.mark.long
def test_a_ramp_is_refused_beside_a_running_rehearsal_and_leaves_it_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rehearsed(tmp_path, "dev") as own:
        monkeypatch.setattr("rehearsal.cli.ROOT", own.root)

        refused = CliRunner().invoke(rehearse, ["ramp", "--like", "dev"])

        assert refused.exit_code == 3
        assert "end it with `failover rehearse down`" in refused.output
        assert own.workspace.read_running() == own.running
        assert own.workspace.stack_file.exists()
