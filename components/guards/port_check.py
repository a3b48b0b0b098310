"""The guard of a service's port, which its target groups keep for life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader
from components.guards.recorded_state import RecordedEngine, remembered_rules
from live.discovery import ListenerHint
from live.errors import LiveError
from rollout.json_value import map_of
from rollout.notice import Notice, NoticeKind
from rollout.port_change import PortChange, place_before, successor_of
from settings.service import ServiceSettings
from settings.settings import Settings
from settings.target_group import NewTargetGroup

_TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
_PARTS = ("services", "images", "capacity")


class PortCheck:
    """Refuses another port before anything is declared, with the commands that work."""

    def __init__(
        self,
        settings: Settings,
        config: Mapping[str, Any],
        engine: RecordedEngine,
        reader: GuardReader,
        listener: ListenerHint,
        *,
        is_preview: bool,
    ) -> None:
        """Hold what to compare; AWS is not called before `look`.

        Args:
            settings: The config.
            config: The config as it is in the stack file, by its top-level keys.
            engine: The engine, with the stack's state.
            reader: Reads AWS.
            listener: Where the listener is.
            is_preview: Whether nothing is changed, so that nothing is refused.
        """
        self._settings = settings
        self._config = config
        self._engine = engine
        self._reader = reader
        self._listener = listener
        self._kind = NoticeKind.refusal(is_preview=is_preview)
        self.services: frozenset[str] = frozenset()
        """The services whose port would change; other objections to them follow from it."""

    def look(self) -> list[Notice]:
        """Compare the ports; returns what to report.

        Raises:
            RefusedUpdateError: a service would get another port.
        """
        known = _ports(self._engine)
        notices = [
            Notice(self._kind, service.name, "port", self._change(service, port).text)
            for service in self._settings.services
            if (port := _replaced_port(service, known)) is not None
        ]
        self.services = frozenset(notice.service for notice in notices)
        if notices and self._kind is NoticeKind.REFUSED:
            raise RefusedUpdateError(notices)
        return notices

    def _change(self, service: ServiceSettings, port: int) -> PortChange:
        name = service.name
        return PortChange(
            service=name,
            known=port,
            wanted=service.port,
            successor=successor_of(name, [each.name for each in self._settings.services]),
            priority=self._place_before(name),
            config={part: self._config_of(name, part) for part in _PARTS},
            is_protected=self._settings.protection,
        )

    def _config_of(self, service: str, part: str) -> Mapping[str, Any]:
        return map_of(map_of(self._config.get(part)).get(service))

    def _place_before(self, service: str) -> int | None:
        """A priority for the successor; None if there is none, or AWS cannot be read."""
        known = remembered_rules(self._engine)
        own = known.get(service)
        if own is None:
            return None
        arns = {rule.arn for name, rule in known.items() if _is_of(name, service)}
        try:
            found = self._reader.listener_rules(self._listener)
        except LiveError:
            return None  # The guards that need AWS report the error.
        others = [(rule.priority, rule.conditions) for rule in found if rule.arn not in arns]
        return place_before(own.priority, own.conditions, others)


def _is_of(rule: str, service: str) -> bool:
    return rule == service or rule.rpartition("-")[0] == service


def _ports(engine: RecordedEngine) -> dict[str, tuple[str, int]]:
    """Name and port of every target group in the state, by its logical name."""
    if not engine.stack_outputs():
        return {}
    return {
        urn.rpartition("::")[2]: (found["name"], int(found["port"]))
        for urn, found in engine.resource_outputs().items()
        if f"{_TARGET_GROUP}::" in urn and found.get("name") and found.get("port")
    }


def _replaced_port(service: ServiceSettings, known: Mapping[str, tuple[str, int]]) -> int | None:
    """The port of the service's target groups, if the config changes it."""
    for slot in service.slots:
        name, port = known.get(f"{service.name}-{slot.slot}", ("", service.port))
        group = slot.target_group
        if isinstance(group, NewTargetGroup) and group.name == name and port != service.port:
            return port
    return None
