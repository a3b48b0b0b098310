"""`python -m rehearsal.toolchain`: bring this clone's tools to where the repository pins them."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from rehearsal.toolchain.cli import place_cli
from rehearsal.toolchain.packages import fill_environment
from rehearsal.toolchain.progress import SetupError, SetupProgress

ROOT = Path(__file__).parents[2]
STAMP = ROOT / ".venv" / ".failover-setup"


def main() -> int:
    """Do what is not done yet; 0 when everything is in place, 1 when a step failed."""
    progress = SetupProgress()
    wanted = fingerprint(ROOT)
    if _is_complete(wanted):
        return 0
    try:
        STAMP.unlink(missing_ok=True)
        fill_environment(ROOT, progress)
        place_cli(ROOT, progress)
    except SetupError as error:
        progress.say(f"failed\n{error}")
        return 1
    STAMP.write_text(wanted)
    progress.say("ready")
    return 0


def fingerprint(root: Path) -> str:
    """What the tools depend on: the pins, this package, the interpreter and the clone's place."""
    digest = hashlib.sha256(f"{sys.version}\n{root}\n".encode())
    inputs = [root / "requirements.lock", root / "pyproject.toml"]
    inputs += sorted(p for p in Path(__file__).parent.rglob("*") if p.suffix in {".py", ".lock"})
    for path in inputs:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_complete(wanted: str) -> bool:
    bin_folder = ROOT / ".venv" / "bin"
    present = all((bin_folder / name).exists() for name in ("python", "pulumi", "failover"))
    return present and STAMP.is_file() and STAMP.read_text() == wanted


if __name__ == "__main__":
    sys.exit(main())
