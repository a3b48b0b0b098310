"""`python -m bench probe`: what the prober costs, how well it keeps time, and what it sees.

Each number stands beside its floor or its peers in the same run: a sleeper that does nothing but
keep the schedule, the shell loop with curl, `hey` and `wrk`, and h11 for the parser of answers.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.probe import cost, fault_table, parser, punctuality


def main() -> None:
    """Measure and print; about four minutes."""
    with tempfile.TemporaryDirectory(prefix="failover-bench-") as folder:
        punctuality.measure(Path(folder))
        cost.measure(Path(folder))
        parser.measure()
        fault_table.measure(Path(folder))
