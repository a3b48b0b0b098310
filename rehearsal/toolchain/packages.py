"""The virtual environment, filled from the hash-pinned lock, and the cache of what is beside it.

The cache is the one folder outside the repository that setup writes to.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Generator
from pathlib import Path

from rehearsal.toolchain.progress import SetupError, SetupProgress, duration

_HERE = Path(__file__).parent


def fill_environment(root: Path, progress: SetupProgress) -> None:
    """Make `root/.venv` hold exactly what `requirements.lock` names, and this project, editable.

    Raises:
        SetupError: a package could not be had.
    """
    folder = root / ".venv"
    lock = root / "requirements.lock"
    python = folder / "bin" / "python"
    started = time.monotonic()
    if not _works(python):
        version = ".".join(str(part) for part in sys.version_info[:3])
        progress.say(f"packages: creating .venv (Python {version})")
        _create(folder)
    uv = _uv(python, progress)
    progress.say(f"packages: {_count(lock)} pinned packages into .venv")
    if uv is None:
        _run(_pip(python, "install", "--require-hashes", "-r", str(lock)), "packages")
    else:
        options = ["--require-hashes", "--python", str(python)]
        _run([str(uv), "pip", "sync", "-q", *options, str(lock)], "packages")
    # No build isolation: the build backend is in the lock, hashed like everything else.
    editable = ["install", "-q", "--no-deps", "--no-build-isolation", "--editable", str(root)]
    _run(_pip(python, *editable), "packages")
    progress.say(f"packages: done in {duration(time.monotonic() - started)}")


def installed_apart(name: str, lock: Path, python: Path) -> Path:
    """A folder of the cache with what `lock` names, outside the project's environment.

    Raises:
        SetupError: it could not be had.
    """
    pinned = lock.read_text().split()[0]
    folder = cache_folder() / pinned.replace("==", "-")
    with only_one(name):
        if not folder.is_dir():
            with published(folder) as draft:
                where = ["--target", str(draft), "--no-deps", "--require-hashes"]
                _run(_pip(python, "install", "-q", *where, "-r", str(lock)), name)
    return folder


def _uv(python: Path, progress: SetupProgress) -> Path | None:
    """The pinned uv; None where there is none for this machine, and pip does its work."""
    try:
        return installed_apart("uv", _HERE / "uv.lock", python) / "bin" / "uv"
    except SetupError as error:
        progress.say(f"packages: no uv here, pip takes about two minutes ({error})")
        return None


def _create(folder: Path) -> None:
    try:
        venv.create(folder, clear=True, with_pip=True, symlinks=True)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SetupError(
            f"packages: {folder} could not be created with {sys.executable}: {error}; "
            "on Debian and Ubuntu the package python3-venv is needed"
        ) from error


def _works(python: Path) -> bool:
    """Whether this interpreter starts, has pip and is of the version that runs setup."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    check = f"import sys, pip; sys.exit(sys.version_info[:2] != ({version.replace('.', ',')}))"
    try:
        done = subprocess.run([python, "-c", check], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _pip(python: Path, *arguments: str) -> list[str]:
    quiet = ["--disable-pip-version-check", "--no-input"]
    return [str(python), "-m", "pip", *quiet, *arguments]


def _run(argv: list[str], step: str) -> None:
    env = os.environ | {
        "UV_CACHE_DIR": str(cache_folder() / "uv-cache"),
        "PIP_CACHE_DIR": str(cache_folder() / "pip-cache"),
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        printed = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise SetupError(
            f"{step}: `{' '.join(argv[:4])} …` exited with {done.returncode}:\n{printed}\n"
            "When the network is back, run `make setup` again: it goes on where it stopped."
        )


def _count(lock: Path) -> int:
    return sum(1 for line in lock.read_text().splitlines() if "==" in line)


def cache_folder() -> Path:
    """`failover` in the user's cache: `$XDG_CACHE_HOME`, `~/Library/Caches` or `~/.cache`."""
    named = os.environ.get("XDG_CACHE_HOME")
    if named:
        base = Path(named)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "failover"


@contextlib.contextmanager
def only_one(name: str) -> Generator[None]:
    """Hold the lock `name` of the cache folder, so that two clones do not build the same thing.

    The kernel releases it when its holder ends, however that ends.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def published(folder: Path) -> Generator[Path]:
    """A fresh folder that becomes `folder` when the block ends well, and goes when it does not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
        shutil.rmtree(folder, ignore_errors=True)
        draft.chmod(0o755)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
