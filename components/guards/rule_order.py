"""The guard of the listener's rules: priorities that are taken, rules that hide others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader
from components.guards.recorded_state import RememberedRule
from live.discovery import ListenerHint
from live.errors import LiveError
from live.rules import FoundRule
from rollout.conditions import Field
from rollout.guard_case import WantedService
from rollout.messages import overridden_text, unreadable
from rollout.notice import Notice, NoticeKind
from rollout.observation import is_named
from rollout.rule_places import ListenerRule, PlaceConflict, WantedRules, place_conflicts
from rollout.split import Slot
from settings.conditions import PREVIEW_HEADER
from settings.rule import RuleSettings
from settings.settings import Settings

_SLOT_ENDINGS = tuple(f"-{slot}" for slot in Slot)
"""The ending of a preview rule's name; no service's name has it."""


class RuleOrder:
    """Judges the rules of the config among all rules of the listener.

    What this update would break is refused before anything is declared. What is broken already is a
    line in every preview.
    """

    def __init__(
        self,
        settings: Settings,
        services: Mapping[str, WantedService],
        known: Mapping[str, RememberedRule],
        reader: GuardReader,
        listener: ListenerHint,
        *,
        is_preview: bool,
    ) -> None:
        """Hold what to judge; AWS is not called before `look`.

        Args:
            settings: The config.
            services: Its services, as the guards judge them.
            known: The rules that the stack has, by their logical names.
            reader: Reads AWS.
            listener: Where the listener is.
            is_preview: Whether nothing is changed, so that nothing is refused.
        """
        self._settings = settings
        self._services = services
        self._known = known
        self._reader = reader
        self._listener = listener
        self._is_preview = is_preview

    def look(self, *, is_override_free: bool) -> list[Notice]:
        """Judge the rules; returns what to report.

        Args:
            is_override_free: Whether the override has let nothing else through.

        Raises:
            RefusedUpdateError: this update would break something, or AWS cannot be read.
        """
        if not self._is_preview and not any(each.is_changed for each in self._wanted(())):
            return []
        try:
            found = self._reader.listener_rules(self._listener)
        except LiveError as error:
            kind = NoticeKind.refusal(is_preview=self._is_preview)
            notice = unreadable(kind, str(error), "nothing is changed", error.fix)
            return self._refused_or_shown([notice])
        conflicts = place_conflicts(
            [self._listed(rule) for rule in found if not self._own_name(rule)]
            + [self._own(rule, name) for rule in found if (name := self._own_name(rule))],
            self._wanted(found),
        )
        reason = self._settings.override if is_override_free else None
        return self._refused_or_shown(
            [self._notice(f, reason) for f in conflicts if f.is_caused or self._is_preview]
        )

    @staticmethod
    def _refused_or_shown(notices: list[Notice]) -> list[Notice]:
        if any(notice.kind is NoticeKind.REFUSED for notice in notices):
            raise RefusedUpdateError(notices)
        return notices

    def _notice(self, conflict: PlaceConflict, reason: str | None) -> Notice:
        kind, text = NoticeKind.refusal(is_preview=self._is_preview), conflict.text
        if not conflict.is_caused:
            kind = NoticeKind.NOTE
        elif reason is not None and not conflict.is_impossible:
            kind, text = NoticeKind.OVERRIDE, overridden_text(reason, conflict.why)
        return Notice(kind, conflict.service, conflict.change, text)

    def _wanted(self, found: Sequence[FoundRule]) -> list[WantedRules]:
        return [
            self._wanted_rules(service.name, service.rule, found)
            for service in self._settings.services
        ]

    def _wanted_rules(
        self, service: str, rule: RuleSettings, found: Sequence[FoundRule]
    ) -> WantedRules:
        bare = WantedRules(service, rule.priority, rule.listed())
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
        """The logical name of a live rule; empty if it is not the stack's.

        A rule that is missing in the state is the stack's too if it has the priority of one of the
        stack's rules and forwards to the same target group: after an interrupted update, or an
        import that no update has followed yet.
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
