"""The one folder outside the repository that setup writes to."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path


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
