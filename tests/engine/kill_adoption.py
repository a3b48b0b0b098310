"""Kills adoptions at random moments: `python -m tests.engine.kill_adoption [COUNT] [SEED]`.

Each round begins with a shop that nobody has adopted and 200 requests a second to it, kills at a
moment between the first second and the last, looks at the rules and the state, and runs the
adoption again to its end. Of three rounds one kills at any moment, one inside a `ModifyRule` that
is not answered (the provider, which lives on, asks again), and one right behind a `ModifyRule`.
"""

from __future__ import annotations

import contextlib
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from ops.adopt.probing import Probe, ProberProcess
from ops.traffic.plan import ConnectionRoute
from rehearsal.local_aws import LocalAws
from tests.engine.adopting import ADOPTED, Adopting, adopting
from tests.ops.console_made import HOST

RATE = 200
LONGEST_SECONDS = 14.0
SILENT_SECONDS = 4.0
URLS = (f"https://{HOST}/", f"https://{HOST}/portal/")


def main(count: int, seed: int) -> None:
    """Run the rounds, and say what each of them met."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        moment = MOMENTS[number % len(MOMENTS)](chance)
        with_children = chance.random() < 0.7
        with (
            tempfile.TemporaryDirectory() as folder,
            adopting(Path(folder)) as shop,
            asked(shop, Path(folder) / "asked") as prober,
        ):
            said = _round(shop, moment, with_children=with_children)
            summary = prober.stop()
        assert summary is not None
        print(f"{number}: {said}; {json.dumps(summary['requests'])}", flush=True)
        assert not prober.failures, prober.failures[:5]


@contextlib.contextmanager
def asked(shop: Adopting, log_folder: Path) -> Generator[ProberProcess]:
    """Requests of users beside the whole round, whatever is killed."""
    log_folder.mkdir()
    way = ConnectionRoute.from_environment(shop.env)
    with ProberProcess(Probe(URLS, RATE, way, log_folder), shop.env) as prober:
        prober.wait_until_good(RATE, 30)
        yield prober


class Anywhere:
    """So many seconds after the start."""

    def __init__(self, chance: random.Random) -> None:
        self.seconds = chance.uniform(0.5, LONGEST_SECONDS)
        self._ends = math.inf

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s after its start"

    def begin(self, aws: LocalAws) -> None:
        """Get ready, right before the start."""
        del aws
        self._ends = time.monotonic() + self.seconds

    def has_come(self, aws: LocalAws) -> bool:
        """Whether it is now."""
        del aws
        return time.monotonic() > self._ends


class InsideModifyRule(Anywhere):
    """So many seconds into a call that gets no answer before the kill."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance)
        self.seconds = chance.uniform(0.0, SILENT_SECONDS)

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s into ModifyRule"

    def begin(self, aws: LocalAws) -> None:
        aws.inject({"operations": ["ModifyRule"], "answer": "silent"})
        self._ends = math.inf

    def has_come(self, aws: LocalAws) -> bool:
        if math.isinf(self._ends) and aws.met() != [0]:
            self._ends = time.monotonic() + self.seconds
        return super().has_come(aws)


class BehindModifyRule(Anywhere):
    """As soon as the first call is carried out."""

    def __str__(self) -> str:
        return "right behind ModifyRule"

    def begin(self, aws: LocalAws) -> None:
        self._mark = aws.mark()

    def has_come(self, aws: LocalAws) -> bool:
        return "ModifyRule" in aws.calls(self._mark)


MOMENTS = (Anywhere, InsideModifyRule, BehindModifyRule)


def _round(shop: Adopting, moment: Anywhere, *, with_children: bool) -> str:
    aws = LocalAws(shop.stack.running.endpoint)
    moment.begin(aws)
    shop.killed(lambda: moment.has_come(aws), with_children=with_children)
    aws.lift()
    shop.assert_as_it_was_or_converted()
    converted = sum(len(shop.split_of(p)) == 2 for p in ADOPTED)
    made = shop.updated
    again = shop.adopt("--apply")
    assert again.returncode == 0, again.stdout
    shop.assert_as_it_was_or_converted()
    assert all(len(shop.split_of(p)) == 2 for p in ADOPTED)
    preview = shop.stack.pulumi("preview", "--expect-no-changes")
    assert preview.returncode == 0, preview.stdout
    whom = "all" if with_children else "adopt alone"
    at = f"killed ({whom}) {moment}, {made} steps, {converted} of 2 rules converted"
    return f"{at}; run again: {again.stdout.splitlines()[-1]}"


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*[*arguments, *(10, 7)[len(arguments) :]])
