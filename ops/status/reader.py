"""Reads the status of a stack; what cannot be read is reported, and the rest is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from live.cloudwatch import Alarm
from live.errors import LiveError
from ops.ramp.stack.known import KnownStack
from ops.stack.stack_file import StackFileError, read_config, read_text
from ops.status.config_reading import ConfigReading, MainFile, read_main
from ops.status.difference import stack_option
from ops.status.document import Status, Unread, UnreadError
from ops.status.live_reading import ListenerOrder, LiveReader, LiveReading, opened
from ops.status.merge import Readings, joined
from ops.status.state_reading import (
    StateReading,
    last_known,
    read_messages,
    read_pending,
    read_provider_config,
    read_ramping,
    read_state,
)
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import no_file_text

SLOW_SECONDS = 30.0
"""How old may be what takes a process or changes seldom: state, history, main, alarms, the order
of the rules."""

_Found = TypeVar("_Found")


@dataclass
class _Slow:
    """What is read again only every `SLOW_SECONDS`, or when something moved."""

    at: datetime
    config_text: str | StackFileError | None
    unread: list[Unread] = field(default_factory=list[Unread])
    state: StateReading | None = None
    messages: tuple[str, ...] | None = None
    main: MainFile | None = None
    is_local: bool = False
    alarms: tuple[Alarm, ...] | None = None
    notes: tuple[str, ...] = ()
    """What in the state prevents the next update."""
    order: ListenerOrder = field(default_factory=ListenerOrder)


class StatusReader:
    """How one stack stands, read as often as one asks."""

    def __init__(
        self,
        folder: Path,
        stack: str,
        environ: Mapping[str, str],
        named_stack: str | None = None,
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            folder: The project's.
            stack: Its name.
            environ: Of the CLI.
            named_stack: What the commands are to name; `None` where it is the selected stack.
        """
        self._stack = stack
        self._option = stack_option(named_stack)
        self._environ = environ
        self._pulumi = Pulumi(folder, stack, environ)
        self._file = self._pulumi.stack_file
        self._live: LiveReader | None = None
        self._addresses: Mapping[str, Any] = {}
        self._slow: _Slow | None = None
        self._weights: dict[str, str] = {}

    def read(self, now: datetime) -> Status:
        """How it stands; state, main, history, alarms and other rules may be `SLOW_SECONDS` old.

        Raises:
            NoStackError: the backend has no such stack.
        """
        config_text = self._config_text()
        slow = self._slow
        if slow is None or _is_old(slow, now) or str(slow.config_text) != str(config_text):
            slow = self._read_slow(now, config_text)
        live = self._live.read() if self._live is not None else None
        weights = {n: rule.weights for n, rule in live.rules.items()} if live is not None else {}
        if self._weights not in ({}, weights):
            slow = self._read_slow(now, config_text)
        self._slow, self._weights = slow, weights
        return self._joined(now, slow, live)

    def _joined(self, now: datetime, slow: _Slow, live: LiveReading | None) -> Status:
        unread = list(slow.unread)
        config = _tried("config", unread, lambda: self._config(slow.config_text))
        main_file = slow.main
        main = None
        if main_file is not None:
            where = f"{self._file.name} on {main_file.branch.ref}"
            main = _tried(
                "main", unread, lambda: ConfigReading.parse(main_file.text, where, is_here=False)
            )
        readings = Readings(
            live=live,
            config=config,
            state=slow.state,
            main=main,
            branch=main_file.branch if main_file is not None else None,
            alarms=slow.alarms,
            ramping=read_ramping(slow.messages or (), now),
            region=self._live.region if self._live is not None else None,
            is_local=slow.is_local,
            notes=slow.notes,
            order=slow.order,
        )
        return joined(self._stack, now, readings, unread)

    def _config_text(self) -> str | StackFileError | None:
        """What the stack file has; why it cannot be read, where it cannot."""
        try:
            return read_text(self._file)
        except StackFileError as error:
            return error

    def _config(self, text: str | StackFileError | None) -> ConfigReading:
        if isinstance(text, StackFileError):
            raise UnreadError(str(text)) from text
        if text is None:
            raise UnreadError(no_file_text(self._pulumi.folder, self._stack, is_there=True))
        return ConfigReading.parse(text, self._file.name, option=self._option)

    def _aws(self, text: str | StackFileError | None) -> dict[str, str]:
        """The provider's config, which the CLI reads from the same file.

        Raises:
            UnreadError: it cannot be read.
        """
        try:
            if isinstance(text, StackFileError):
                raise text
            read_config(text or "", self._file.name)
        except StackFileError as error:
            raise UnreadError(
                f"its region and credentials are in {self._file.name}, which cannot be read"
            ) from error
        return read_provider_config(self._pulumi)

    def _read_slow(self, now: datetime, config_text: str | StackFileError | None) -> _Slow:
        """Everything that is kept for a while; the processes run side by side."""
        slow = _Slow(now, config_text)
        with ThreadPoolExecutor(4, thread_name_prefix="status") as pool:
            state = pool.submit(_kept, lambda: read_state(self._pulumi))
            aws = pool.submit(_kept, lambda: self._aws(config_text))
            messages = pool.submit(_kept, lambda: read_messages(self._pulumi))
            main = pool.submit(_kept, lambda: read_main(self._file))
        slow.state = _or_reported("state", slow.unread, state.result())
        slow.messages = _or_reported("who ramps", slow.unread, messages.result())
        found = main.result()
        slow.is_local = found is None
        slow.main = _or_reported("main", slow.unread, found)
        _tried("live", slow.unread, lambda: self._open(slow.state, aws.result()))
        slow.notes = (
            _tried(
                "pending creations",
                slow.unread,
                lambda: read_pending(slow.state, aws.result(), self._stack, self._environ),
            )
            or ()
        )
        if self._live is not None:
            slow.alarms = _tried("alarms", slow.unread, self._read_alarms)
            slow.order = _tried("order of rules", slow.unread, self._read_order) or slow.order
        return slow

    def _open(self, state: StateReading | None, aws: dict[str, str] | UnreadError) -> None:
        """Find out where the services are, again where that has changed.

        Raises:
            UnreadError: it is not known.
        """
        if state is None or isinstance(aws, UnreadError):
            known = self._last_known(state, aws)
            outputs: Mapping[str, Any] = {"services": known.services}
            if state is not None and state.outputs.get("services"):
                outputs = state.outputs
            aws = dict(known.aws)
        else:
            outputs = state.outputs
        if not outputs.get("services"):
            self._live = None
            return
        if self._live is None or outputs != self._addresses:
            try:
                self._live = opened(aws, self._environ, outputs)
            except LiveError as error:
                raise UnreadError(str(error)) from error
            self._addresses = outputs

    def _last_known(
        self, state: StateReading | None, aws: dict[str, str] | UnreadError
    ) -> KnownStack:
        """What a ramp wrote down in this folder, where one of both could not be read.

        Raises:
            UnreadError: nothing was.
        """
        try:
            return last_known(self._pulumi.folder, self._stack, self._environ)
        except UnreadError:
            if state is not None and isinstance(aws, UnreadError):
                raise aws from None
            raise

    def _read_alarms(self) -> tuple[Alarm, ...]:
        assert self._live is not None, "asked for only where there is a reader"
        try:
            return tuple(self._live.alarms())
        except LiveError as error:
            raise UnreadError(str(error)) from error

    def _read_order(self) -> ListenerOrder:
        assert self._live is not None, "asked for only where there is a reader"
        try:
            return self._live.order()
        except LiveError as error:
            raise UnreadError(str(error)) from error


def _is_old(slow: _Slow, now: datetime) -> bool:
    return (now - slow.at).total_seconds() >= SLOW_SECONDS


def _kept(read: Callable[[], _Found]) -> _Found | UnreadError:
    try:
        return read()
    except UnreadError as error:
        return error


def _or_reported(what: str, unread: list[Unread], found: _Found | UnreadError) -> _Found | None:
    if isinstance(found, UnreadError):
        unread.append(Unread(what, str(found)))
        return None
    return found


def _tried(what: str, unread: list[Unread], read: Callable[[], _Found]) -> _Found | None:
    return _or_reported(what, unread, _kept(read))
