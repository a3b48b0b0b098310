"""Runs the program with a monitor that records what plain mocks hide: parents, options, outputs."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

PROJECT = "failover"
UNKNOWN_FUNCTION = "no such function in the recording"


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

    def __init__(
        self, image_of_a_rule: Callable[[MockResourceArgs], dict[str, Any]] | None
    ) -> None:
        self._override = image_of_a_rule

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "111122223333"}
        }
        if args.token not in answers:
            raise AssertionError(f"{UNKNOWN_FUNCTION}: {args.token}")
        return answers[args.token], []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        state = dict(args.inputs)
        arn = f"arn:mock:{args.typ.split('/')[-1].split(':')[-1]}/{args.name}"
        state |= {"arn": arn, "arnSuffix": f"suffix/{args.name}", "dnsName": "alb.example"}
        if args.typ.endswith(":LaunchTemplate"):
            state["latestVersion"] = 3
        if self._override is not None:
            state |= self._override(args)
        return (arn if "/lb" in args.typ or ":lb/" in args.typ else f"id-{args.name}"), state


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
        outputs = _plain(rpc.deserialize_properties(request.outputs))
        self._recording.outputs[_short(request.urn)] = outputs
        return super().RegisterResourceOutputs(request)


def recorded(
    declare: Callable[[], None],
    stack: str = "prod",
    override: Callable[[MockResourceArgs], dict[str, Any]] | None = None,
) -> Recording:
    """What `declare` registers, with its exports; a failing `apply` fails it."""
    recording = Recording()

    def run() -> None:
        monitor = RecordingMonitor(LocalMocks(override), recording)
        pulumi.runtime.set_mocks(monitor.mocks, PROJECT, stack, preview=False, monitor=monitor)

        @pulumi.runtime.test
        def program() -> pulumi.Output[None]:
            declare()
            root: Any = pulumi.runtime.get_root_resource()
            exports = {k: pulumi.Output.from_input(v) for k, v in root.outputs.items()}
            secrets = {k: pulumi.Output.from_input(v.is_secret()) for k, v in exports.items()}
            return pulumi.Output.all(
                pulumi.Output.unsecret(pulumi.Output.all(**exports)), pulumi.Output.all(**secrets)
            ).apply(lambda known: _keep_exports(recording, known[0], known[1]))

        program()

    contextvars.Context().run(run)
    return recording


def _keep_exports(
    recording: Recording, exports: Mapping[str, Any], secrets: Mapping[str, bool]
) -> None:
    recording.exports = dict(exports)
    recording.secret_exports = {name for name, is_secret in secrets.items() if is_secret}


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


def as_json(value: Any) -> str:
    """A stable text of a value, for comparing."""
    return json.dumps(value, sort_keys=True)
