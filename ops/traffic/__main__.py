"""The process that sends the traffic: reads its plan, writes what ends each half second.

It ends when its standard input does, so that it never outlives the driver, however that ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading

from ops.traffic.plan import TrafficPlan
from ops.traffic.sender import Sender
from probe.process.host import BackgroundWriter, loop_factory, raise_file_limit

REPORT_SECONDS = 0.5


async def _run(plan: TrafficPlan, writer: BackgroundWriter) -> None:
    sender = Sender(plan)
    loop = asyncio.get_running_loop()

    def until_input_ends() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(sender.stop)

    threading.Thread(target=until_input_ends, name="input", daemon=True).start()
    reporting = asyncio.create_task(_report(sender, writer))
    try:
        await sender.run()
    finally:
        reporting.cancel()
    writer.write_line(json.dumps(sender.taken()))


async def _report(sender: Sender, writer: BackgroundWriter) -> None:
    loop = asyncio.get_running_loop()
    next_s = loop.time()
    while True:
        next_s = max(next_s + REPORT_SECONDS, loop.time())
        await asyncio.sleep(next_s - loop.time())
        writer.write_line(json.dumps(sender.taken()))


def main() -> None:
    """Run until standard input ends."""
    plan = TrafficPlan.parse(sys.stdin.readline())
    raise_file_limit(1000, 4 * len(plan.urls))
    gc.collect()
    gc.freeze()
    writer = BackgroundWriter(sys.stdout)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_run(plan, writer))
    writer.close()


if __name__ == "__main__":
    main()
