"""The guard of the order of the listener's rules: places that are taken, rules that hide others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.guards.errors import RefusedUpdateError
from components.guards.memory import RememberedRule
from components.guards.view import View
from live.discovery import ListenerHint
from live.errors import LiveError
from live.listener import FoundRule
from rollout.conditions import Condition, Conditions, Field
from rollout.guard_case import WantedService
from rollout.messages import unseen
from rollout.notice import Notice, NoticeKind
from rollout.observation import is_named
from rollout.rule_places import ListenerRule, PlaceFinding, WantedRules, place_findings
from rollout.split import Slot
from settings import Settings
from settings.rule import PREVIEW_HEADER, RuleSettings

_SLOT_ENDINGS = tuple(f"-{slot}" for slot in Slot)
"""Of a preview rule's name; no service's ends so."""


class RuleOrder:
    """Judges the rules of the config among all rules of the listener.

    What this update would break is refused before anything is declared; what is broken already is a
    line in every preview.
    """

    def __init__(
        self,
        settings: Settings,
        services: Mapping[str, WantedService],
        known: Mapping[str, RememberedRule],
        view: View,
        where: tuple[str | None, ListenerHint],
        *,
        is_preview: bool,
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            settings: The config.
            services: Its services, as the guards judge them.
            known: The rules that the stack has, by their names there.
            view: AWS as it is.
            where: The listener's ARN, if the stack knows it, and where else it is found.
            is_preview: Whether nothing is done, so that nothing is refused.
        """
        self._settings = settings
        self._services = services
        self._known = known
        self._view = view
        self._where = where
        self._is_preview = is_preview

    def look(self, *, is_override_free: bool) -> list[Notice]:
        """What there is to say.

        Args:
            is_override_free: Whether the config's override lets nothing else through.

        Raises:
            RefusedError: this update would break something, or nobody can see.
        """
        if not self._is_preview and not any(each.is_changed for each in self._wanted(())):
            return []
        try:
            found = self._view.listener_rules(*self._where)
        except LiveError as error:
            told = [unseen(self._refused, str(error), "nothing is changed", error.fix)]
            return self._refused_or_told(told)
        findings = place_findings(
            [self._listed(rule) for rule in found if not self._own_name(rule)]
            + [self._own(rule, name) for rule in found if (name := self._own_name(rule))],
            self._wanted(found),
        )
        reason = self._settings.override if is_override_free else None
        told = [self._notice(each, reason) for each in findings if self._is_told(each)]
        return self._refused_or_told(told)

    @property
    def _refused(self) -> NoticeKind:
        return NoticeKind.WILL_BE_REFUSED if self._is_preview else NoticeKind.REFUSED

    def _is_told(self, finding: PlaceFinding) -> bool:
        return finding.is_caused or self._is_preview

    def _refused_or_told(self, told: list[Notice]) -> list[Notice]:
        if any(notice.kind is NoticeKind.REFUSED for notice in told):
            raise RefusedUpdateError(told)
        return told

    def _notice(self, finding: PlaceFinding, reason: str | None) -> Notice:
        kind, text = self._refused, finding.text
        if not finding.is_caused:
            kind = NoticeKind.NOTE
        elif reason is not None and not finding.is_impossible:
            kind, text = NoticeKind.OVERRIDE, f"let through ({reason}), although: {finding.why}"
        return Notice(kind, finding.service, finding.change, text)

    def _wanted(self, found: Sequence[FoundRule]) -> list[WantedRules]:
        return [
            self._wanted_rules(service.name, service.rule, found)
            for service in self._settings.services
        ]

    def _wanted_rules(
        self, service: str, rule: RuleSettings, found: Sequence[FoundRule]
    ) -> WantedRules:
        bare = WantedRules(service, rule.priority, _conditions(rule))
        names = set(bare.places)
        alike = {self._own_name(each): each for each in found}
        known = {name: self._known.get(name) or alike.get(name) for name in names}
        there = {name: each for name, each in known.items() if each is not None}
        main = there.get(service)
        return WantedRules(
            service=service,
            priority=rule.priority,
            conditions=bare.conditions,
            known_priorities={name: each.priority for name, each in there.items()},
            known_conditions=None if main is None else main.conditions,
        )

    def _own_name(self, rule: FoundRule) -> str:
        """The name in the stack of a live rule; empty where it is not the stack's.

        One that the state lacks is the stack's, too, where it stands at the place of one of its
        rules and forwards where that would: after an update that was cut short, or an import that
        no update has followed yet.
        """
        for name, known in self._known.items():
            if known.arn == rule.arn:
                return name
        return self._alike(rule)

    def _alike(self, rule: FoundRule) -> str:
        is_preview = any(
            each.field == Field.HEADER and each.name.lower() == PREVIEW_HEADER
            for each in rule.conditions
        )
        for service in self._settings.services:
            slots = self._services[service.name].slots
            groups = {slot: slots[slot].target_group for slot in Slot}
            for slot in Slot:
                name = f"{service.name}-{slot}" if is_preview else service.name
                place = service.rule.preview_priority(slot) if is_preview else service.rule.priority
                if (
                    rule.priority == place
                    and name not in self._known
                    and any(is_named(groups[slot], arn) for arn in rule.target_group_arns)
                ):
                    return name
        return ""

    def _own(self, rule: FoundRule, name: str) -> ListenerRule:
        is_preview = name.endswith(_SLOT_ENDINGS)
        service = name.rpartition("-")[0] if is_preview else name
        return ListenerRule(name, rule.priority, rule.conditions, service, rule.does)

    @staticmethod
    def _listed(rule: FoundRule) -> ListenerRule:
        return ListenerRule(rule.arn, rule.priority, rule.conditions, does=rule.does)


def _conditions(rule: RuleSettings) -> Conditions:
    hosts = (Condition(Field.HOST, rule.hosts),) if rule.hosts else ()
    return (*hosts, *((Condition(Field.PATH, rule.paths),) if rule.paths else ()))
