"""Where the requests of our own go, by the stack's config: nowhere, for some services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ops.ramp.errors import BadInputError
from rollout.command import Command
from settings.declaration.section import Section
from settings.probe import ProbeSettings, probed_url
from settings.rule import RuleSettings
from settings.service import ServiceSettings
from settings.services import ServiceMaps


@dataclass(frozen=True, slots=True)
class Probed:
    """The config of the requests to one service."""

    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    probe: ProbeSettings

    @property
    def url(self) -> str | None:
        """An address of it; None where no request can be made to it."""
        return probed_url(self.hosts, self.paths, self.probe)


def read_probed(top: Section, services: Iterable[str]) -> dict[str, Probed]:
    """The config of the requests to each of `services`; its problems are recorded."""
    found: dict[str, Probed] = {}
    for name in services:
        own = top.section(ServiceMaps.services).entry(name)
        found[name] = Probed(
            own.read(RuleSettings.hosts),
            own.read(RuleSettings.paths),
            own.read(ServiceSettings.probe),
        )
    return found


def connect_to(probed: Mapping[str, Probed]) -> dict[str, str]:
    """Service -> where to connect to, for those whose config has an address."""
    return {name: each.probe.address for name, each in probed.items() if each.probe.address}


def refuse_unreachable(services: Sequence[str], probed: Mapping[str, Probed]) -> None:
    """Raises BadInputError where no request can be made to one of `services`.

    A certificate covers names of the team's, never the load balancer's own, so that its address
    would only fail.
    """
    for name in services:
        found = probed.get(name)
        if found is None or found.url is not None:
            continue
        has = f"only {', '.join(found.hosts)}" if found.hosts else "no host at all"
        key = f"failover:services.{name}.probe.url"
        fix = Command.of("pulumi", "config", "set", "--path", key, f"https://HOST{_path(found)}")
        raise BadInputError(
            f"no request can be made to {name}: its rule has {has}, and the config names no host "
            "that users request; nothing was begun\n"
            "  expected: a URL that its rule takes, with a host of the certificate; where DNS does "
            "not lead there, probe.address as well\n"
            f"  fix:      {fix}"
        )


def _path(found: Probed) -> str:
    url = probed_url(("host.example",), found.paths, ProbeSettings())
    assert url is not None
    return url.removeprefix("https://host.example")
