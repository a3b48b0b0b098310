"""The `LanguageRuntime` service: what the engine may ask of a language host.

The processes that it starts end with the host, whatever ends the host.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_TETHERED = Path(__file__).with_name("tethered.py")
PARENT_POLL_SECONDS = 0.2
GRACE_SECONDS = 1.5
"""How long a program may take to print its last lines after an interrupt."""
BAIL_EXIT_CODE = 32
"""The program has shown its error itself. Source: `pulumi-language-python-exec`."""
EXEC_SCRIPT = "pulumi-language-python-exec"


class LanguageRuntime(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs and Python policy packs for the engine at `engine_address`."""

    def __init__(self, engine_address: str, children: Children) -> None:
        self._engine_address = engine_address
        self._children = children

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take the engine's address, which newer engines send here."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version of the SDK that this host runs programs with."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The provider plugins of every installed package that carries a `pulumi-plugin.json`."""
        return language_pb2.GetRequiredPackagesResponse(packages=_required_packages())

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The interpreter that programs run with, for `pulumi about`."""
        python = _interpreter(request.info)
        version = sys.version.split()[0]
        return language_pb2.AboutResponse(executable=python, version=version)

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Every distribution of the program's environment, for `pulumi about`."""
        found = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
        rows = [language_pb2.DependencyInfo(name=n, version=v) for n, v in sorted(found.items())]
        return language_pb2.GetProgramDependenciesResponse(dependencies=rows)

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Nothing to install: the environment is filled from the pinned lock by `make setup`."""
        text = b"the environment is filled by `make setup`, from requirements.lock\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text)

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run the program to its end; its output goes where the host's output goes."""
        env = os.environ.copy()
        # A person's shell may forbid byte code; without it each run compiles the SDK anew, seconds.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        env["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
        python, target = _interpreter(request.info), self._program(request)
        child = self._children.start(python, target, env, request.pwd, piped=False)
        code = self._children.finished(child)
        if code == 0:
            return language_pb2.RunResponse()
        if code == BAIL_EXIT_CODE:
            return language_pb2.RunResponse(bail=True)
        ended = f"exited with code {code}" if code > 0 else f"was ended by signal {-code}"
        return language_pb2.RunResponse(error=f"the program {ended}")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Start a plugin written in Python and stream its output until it ends.

        Only policy packs (`analyzer`) are supported.
        """
        if request.kind != "analyzer":
            text = f"plugin kind {request.kind!r} is not supported by this language host"
            context.abort(grpc.StatusCode.UNIMPLEMENTED, text)
        env = os.environ.copy() | dict(entry.split("=", 1) for entry in request.env)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        program = request.info.program_directory
        target = ["-m", "pulumi.policy", *request.args, program]
        child = self._children.start(_interpreter(request.info), target, env, program, piped=True)
        context.add_callback(child.kill)
        yield from _streamed(child)
        code = self._children.finished(child)
        yield language_pb2.RunPluginResponse(exitcode=code)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """End the program: it gets an interrupt and a moment for its last words."""
        threading.Thread(target=self._children.interrupt, name="cancel", daemon=True).start()
        return empty_pb2.Empty()

    def _program(self, request: Any) -> list[str]:
        dry_run = "true" if request.dryRun else "false"
        argv = [_exec_script()]
        argv += ["--monitor", request.monitor_address, "--engine", self._engine_address]
        argv += ["--project", request.project, "--stack", request.stack, "--pwd", request.pwd]
        argv += ["--root_directory", request.info.root_directory, "--dry_run", dry_run]
        argv += ["--parallel", str(request.parallel), "--organization", request.organization]
        return [*argv, request.info.entry_point or request.program or ".", *request.args]


def _interpreter(info: Any) -> str:
    """The Python of the virtual environment that Pulumi.yaml names, else the host's own."""
    options = json_format.MessageToDict(info.options) if info.HasField("options") else {}
    name = options.get("virtualenv")
    if not isinstance(name, str):
        return sys.executable
    python = Path(info.root_directory, name, "bin", "python")
    return str(python) if python.exists() else sys.executable


def _exec_script() -> str:
    """The SDK's own script that runs a program.

    Raises:
        FileNotFoundError: the toolchain is incomplete.
    """
    beside_cli = shutil.which("pulumi")
    folders = [Path(sys.executable).parent]
    if beside_cli:
        folders.append(Path(beside_cli).resolve().parent)
    for folder in folders:
        if (folder / EXEC_SCRIPT).is_file():
            return str(folder / EXEC_SCRIPT)
    raise FileNotFoundError(f"{EXEC_SCRIPT} is not beside the pulumi CLI: run `make setup`")


def _required_packages() -> list[Any]:
    packages: list[Any] = []
    for dist in metadata.distributions():
        name = dist.metadata["Name"].replace("-", "_")
        path = Path(str(dist.locate_file(f"{name}/pulumi-plugin.json")))
        if not (name.startswith("pulumi_") and path.is_file()):
            continue
        plugin = json.loads(path.read_text())
        if plugin.get("resource"):
            packages.append(
                plugin_pb2.PackageDependency(
                    name=plugin["name"], kind="resource", version=f"v{plugin['version']}"
                )
            )
    return packages


def _streamed(child: subprocess.Popen[bytes]) -> Iterator[Any]:
    """The lines that `child` writes, in the order of arrival, until both its streams close."""
    assert child.stdout is not None
    assert child.stderr is not None
    lines: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def pump(stream: IO[bytes], field: str) -> None:
        for line in stream:
            response = language_pb2.RunPluginResponse()
            setattr(response, field, line)
            lines.put(response)
        lines.put(None)

    for stream, field in ((child.stdout, "stdout"), (child.stderr, "stderr")):
        threading.Thread(target=pump, args=(stream, field), daemon=True).start()
    open_streams = 2
    while open_streams:
        line = lines.get()
        if line is None:
            open_streams -= 1
        else:
            yield line


class Children:
    """Starts processes in groups of their own, and ends every one of them on request."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(
        self,
        python: str,
        target: Sequence[str],
        env: Mapping[str, str],
        cwd: str | Path,
        *,
        piped: bool,
    ) -> subprocess.Popen[bytes]:
        """Start `python TARGET…`; its output is piped to the host, or goes where the host's goes.

        `target` is a script or `-m MODULE`, with arguments.

        Raises:
            RuntimeError: the host is already ending.
        """
        stream = subprocess.PIPE if piped else None
        argv = [python, "-u", str(_TETHERED), str(os.getpid()), *target]
        with self._lock:
            if self._closed:
                raise RuntimeError("the language host is shutting down")
            child = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            self._running.add(child)
        return child

    def finished(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for `child` and forget it; its exit code, negative when a signal ended it."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def interrupt(self) -> None:
        """Ask every child to end; kill those that still run after `GRACE_SECONDS`."""
        with self._lock:
            children = list(self._running)
        for child in children:
            _signal_group(child, signal.SIGINT)
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_SECONDS)
            if child.poll() is None:
                _signal_group(child, signal.SIGKILL)

    def kill(self) -> None:
        """End every child at once and start no other."""
        with self._lock:
            self._closed = True
            children = list(self._running)
        for child in children:
            _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def when_orphaned(act: Callable[[], None]) -> None:
    """Call `act` once, from a thread, when the process that started this one is gone.

    The parent of an orphan changes; no portable event reports it, hence the short poll.
    """
    parent = os.getppid()
    never = threading.Event()

    def watch() -> None:
        while os.getppid() == parent:
            never.wait(PARENT_POLL_SECONDS)
        act()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
