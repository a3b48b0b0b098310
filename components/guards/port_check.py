"""The guard of a service's port, which its target groups have for life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.guards.errors import RefusedUpdateError
from components.guards.memory import RecordedEngine, RememberedRule
from components.guards.view import View
from live.discovery import ListenerHint
from live.errors import LiveError
from rollout.notice import Notice, NoticeKind
from rollout.port_change import PortChange, place_before, successor_of
from settings import Settings
from settings.service import ServiceSettings
from settings.slot import NewTargetGroup

_TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
_PARTS = ("services", "images", "capacity")


class PortCheck:
    """Refuses another port before anything is declared, and says how a service gets one."""

    def __init__(
        self,
        settings: Settings,
        config: Mapping[str, Any],
        engine: RecordedEngine,
        view: View,
        where: tuple[str | None, ListenerHint],
        known_rules: Mapping[str, RememberedRule],
        *,
        is_preview: bool,
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            settings: The config.
            config: The same as the stack file has it, by the keys of its top level.
            engine: Whose state is asked.
            view: AWS as it is.
            where: The listener's ARN, if the stack knows it, and where else it is found.
            known_rules: The rules that the stack has, by their names there.
            is_preview: Whether nothing is done, so that nothing is refused.
        """
        self._settings = settings
        self._config = config
        self._engine = engine
        self._view = view
        self._where = where
        self._known_rules = known_rules
        self._kind = NoticeKind.WILL_BE_REFUSED if is_preview else NoticeKind.REFUSED
        self.services: frozenset[str] = frozenset()
        """Those whose port would change; what else speaks against them follows from it."""

    def look(self) -> list[Notice]:
        """What there is to say.

        Raises:
            RefusedError: a service would get another port.
        """
        known = _ports(self._engine)
        told = [
            Notice(self._kind, service.name, "port", self._change(service, port).text)
            for service in self._settings.services
            if (port := _replaced_port(service, known)) is not None
        ]
        self.services = frozenset(notice.service for notice in told)
        if told and self._kind is NoticeKind.REFUSED:
            raise RefusedUpdateError(told)
        return told

    def _change(self, service: ServiceSettings, port: int) -> PortChange:
        name = service.name
        return PortChange(
            service=name,
            known=port,
            wanted=service.port,
            successor=successor_of(name, [each.name for each in self._settings.services]),
            priority=self._place_before(name),
            config={part: self._said(part, name) for part in _PARTS},
            is_protected=self._settings.protection,
        )

    def _said(self, part: str, service: str) -> Mapping[str, Any]:
        found = self._config.get(part)
        said = found.get(service) if isinstance(found, Mapping) else None
        return said if isinstance(said, Mapping) else {}

    def _place_before(self, service: str) -> int | None:
        """A place for the successor; None where there is none, or nobody can see."""
        own = self._known_rules.get(service)
        if own is None:
            return None
        arns = {rule.arn for name, rule in self._known_rules.items() if _is_of(name, service)}
        try:
            found = self._view.listener_rules(*self._where)
        except LiveError:
            return None  # What is wrong with AWS is said by the guards that cannot do without.
        others = [(rule.priority, rule.conditions) for rule in found if rule.arn not in arns]
        return place_before(own.priority, own.conditions, others)


def _is_of(rule: str, service: str) -> bool:
    return rule == service or rule.rpartition("-")[0] == service


def _ports(engine: RecordedEngine) -> dict[str, tuple[str, int]]:
    """Name and port of every target group in the state, by its name there."""
    if not engine.stack_outputs():
        return {}
    return {
        urn.rpartition("::")[2]: (found["name"], int(found["port"]))
        for urn, found in engine.resource_outputs().items()
        if f"{_TARGET_GROUP}::" in urn and found.get("name") and found.get("port")
    }


def _replaced_port(service: ServiceSettings, known: Mapping[str, tuple[str, int]]) -> int | None:
    """The port that a target group of the service has, where it would get another one."""
    for slot in service.slots:
        name, port = known.get(f"{service.name}-{slot.slot}", ("", service.port))
        group = slot.target_group
        if isinstance(group, NewTargetGroup) and group.name == name and port != service.port:
            return port
    return None
