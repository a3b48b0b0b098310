"""Kills adoptions at random moments: `python -m tests.engine.kill_adoption [COUNT] [SEED]`.

Each round begins with a shop that nobody has adopted, kills at a moment between the first second
and the last, looks at the rules and the state, and runs the adoption again to its end.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.engine.adopting import ADOPTED, Adopting, adopting

LONGEST_SECONDS = 14.0


def main(count: int, seed: int) -> None:
    """Run the rounds, and say what each of them met."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        seconds = chance.uniform(0.5, LONGEST_SECONDS)
        with_children = chance.random() < 0.7
        with tempfile.TemporaryDirectory() as folder, adopting(Path(folder)) as shop:
            print(f"{number}: {_round(shop, seconds, with_children=with_children)}", flush=True)


def _round(shop: Adopting, seconds: float, *, with_children: bool) -> str:
    ends = time.monotonic() + seconds
    shop.killed(lambda: time.monotonic() > ends, with_children=with_children)
    shop.assert_as_it_was_or_converted()
    converted = sum(len(shop.split_of(p)) == 2 for p in ADOPTED)
    made = shop.updated
    again = shop.adopt("--apply")
    assert again.returncode == 0, again.stdout
    preview = shop.stack.pulumi("preview", "--expect-no-changes")
    assert preview.returncode == 0, preview.stdout
    whom = "all" if with_children else "adopt alone"
    at = f"killed ({whom}) after {seconds:.1f} s, {made} steps, {converted} of 2 rules converted"
    return f"{at}; run again: {again.stdout.splitlines()[-1]}"


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*[*arguments, *(10, 7)[len(arguments) :]])
