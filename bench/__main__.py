"""`python -m bench [NAME…]`: run the measurements, all of them or the named ones."""

from __future__ import annotations

import importlib
import sys

MEASUREMENTS = {
    "weights": "bench.weight_change",
    "guards": "bench.guards",
    "ramp": "bench.ramp",
    "policies": "bench.policy_pack",
    "probe": "bench.probe",
}
"""Name -> module; its `main()` measures and prints."""


def main() -> int:
    """Run what was asked for; 2 when a name is unknown."""
    names = sys.argv[1:] or list(MEASUREMENTS)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        known = ", ".join(MEASUREMENTS)
        print(f"no measurement is named {', '.join(unknown)}; there are: {known}", file=sys.stderr)
        return 2
    for name in names:
        importlib.import_module(MEASUREMENTS[name]).main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
