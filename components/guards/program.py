"""The guards in a program: what they look at, and where they speak."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pulumi

from components.guards.guards import Guards
from components.guards.hooks import GuardHooks, Hooks
from components.guards.memory import Engine, remembered
from components.guards.patience import PATIENCE_SECONDS, Patience
from components.guards.view import View
from components.guards.voice import Voice
from components.guards.waiting import Waiting
from components.guards.wanted import guard_rules, search_of, wanted_services
from components.service import Service
from rollout.notice import Notice, NoticeKind
from settings import Settings


class ProgramGuards:
    """Looks before anything is declared, and binds the judgement to what is declared then."""

    def __init__(
        self,
        settings: Settings,
        aws_config: Mapping[str, str],
        environ: Mapping[str, str],
        engine: Engine,
        voice: Voice,
    ) -> None:
        """Look, and say what there is to say at once.

        Raises:
            RefusedError: this update may not begin.
        """
        self._is_preview = pulumi.runtime.is_dry_run()
        self._voice = voice
        interrupted = threading.Event()
        seconds = 0.0 if self._is_preview else PATIENCE_SECONDS
        patience = Patience(seconds, voice, interrupted)
        self._guards = Guards(
            guard_rules(settings),
            wanted_services(settings),
            remembered(engine),
            search_of(settings),
            View(aws_config, environ, patience),
            is_preview=self._is_preview,
        )
        limits = settings.ramp.guard
        # What waits is said in the wait, with what it waits for by then.
        self._told = [n for n in self._guards.look() if n.kind is not NoticeKind.WAITING]
        self._waiting = Waiting(
            self._guards, voice, limits.poll_seconds, limits.wait_seconds, interrupted, self._told
        )

    def hooks(self) -> Hooks:
        """What resources are bound to."""
        return GuardHooks(self._guards, self._waiting, self._voice).bound()

    def tell(self, services: Mapping[str, Service]) -> None:
        """Say what was seen: in a preview on the rules, in an update on the stack."""
        for notice in self._told:
            if self._is_preview and notice.service in services:
                rule_urn = services[notice.service].rule.urn
                rule_urn.apply(lambda urn, notice=notice: self._say(notice, urn))
            else:
                self._say(notice, "")

    def _say(self, notice: Notice, urn: str) -> None:
        self._voice.say(notice, urn)
