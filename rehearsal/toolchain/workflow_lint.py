"""`python -m rehearsal.toolchain.workflow_lint`: lint the GitHub workflows, and their scripts.

actionlint checks what a workflow does, zizmor what it lets in, shellcheck the scripts. zizmor and
shellcheck are wheels; actionlint's wheel would fetch its binary from GitHub as it is installed, so
it is built from the Go module proxy, from modules pinned by hash, once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal.toolchain.cli import go_compiler, go_environment
from rehearsal.toolchain.packages import cache_folder, only_one, published
from rehearsal.toolchain.progress import SetupError, SetupProgress

ACTIONLINT_VERSION = "1.7.12"
ROOT = Path(__file__).parents[2]
_MODULE = Path(__file__).parent / "actionlint"
_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


def actionlint(python: Path, progress: SetupProgress) -> Path:
    """The linter, built if it is not there yet.

    Raises:
        SetupError: no Go, no proxy, or the compiler failed.
    """
    folder = cache_folder() / f"actionlint-{ACTIONLINT_VERSION}"
    with only_one("actionlint"):
        if not (folder / "actionlint").is_file():
            _build(folder, go_compiler(python, progress), progress)
    return folder / "actionlint"


def commands(root: Path, linter: Path) -> list[list[str]]:
    """What lints `root`; each works offline."""
    bin_folder = root / ".venv" / "bin"
    shellcheck = str(bin_folder / "shellcheck")
    workflows = sorted(map(str, (root / ".github" / "workflows").glob("*.yml")))
    scripts = sorted(map(str, [*(root / "scripts").glob("*.sh"), *(root / ".ci").glob("*")]))
    zizmor = [str(bin_folder / "zizmor"), "--offline", "--quiet", "--no-progress"]
    return [
        [str(linter), "-shellcheck", shellcheck, "-pyflakes", "", *workflows],
        [*zizmor, *workflows],
        [shellcheck, *scripts],
    ]


def main() -> int:
    """Lint; 0 when nothing was found, 1 when something was, 2 when a linter could not be had."""
    progress = SetupProgress()
    try:
        linter = actionlint(ROOT / ".venv" / "bin" / "python", progress)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    found = [_run(argv) for argv in commands(ROOT, linter)]
    return 1 if any(found) else 0


def _run(argv: Sequence[str]) -> int:
    return subprocess.run(argv, check=False).returncode


def _build(folder: Path, go: str, progress: SetupProgress) -> None:
    progress.say(f"actionlint: building {ACTIONLINT_VERSION} from source (half a minute, once)")
    work = cache_folder() / "actionlint-build"
    work.mkdir(parents=True, exist_ok=True)
    with published(folder) as draft:
        target = draft / "actionlint"
        version = f"-X github.com/rhysd/actionlint.version={ACTIONLINT_VERSION}"
        done = subprocess.run(
            [go, "build", "-trimpath", "-ldflags", f"-s -w {version}", "-o", str(target), _PACKAGE],
            cwd=_MODULE,
            env=go_environment(work),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            tail = "\n".join(done.stderr.strip().splitlines()[-12:])
            raise SetupError(
                f"actionlint: `go build` exited {done.returncode}:\n{tail}\n"
                "When the network is back, run `make check` again."
            )
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
