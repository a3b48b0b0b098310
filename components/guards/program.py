"""The guards in a program: what they look at, and where they speak."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.guards.engine_log import NoticeLog
from components.guards.guards import Guards
from components.guards.hooks import GuardHooks, Hooks
from components.guards.image_check import ImageCheck
from components.guards.interruption import Interruption
from components.guards.lost_state import GuardedStack, LostState
from components.guards.memory import RecordedEngine, remembered, remembered_rules, served_before
from components.guards.new_service import NewService
from components.guards.port_check import PortCheck
from components.guards.retry import RETRY_SECONDS, Retry
from components.guards.rule_order import RuleOrder
from components.guards.view import View
from components.guards.waiting import Waiting
from components.guards.wanted import guard_rules, search_of, wanted_services
from components.service import Service
from live.address import ServiceAddress
from rollout.notice import Notice, NoticeKind, without_contradiction
from rollout.split import Slot, Split
from settings import Settings
from settings.declaration.raw import decoded
from settings.load_balancer import ExistingLoadBalancer
from settings.settings import TOP


class ProgramGuards:
    """Looks before anything is declared, and binds the judgement to what is declared then."""

    def __init__(
        self,
        settings: Settings,
        aws_config: Mapping[str, str],
        environ: Mapping[str, str],
        engine: RecordedEngine,
        voice: NoticeLog,
    ) -> None:
        """Look, and say what there is to say at once.

        Raises:
            RefusedError: this update may not begin.
        """
        self._is_preview = pulumi.runtime.is_dry_run()
        self._voice = voice
        self._interruption = Interruption()
        seconds = 0.0 if self._is_preview else RETRY_SECONDS
        patience = Retry(seconds, voice, self._interruption.happened)
        self._view = View(aws_config, environ, patience)
        self._guards = Guards(
            guard_rules(settings),
            wanted_services(settings),
            remembered(engine),
            search_of(settings),
            self._view,
            is_preview=self._is_preview,
        )
        self._limits = limits = settings.ramp.guard
        is_theirs = isinstance(settings.load_balancer, ExistingLoadBalancer)
        # What waits is said in the wait, with what it waits for by then.
        self._ports = self._port_check(settings, engine)
        self._told = self._ports.look()
        self._told += [n for n in self._guards.look() if self._is_told(n)]
        self._told += [n for n in self._rule_order(settings, engine) if n not in self._told]
        images = ImageCheck(
            wanted_services(settings), remembered(engine), self._view, is_preview=self._is_preview
        )
        self._told = without_contradiction([*self._told, *images.look()])
        self._served_before = served_before(engine)
        self._lost_state = LostState(
            GuardedStack(
                name=pulumi.get_stack(),
                services=[service.name for service in settings.services],
                adopted=[s.name for s in settings.services if s.rule.is_adopted],
                is_protected=settings.protection,
            ),
            engine,
            self._view.made,
            voice,
            is_preview=self._is_preview,
        )
        self._has_traffic = is_theirs or self._guards.sees_traffic
        self._waiting = Waiting(
            self._guards,
            voice,
            limits.poll_seconds,
            limits.wait_seconds,
            self._interruption,
            self._told,
        )

    def _port_check(self, settings: Settings, engine: RecordedEngine) -> PortCheck:
        return PortCheck(
            settings,
            decoded(pulumi.runtime.get_config_env(), TOP),
            engine,
            self._view,
            (engine.stack_outputs().get("listenerArn"), search_of(settings).where),
            remembered_rules(engine),
            is_preview=self._is_preview,
        )

    def _is_told(self, notice: Notice) -> bool:
        """Not what waits, and not what only follows from another port."""
        follows = notice.kind is NoticeKind.WILL_BE_REFUSED
        is_port = notice.service in self._ports.services
        return notice.kind is not NoticeKind.WAITING and not (follows and is_port)

    def _rule_order(self, settings: Settings, engine: RecordedEngine) -> list[Notice]:
        order = RuleOrder(
            settings,
            wanted_services(settings),
            remembered_rules(engine),
            self._view,
            (engine.stack_outputs().get("listenerArn"), search_of(settings).where),
            is_preview=self._is_preview,
        )
        return order.look(is_override_free=not self._guards.has_overridden)

    def hooks(self) -> Hooks:
        """What resources are bound to."""
        self._lost_state.watch()
        hooks = GuardHooks(
            self._guards, self._waiting, self._voice, self._newcomer, self._ports.services
        )
        return hooks.bound()

    def _newcomer(self, address: ServiceAddress, split: Split) -> Waiting | None:
        """The wait of a rule that is made; None of one that is made again, or where nobody asks."""
        if not self._has_traffic or address.service in self._served_before:
            return None
        limits, polls = self._limits, self._guards.rules.healthy_polls
        return Waiting(
            NewService(address.service, split, polls, lambda: self._view.slots(address)),
            self._voice,
            limits.poll_seconds,
            limits.wait_seconds,
            self._interruption,
            spared="its rule was not made",
        )

    def last_raised(self, service: str, split: Split) -> Slot | None:
        """The slot that was raised last once the rule of `service` is at `split`.

        A rule that is made again was raised before.
        """
        return self._guards.last_raised(service, split) or self._served_before.get(service)

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
