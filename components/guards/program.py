"""One guarded run of the program: it reads the config and judges the update, or ends it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi.runtime import get_config_env, get_config_secret_keys_env

from components.guards.engine_log import EngineLog, NoticeLog
from components.guards.errors import RefusedUpdateError
from components.guards.hooks import HookBindings, UpdateHooks
from components.guards.image_check import ImageCheck
from components.guards.login_notes import login_notes
from components.guards.lost_state import GuardedStack, LostState
from components.guards.new_service import NewServiceJudge
from components.guards.reader import RETRY_SECONDS, GuardReader, Retry
from components.guards.recorded_state import (
    RecordedEngine,
    RunningEngine,
    remembered_rules,
    remembered_services,
    served_before,
)
from components.guards.rule_order import RuleOrder
from components.guards.target_group_check import TargetGroupCheck
from components.guards.update_judge import UpdateJudge
from components.guards.wait import Interruption, Wait
from components.guards.wanted import guard_rules, search_of, wanted_services
from components.lookups import ProviderLookups
from live.address import ServiceAddress
from live.discovery import ListenerHint
from live.errors import LiveError
from live.provider_config import ProviderConfig
from live.session import ProviderSession, check_credentials
from rollout.errors import SettingsError
from rollout.messages import stopped, unreadable
from rollout.notice import Notice, NoticeKind, without_contradiction
from rollout.observation import LiveRule
from rollout.split import Slot, Split
from settings.declaration.raw import decoded, in_namespace
from settings.load_balancer import ExistingLoadBalancer
from settings.settings import TOP, Settings
from settings.surroundings import Surroundings

if TYPE_CHECKING:
    from components.service import Service

BAIL = 32
"""The exit code of a program that has reported what is wrong; the engine adds no message."""


@contextlib.contextmanager
def guarded_program() -> Generator[GuardedProgram]:
    """The settings and the guards of this run; the body declares the stack.

    If the config is wrong or the update is refused, the run ends here: everything that is wrong is
    in the engine's diagnostics, and nothing is declared.
    """
    log = EngineLog()
    try:
        program = _begun(log)
    except SettingsError as error:
        pulumi.log.error(str(error))
        sys.exit(BAIL)
    except RefusedUpdateError as refusal:
        for notice in refusal.notices:
            log.report(notice)
        sys.exit(BAIL)
    # The provider's SDK defines thousands of classes while the body imports it bit by bit. Garbage
    # collections among them take a fifth of that time (measured).
    gc.disable()
    try:
        yield program
        gc.freeze()
    finally:
        gc.enable()


def _begun(log: NoticeLog) -> GuardedProgram:
    """The program after its guards have judged the update.

    Raises:
        SettingsError: the config is wrong.
        RefusedUpdateError: the update may not begin, or AWS cannot be read.
    """
    try:
        return GuardedProgram(read_settings(log), RunningEngine(), log)
    except LiveError as error:
        notice = unreadable(NoticeKind.REFUSED, str(error), "nothing is changed", error.fix)
        raise RefusedUpdateError([notice]) from error
    except KeyboardInterrupt as stop:
        raise RefusedUpdateError([stopped()]) from stop


def read_settings(log: NoticeLog) -> Settings:
    """The settings of the stack that runs.

    Raises:
        SettingsError: the config is wrong.
        LiveError: AWS could not be asked for what the config names as existing.
    """
    raw, aws_config = get_config_env(), _aws_config()
    return Settings.parse(
        raw,
        Surroundings(
            stack=pulumi.get_stack(),
            environ=os.environ,
            aws_config=aws_config,
            secret_keys=frozenset(get_config_secret_keys_env()),
            lookups=ProviderLookups(
                Retry(RETRY_SECONDS, log, threading.Event()),
                lambda: check_credentials(aws_config, os.environ),
                lambda: _session(aws_config).client("ec2"),
                Path(pulumi.get_root_directory()),
            ),
        ),
    )


class GuardedProgram:
    """Judges the update before anything is declared, and enforces it on what is declared then."""

    def __init__(self, settings: Settings, engine: RecordedEngine, log: NoticeLog) -> None:
        """Run every guard.

        Raises:
            RefusedUpdateError: the update may not begin.
            LiveError: the config or the credentials of AWS are invalid.
        """
        self.settings = settings
        self._log = log
        self._is_preview = pulumi.runtime.is_dry_run()
        self._interruption = Interruption()
        seconds = 0.0 if self._is_preview else RETRY_SECONDS
        self._reader = GuardReader(
            _aws_config(), os.environ, Retry(seconds, log, self._interruption.happened)
        )
        self._served_before = served_before(engine)
        self._judge = UpdateJudge(
            guard_rules(settings),
            wanted_services(settings),
            remembered_services(engine),
            search_of(settings),
            self._reader,
            is_preview=self._is_preview,
        )
        self._target_groups = TargetGroupCheck(
            settings,
            decoded(get_config_env(), TOP),
            engine,
            self._reader,
            _listener(settings, engine),
            is_preview=self._is_preview,
        )
        self._notices = self._checked(engine)
        self._lost_state = LostState(
            GuardedStack(
                name=pulumi.get_stack(),
                services=[service.name for service in settings.services],
                adopted=[s.name for s in settings.services if s.rule.is_adopted],
                is_protected=settings.protection,
            ),
            engine,
            self._reader.made,
            log,
            is_preview=self._is_preview,
        )
        self._wait = Wait(
            self._judge,
            log,
            settings.ramp.guard.poll_seconds,
            settings.ramp.guard.wait_seconds,
            self._interruption,
            self._notices,
        )

    def hooks(self) -> HookBindings:
        """The hooks of the resources to declare."""
        self._lost_state.watch()
        return UpdateHooks(
            self._judge,
            self._wait,
            self._log,
            self._read_rule,
            self._wait_of_new_rule,
            self._target_groups.services,
        ).bound()

    def last_raised(self, service: str, split: Split) -> Slot | None:
        """The slot that was raised last once the rule of `service` is at `split`.

        A rule that is created again was raised before.
        """
        return self._judge.last_raised(service, split) or self._served_before.get(service)

    def report(self, services: Mapping[str, Service]) -> None:
        """Report the judgement: in a preview on the rules, in an update on the stack."""
        for notice in self._notices:
            if self._is_preview and notice.service in services:
                rule_urn = services[notice.service].rule.urn
                rule_urn.apply(lambda urn, notice=notice: self._log.report(notice, urn))
            else:
                self._log.report(notice)

    def _checked(self, engine: RecordedEngine) -> list[Notice]:
        """What the guards report, in the order in which they look."""
        settings, is_preview = self.settings, self._is_preview
        order = RuleOrder(
            settings,
            wanted_services(settings),
            remembered_rules(engine),
            self._reader,
            _listener(settings, engine),
            is_preview=is_preview,
        )
        images = ImageCheck(
            wanted_services(settings),
            remembered_services(engine),
            self._reader,
            is_preview=is_preview,
        )
        found = self._target_groups.look()
        found += [notice for notice in self._judge.judge() if self._is_reported(notice)]
        by_order = order.look(is_override_free=not self._judge.has_overridden)
        found += [notice for notice in by_order if notice not in found]
        found += login_notes(settings) if is_preview else []
        return without_contradiction([*found, *images.look(), *self._fleet_notes()])

    def _fleet_notes(self) -> Iterator[Notice]:
        """In a preview, what the kinds of fleet report of their settings."""
        for service in self.settings.services if self._is_preview else ():
            for slot in service.slots:
                for text in slot.kind.notes(slot.fleet):
                    yield Notice(NoticeKind.NOTE, service.name, f"slot {slot.slot}", text)

    def _is_reported(self, notice: Notice) -> bool:
        """Not a wait, which reports itself, and not what only follows from another target group."""
        if (
            notice.kind is NoticeKind.WILL_BE_REFUSED
            and notice.service in self._target_groups.services
        ):
            return False
        return notice.kind is not NoticeKind.WAITING

    def _read_rule(self, address: ServiceAddress) -> LiveRule:
        (rule,) = self._reader.rules([address])
        return rule

    def _wait_of_new_rule(self, address: ServiceAddress, split: Split) -> Wait | None:
        """The wait of a rule that is created; None if it is created again, or has no traffic."""
        is_theirs = isinstance(self.settings.load_balancer, ExistingLoadBalancer)
        has_traffic = is_theirs or self._judge.sees_traffic
        if not has_traffic or address.service in self._served_before:
            return None
        limits = self.settings.ramp.guard
        wanted = wanted_services(self.settings)[address.service]
        placed = replace(address, kinds=wanted.kinds)
        return Wait(
            NewServiceJudge(
                wanted, split, limits.healthy_polls, lambda: self._reader.slots(placed)
            ),
            self._log,
            limits.poll_seconds,
            limits.wait_seconds,
            self._interruption,
            spared="its rule was not created",
        )


def _session(aws_config: Mapping[str, str]) -> ProviderSession:
    return ProviderSession(ProviderConfig.of_stack(aws_config, os.environ))


def _aws_config() -> dict[str, str]:
    return in_namespace(get_config_env(), "aws")


def _listener(settings: Settings, engine: RecordedEngine) -> ListenerHint:
    """Where the listener is: at the ARN in the stack's outputs, if it has one."""
    hint, recorded = search_of(settings).listener, engine.stack_outputs().get("listenerArn")
    return replace(hint, listener_arn=recorded) if recorded else hint
