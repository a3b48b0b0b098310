"""What a stack has decided, once it has adopted something: pure, from its config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.adopt.answers import Naming
from ops.adopt.proposal import Config


@dataclass(frozen=True, slots=True)
class Decided:
    """The answers that are in the config; of a stack that has adopted nothing, none."""

    services: Mapping[str, str] = field(default_factory=dict[str, str])
    """The services whose rule was adopted, with the target groups of their slot 01."""
    naming: Naming | None = None
    security_group_id: str | None = None

    @classmethod
    def of(cls, config: Config) -> Decided:
        """Read a config; what it says beside no adopted service is not taken for an answer."""
        services = dict(_adopted(config))
        if not services:
            return cls()
        parts = [config.get(f"failover:{key}") for key in ("org", "regionCode", "environment")]
        group = _map(config.get("failover:loadBalancer")).get("securityGroupId")
        return cls(
            services=services,
            naming=Naming(*map(str, parts)) if all(parts) else None,
            security_group_id=str(group) if group else None,
        )


def _adopted(config: Config) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, service in _map(config.get("failover:services")).items():
        first = _map(_map(_map(service).get("slots")).get("01"))
        group = _map(first.get("targetGroup")).get("existing")
        if _map(service).get("adoptedRule") is True and isinstance(group, str):
            found.append((name, group))
    return found


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
