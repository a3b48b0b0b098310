from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ops.traffic.answer import SlotStream
from ops.traffic.plan import ConnectionRoute, TrafficPlan
from ops.traffic.sender import Sender
from probe.run.prober import Prober

DEADLINE_SECONDS = 120.0


def test_traffic_of_which_one_stream_ends_by_itself_ends_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Prober] = []

    async def run(prober: Prober) -> None:
        begun.append(prober)
        if len(begun) > 1:
            raise RuntimeError("the second stream broke")
        await asyncio.Event().wait()

    async def sent() -> None:
        plan = TrafficPlan(
            urls={"web": "http://127.0.0.1:9/"},
            headers={SlotStream.SLOT_01: "x-failover-slot: 01-token"},
            rate_per_second=1,
            folder=tmp_path,
            route=ConnectionRoute(),
        )
        await asyncio.wait_for(Sender(plan).run(), DEADLINE_SECONDS)

    monkeypatch.setattr(Prober, "run", run)

    with pytest.raises(RuntimeError, match="the second stream broke"):
        asyncio.run(sent())
