"""The guard of what target groups keep for life: port, protocol, version of HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader
from components.guards.recorded_state import RecordedEngine, remembered_rules
from live.discovery import ListenerHint
from live.errors import LiveError
from rollout.json_value import map_of
from rollout.notice import Notice, NoticeKind
from rollout.target_group_change import (
    KeptInput,
    TargetGroupChange,
    place_before,
    successor_of,
)
from settings.service import ServiceSettings
from settings.settings import Settings
from settings.target_group import NewTargetGroup

_TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
_PARTS = ("services", "images", "capacity")


class TargetGroupCheck:
    """Refuses another one before anything is declared, with the commands that work."""

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
        """The services whose target groups would be replaced; other objections follow from it."""

    def look(self) -> list[Notice]:
        """Compare with the state; returns what to report.

        Raises:
            RefusedUpdateError: a target group would be replaced.
        """
        known = _target_groups(self._engine)
        changes = [
            self._change(service, inputs)
            for service in self._settings.services
            if (inputs := _replacing(service, known))
        ]
        self.services = frozenset(change.service for change in changes)
        notices = [Notice(self._kind, each.service, each.keys, each.text) for each in changes]
        if notices and self._kind is NoticeKind.REFUSED:
            raise RefusedUpdateError(notices)
        return notices

    def _change(self, service: ServiceSettings, inputs: tuple[KeptInput, ...]) -> TargetGroupChange:
        name = service.name
        return TargetGroupChange(
            service=name,
            inputs=inputs,
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


def _target_groups(engine: RecordedEngine) -> dict[str, Mapping[str, Any]]:
    """What the state has of every target group, by its logical name."""
    if not engine.stack_outputs():
        return {}
    return {
        urn.rpartition("::")[2]: found
        for urn, found in engine.resource_outputs().items()
        if f"{_TARGET_GROUP}::" in urn
    }


def _replacing(
    service: ServiceSettings, known: Mapping[str, Mapping[str, Any]]
) -> tuple[KeptInput, ...]:
    """What the config changes of the service's target groups and AWS does not."""
    for slot in service.slots:
        found = known.get(f"{service.name}-{slot.slot}", {})
        group = slot.target_group
        if isinstance(group, NewTargetGroup) and group.name == found.get("name"):
            inputs = tuple(_kept_inputs(service, found))
            if inputs:
                return inputs
    return ()


def _kept_inputs(service: ServiceSettings, found: Mapping[str, Any]) -> Iterator[KeptInput]:
    wanted = service.target_group
    for key, what, recorded, value in (
        ("port", "port", found.get("port"), service.port),
        ("targetGroup.protocol", "protocol", found.get("protocol"), wanted.protocol),
        (
            "targetGroup.protocolVersion",
            "protocol version",
            found.get("protocolVersion"),
            wanted.version,
        ),
    ):
        # The engine records numbers as fractions.
        before = int(recorded) if isinstance(recorded, float) else recorded
        if before and before != value:
            yield KeptInput(key, what, str(before), str(value))
