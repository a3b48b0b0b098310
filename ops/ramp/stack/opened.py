"""The stack that a command acts on: its engine, its config, its live side, its ramps."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from live.errors import LiveError, WrongAccountError
from live.session import ProviderSession
from ops.journal.journal import Ramps
from ops.ramp.errors import AwsError, BackendError, BadInputError, NotSureError
from ops.ramp.stack.commands import NextCommands
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.live import LiveStack, hidden_services_of, live_stack, session_of
from ops.ramp.stack.probed import Probed, read_probed
from ops.stack.engine import StackEngine
from ops.stack.project import project_folder
from ops.stack.stack_file import refuse_unreadable
from pulumi_cli.errors import PulumiError
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import current_backend, no_file_text, selected_stack
from pulumi_cli.update import EngineUpdate
from rollout.command import UP
from rollout.errors import SettingsError
from rollout.hidden_rules import HiddenService
from rollout.json_value import map_of
from rollout.lease import LeaseHolder
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.weights_key import configured_weights
from settings.declaration.command import NAMESPACE
from settings.declaration.raw import in_namespace
from settings.declaration.section import ConfigProblems
from settings.ramp import Freeze, RampSettings
from settings.settings import Settings, top_section
from settings.surroundings import reject_bad_accounts

OWN_FOLDER = ".failover"
"""Where journals and records lie; git-ignored."""


@dataclass(frozen=True)
class OpenedStack:
    """A stack that is deployed, ready to be acted on."""

    name: str
    folder: Path
    engine: StackEngine
    outputs: Mapping[str, Any]
    config: Mapping[str, str]
    ramp: RampSettings
    candidate: Slot | None
    freeze: Freeze | None
    override: str | None
    probed: Mapping[str, Probed]
    """Where requests of our own to each deployed service go."""
    is_named: bool = False
    """Whether a person named it, since another one may be selected."""

    @property
    def next(self) -> NextCommands:
        """What a person types next about it."""
        option = ("--stack", self.name) if self.is_named else ()
        return NextCommands(self.name, option, frozenset(self.services))

    @property
    def identity(self) -> StackIdentity:
        """By what a journal of this stack is known."""
        backend = current_backend(self.folder, os.environ)
        return StackIdentity.of(backend, self.name, self.services)

    @property
    def ramps(self) -> Ramps:
        """The ramps of this stack that are recorded here."""
        return Ramps(ramps_folder(self.folder, self.name), self.identity)

    @property
    def urls(self) -> Mapping[str, str]:
        """An address of each service: from the config, else from the last update."""
        own = {name: each.probe.url for name, each in self.probed.items() if each.probe.url}
        return {**self.outputs["urls"], **own}

    @property
    def services(self) -> Mapping[str, Any]:
        """The stack's output of that name."""
        return self.outputs["services"]

    def session(self) -> ProviderSession:
        """AWS as the stack's provider meets it.

        Raises:
            AwsError: the config cannot be followed here.
        """
        return session_of(in_namespace(self.config, "aws"))

    def refuse_wrong_account(self) -> None:
        """Look whose the credentials are, before anything is begun or written down.

        Raises:
            BadInputError: they are of an account that the stack does not allow.
            AwsError: they have expired, or no identity has them.
        """
        try:
            self.session().refuse_wrong_account()
        except WrongAccountError as error:
            raise BadInputError(f"{error}\n  nothing was begun") from error
        except LiveError as error:
            raise AwsError(str(error)) from error

    def live(self) -> LiveStack:
        """Its live side.

        Raises:
            AwsError: no such profile, or no region.
        """
        return live_stack(self.services, self.session())

    def hidden_services(self) -> list[HiddenService]:
        """The services that get no request, since another rule takes all of theirs.

        Raises:
            AwsError: AWS cannot be read.
        """
        return hidden_services_of(self.services, self.outputs["listenerArn"], self.session())

    def history(self) -> list[HistoryEntry]:
        """Its updates, the newest first.

        Raises:
            BackendError: the backend cannot be read.
        """
        try:
            return [history_entry(past) for past in self.engine.history()]
        except PulumiError as error:
            raise _unread(error) from error

    def keep_known(self) -> None:
        """Keep what `failover rollback --break-glass` needs when the backend does not answer.

        Raises:
            NotSureError: it cannot be written.
        """
        ramps = self.ramps
        aws = in_namespace(self.config, "aws")
        try:
            KnownStack(ramps.identity.backend, aws, self.services).write(ramps.folder)
        except OSError as error:
            raise NotSureError(
                f"cannot write to {ramps.folder}: {error.strerror}",
                expected="room for the journal: without it, a killed ramp can be resumed only from "
                "the stack's history",
                fixes=["make room there, then type it again"],
            ) from error


def ramps_folder(folder: Path, stack: str) -> Path:
    """Where the ramps of `stack` keep their folders, however it is named: `prod`, `org/prod`."""
    return folder / OWN_FOLDER / "ramps" / stack.rpartition("/")[2]


def recorded_ramps(folder: Path, stack: str) -> Ramps:
    """The ramps of `stack` that are recorded here, its outputs read but no secret.

    Raises:
        StackError: there is no such stack, or the shell cannot use the engine.
        BackendError: the backend cannot be read.
    """
    try:
        outputs = Pulumi(folder, stack, os.environ).outputs()
    except PulumiError as error:
        raise BackendError(str(error)) from error
    backend = current_backend(folder, os.environ)
    identity = StackIdentity.of(backend, stack, outputs.get("services") or {})
    return Ramps(ramps_folder(folder, stack), identity)


def opened_stack(folder: Path, name: str | None) -> OpenedStack:
    """Open the stack `name`, or the one that is selected, of the project in `folder` or above it.

    Raises:
        StackError: no project, no such stack, a stack file that cannot be read, or no login.
        BadInputError: nothing is deployed, or the config has problems.
        BackendError: the backend cannot be read.
    """
    folder, is_named = project_folder(folder), name is not None
    name = stack_name(folder, name)
    refuse_unreadable(folder, name)
    pulumi = Pulumi(folder, name, os.environ)
    engine = StackEngine(pulumi, ramps_folder(folder, name) / "engine")
    try:
        outputs = engine.outputs()
        raw, secret_keys = engine.config()
    except PulumiError as error:
        raise _unread(error) from error
    if not engine.stack_file.exists():
        raise BadInputError(no_file_text(folder, name, is_there=True))
    if not outputs.get("services"):
        raise BadInputError(
            f"nothing is deployed in {name}",
            expected="services with their two slots",
            fixes=[UP.with_options("--stack", name)],
        )
    opened = _with_settings(name, folder, engine, outputs, raw, secret_keys)
    return replace(opened, is_named=is_named)


def stack_name(folder: Path, named: str | None) -> str:
    """The stack that is meant: `named`, else the selected one.

    Raises:
        StackError: none is selected, or no login.
        BackendError: the backend cannot be read.
    """
    try:
        return selected_stack(folder, named, os.environ)
    except PulumiError as error:
        raise _unread(error) from error


def _unread(error: PulumiError) -> BackendError:
    return BackendError(
        str(error),
        expected="an answer of the engine's backend; nothing was changed",
        fixes=[
            "fix the reported error (pulumi whoami --verbose shows the backend), then type it again"
        ],
    )


def _with_settings(
    name: str,
    folder: Path,
    engine: StackEngine,
    outputs: Mapping[str, Any],
    raw: Mapping[str, str],
    secret_keys: frozenset[str],
) -> OpenedStack:
    problems = ConfigProblems(secret_keys)
    reject_bad_accounts(in_namespace(raw, "aws"), problems)
    top = top_section(raw, problems)
    opened = OpenedStack(
        name=name,
        folder=folder,
        engine=engine,
        outputs=outputs,
        config=raw,
        ramp=top.read(Settings.ramp),
        candidate=top.read(Settings.candidate),
        freeze=top.read(Settings.freeze),
        override=top.read(Settings.override),
        probed=read_probed(top, outputs["services"]),
    )
    if problems.found:
        raise BadInputError(str(SettingsError(problems.found)))
    opened.refuse_wrong_account()
    return opened


def own_holder() -> LeaseHolder:
    """Whose process this is: a CI job's actor, else the user of the system."""
    actor = os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN")
    return LeaseHolder("".join((actor or _user()).split()), socket.gethostname(), os.getpid())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def history_entry(past: EngineUpdate) -> HistoryEntry:
    """The entry of an update.

    The history also keeps updates whose config the program refused: invalid values are ignored.
    """
    candidate = past.config.get(f"{NAMESPACE}:candidate")
    floors, splits = _floors(past.config), _splits(past.config)
    return HistoryEntry(
        past.message,
        past.succeeded,
        floors,
        candidate,
        splits,
        past.at,
        past.ended,
        past.is_first,
    )


def _splits(config: Mapping[str, str]) -> dict[str, Split]:
    common = config.get(f"{NAMESPACE}:weights", "")
    services = _map(config, "services")
    return configured_weights({"weights": common, "services": services}).splits()


def _floors(config: Mapping[str, str]) -> dict[str, dict[Slot, int]]:
    found: dict[str, dict[Slot, int]] = {}
    for service, capacity in _map(config, "capacity").items():
        floors = map_of(map_of(capacity).get("floors"))
        plain = {str(slot): str(floor) for slot, floor in floors.items()}
        counts = {s: int(plain[s]) for s in Slot if plain.get(s, "").isdecimal()}
        found |= {service: counts} if counts else {}
    return found


def _map(config: Mapping[str, str], key: str) -> Mapping[str, Any]:
    """The map at a key of ours; empty where there is none."""
    return map_of(json.loads(config.get(f"{NAMESPACE}:{key}") or "{}"))
