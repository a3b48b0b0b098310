"""A ramp from one clone, and the deployment of another one that does not know of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.adopt.probing import Probe, ProberProcess
from ops.traffic.plan import ConnectionRoute
from rollout.split import Slot
from tests.engine.ramping import PROMPT, configure, release
from tests.engine.rehearsed import rehearsed
from tests.engine.team import Team
from tests.ops.plan.record import deploy

pytestmark = [pytest.mark.engine, pytest.mark.long]

RATE = 50
URLS = ("https://www.hankooktire.example/", "https://www.hankooktire.example/portal")


def test_after_a_ramp_from_one_clone_another_at_main_moves_no_traffic(tmp_path: Path) -> None:
    log = tmp_path / "probe"
    log.mkdir()
    with rehearsed(tmp_path, "prod") as stack:
        configure(stack, PROMPT)
        deploy(stack)
        release(stack, "v2", Slot.SECOND)
        team = Team(stack, tmp_path)
        ramping, behind = team.clone("ramping"), team.clone("behind")
        probe = Probe(URLS, RATE, ConnectionRoute.from_environment(stack.env), log)
        with ProberProcess(probe, stack.env) as prober:
            prober.wait_until_good(RATE, 60)

            ramped = team.run(ramping, "failover", "ramp", "--to", "02", "--yes", "--commit")
            live = team.live()
            refused = team.run(behind, "scripts/deploy.sh", "rehearsal", "HEAD")
            checked = team.run(
                behind, "failover", "deploy-check", "--stack", "rehearsal", "--before", "HEAD"
            )

            prober.wait_until_good(RATE, 60)
            prober.stop()

        assert ramped.returncode == 0, ramped.stdout + ramped.stderr
        assert live == ["0/100", "0/100"]
        for done in (refused, checked):
            assert done.returncode == 1, done.stdout + done.stderr
            for service in ("portal", "web"):
                assert f"{service}: live 0/100, merged 100/0" in done.stderr
        assert team.live() == live
        assert prober.failures == []

        team.git(ramping, "push", "-q", "origin", "main")
        team.git(behind, "pull", "-q", "origin", "main")
        after = team.run(behind, "scripts/deploy.sh", "rehearsal", "HEAD^1")

        assert after.returncode == 0, after.stdout + after.stderr
        assert "nothing to deploy" in after.stdout
