"""Runs the program with a monitor that records what plain mocks hide: parents, options, outputs."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

PROJECT = "failover"
UNKNOWN_FUNCTION = "no such function in the recording"
_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"

_NO_STATE = "pulumi:pulumi:readStackOutputs"

Override = Callable[[MockResourceArgs], dict[str, Any]]
Answer = Callable[[dict[str, Any]], dict[str, Any]]

_ANSWERS: dict[str, Answer] = {
    _IDENTITY: lambda _: {"accountId": "111122223333"},
    _NO_STATE: lambda _: {"outputs": {}},
}


@dataclass(frozen=True)
class Registration:
    """One resource as the program asked the engine for it."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    """Type and name of the parent, `failover:index:Service web`; empty for the stack."""
    is_protected: bool
    ignore_changes: tuple[str, ...]
    depends_on: frozenset[str]
    """Types and names of what the engine must make first."""
    has_secrets: bool
    """Whether any of the inputs is a secret."""
    is_component: bool

    @property
    def key(self) -> str:
        return f"{self.type} {self.name}"


@dataclass
class Recording:
    """Everything that one run of the program registered."""

    registrations: list[Registration] = field(default_factory=list[Registration])
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What each component registered as its outputs, by type and name."""
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    secret_exports: set[str] = field(default_factory=set[str])
    errors: list[str] = field(default_factory=list[str])
    """What the program told the engine to show as errors."""

    def of_type(self, suffix: str) -> list[Registration]:
        """The resources whose type ends so, in the order of their names."""
        found = [r for r in self.registrations if r.type.endswith(suffix)]
        return sorted(found, key=lambda registration: registration.name)

    def one(self, suffix: str, name: str) -> Registration:
        """The one resource of that type and name."""
        (found,) = [r for r in self.of_type(suffix) if r.name == name]
        return found


class LocalMocks(Mocks):
    """Answers as AWS would for what the program reads back from its own resources."""

    def __init__(self, override: Override | None, answers: Mapping[str, Answer]) -> None:
        self._override = override
        self._answers = _ANSWERS | dict(answers)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token not in self._answers:
            raise AssertionError(f"{UNKNOWN_FUNCTION}: {args.token}")
        try:
            return self._answers[args.token](args.args), []
        except KeyError as error:
            return {}, [("id", f"no matching {error} found")]

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        state = dict(args.inputs)
        arn = f"arn:mock:{args.typ.split('/')[-1].split(':')[-1]}/{args.name}"
        state |= {"arn": arn, "arnSuffix": f"suffix/{args.name}", "dnsName": "alb.example"}
        if args.typ.endswith(":LaunchTemplate"):
            state["latestVersion"] = 3
        if self._override is not None:
            state |= self._override(args)
        return (arn if "/lb" in args.typ or ":lb/" in args.typ else f"id-{args.name}"), state


class _ErrorLog(logging.Logger):
    """The engine's log, as far as errors go."""

    def __init__(self, recording: Recording) -> None:
        super().__init__("engine")
        self._recording = recording

    def error(self, msg: object, *args: object, **kwargs: Any) -> None:
        self._recording.errors.append(str(msg))


class RecordingMonitor(MockMonitor):
    """Keeps every request of the program, beside answering it."""

    def __init__(self, mocks: Mocks, recording: Recording) -> None:
        super().__init__(mocks)
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's own name
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self._recording.registrations.append(
                Registration(
                    type=request.type,
                    name=request.name,
                    inputs=_plain(rpc.deserialize_properties(request.object)),
                    parent=_short(request.parent),
                    is_protected=request.protect,
                    ignore_changes=tuple(request.ignoreChanges),
                    depends_on=frozenset(_short(urn) for urn in request.dependencies),
                    has_secrets=_has_secret(rpc.deserialize_properties(request.object)),
                    is_component=not request.custom,
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's own name
        if owner := _short(request.urn):
            outputs = _plain(rpc.deserialize_properties(request.outputs))
            self._recording.outputs[owner] = outputs
        return super().RegisterResourceOutputs(request)


@functools.cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """The loop that programs run on, one for all tests of a process.

    The runtime takes the current loop, of which `asyncio.run` of another test leaves none, and its
    mocks keep loops of their own in this one's threads, so that it must outlive each test.
    """
    return asyncio.new_event_loop()


def recorded(
    declare: Callable[[], object],
    stack: str = "prod",
    override: Override | None = None,
    answers: Mapping[str, Answer] | None = None,
) -> Recording:
    """What `declare` registers, with its exports; a failing `apply` fails it.

    `override` changes what a resource is read back as; `answers` are of the provider's functions,
    which fail where an answer raises `KeyError`.
    """
    recording = Recording()

    def run() -> None:
        asyncio.set_event_loop(_event_loop())
        monitor = RecordingMonitor(LocalMocks(override, answers or {}), recording)
        pulumi.runtime.set_mocks(
            monitor.mocks,
            PROJECT,
            stack,
            preview=False,
            logger=_ErrorLog(recording),
            monitor=monitor,
        )

        @pulumi.runtime.test
        def program() -> pulumi.Output[Any]:
            declare()
            root: Any = pulumi.runtime.get_root_resource()
            exports = [
                _keep_export(recording, name, pulumi.Output.from_input(value))
                for name, value in root.outputs.items()
            ]
            return pulumi.Output.all(*exports)

        program()

    contextvars.Context().run(run)
    return recording


def _keep_export(recording: Recording, name: str, value: pulumi.Output[Any]) -> pulumi.Output[None]:
    def keep(known: list[Any]) -> None:
        recording.exports[name] = known[0]
        if known[1]:
            recording.secret_exports.add(name)

    is_secret = pulumi.Output.from_input(value.is_secret())
    return pulumi.Output.all(pulumi.Output.unsecret(value), is_secret).apply(keep)


def _short(urn: str) -> str:
    """`type name` of a URN; nothing for the stack itself, and for none."""
    if not urn or "pulumi:pulumi:Stack::" in urn:
        return ""
    kind, name = urn.split("::")[2:4]
    return f"{kind.split('$')[-1]} {name}"


def _plain(value: Any) -> Any:
    """`value` with secrets opened."""
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def _has_secret(value: Any) -> bool:
    if rpc.is_rpc_secret(value):
        return True
    if isinstance(value, dict):
        return any(_has_secret(v) for v in value.values())
    return isinstance(value, list) and any(_has_secret(v) for v in value)
