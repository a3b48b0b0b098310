"""Where the requests of our own go, by the stack's config: nowhere, for some services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ops.ramp.errors import BadInputError
from rollout.command import UP, Command, config_set_secret
from settings.conditions import RuleConditions
from settings.declaration.section import Section
from settings.login import ServiceLogin
from settings.probe import (
    METHOD,
    ProbeSettings,
    has_own_sources,
    plain_headers,
    plain_host,
    probed_url,
    unmet_condition,
)
from settings.rule import RuleSettings
from settings.service import ServiceSettings
from settings.services import ServiceMaps


@dataclass(frozen=True, slots=True)
class Probed:
    """The config of the requests to one service."""

    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    probe: ProbeSettings
    conditions: RuleConditions
    login: ServiceLogin | None = None

    @property
    def url(self) -> str | None:
        """An address of it; None where no request can be made to it."""
        return probed_url(self.hosts, self.paths, self.probe, self.conditions)


def read_probed(top: Section, services: Iterable[str]) -> dict[str, Probed]:
    """The config of the requests to each of `services`; its problems are recorded."""
    found: dict[str, Probed] = {}
    for name in services:
        own = top.section(ServiceMaps.services).entry(name)
        found[name] = Probed(
            own.read(RuleSettings.hosts),
            own.read(RuleSettings.paths),
            own.read(ServiceSettings.probe),
            own.read(RuleSettings.conditions),
            own.read(ServiceSettings.login),
        )
    return found


def connect_to(probed: Mapping[str, Probed]) -> dict[str, str]:
    """Service -> where to connect to, for those whose config has an address."""
    return {name: each.probe.address for name, each in probed.items() if each.probe.address}


def request_headers(probed: Mapping[str, Probed]) -> dict[str, dict[str, str]]:
    """Service -> the headers that its rule and its login ask of every request, if any."""
    found = {name: _headers(each) for name, each in probed.items()}
    return {name: headers for name, headers in found.items() if headers}


def behind_a_login(probed: Mapping[str, Probed]) -> frozenset[str]:
    """The services whose load balancer answers a request without a session itself."""
    return frozenset(
        name for name, each in probed.items() if each.login is not None and each.login.asks
    )


def _headers(probed: Probed) -> dict[str, str]:
    cookie = {"Cookie": probed.probe.cookie} if probed.probe.cookie else {}
    return {**cookie, **plain_headers(probed.conditions)}


def refuse_unreachable(services: Sequence[str], probed: Mapping[str, Probed]) -> None:
    """Raises BadInputError where no request can be made to one of `services`.

    A certificate covers names of the team's, never the load balancer's own, so that its address
    would only fail.
    """
    for name in services:
        found = probed.get(name)
        if found is None:
            continue
        _refuse_unmet(name, found.conditions)
        _refuse_without_session(name, found)
        if found.url is None:
            has = f"only {', '.join(found.hosts)}" if found.hosts else "no host at all"
            why = f"its rule has {has}, and the config names no host that users request"
            raise _without_url(name, f"no request can be made to {name}: {why}", found, "HOST")
        if has_own_sources(found.conditions) and found.probe.url is None:
            blocks = " and ".join(found.conditions.source_ips)
            why = (
                f"the rule of {name} takes only requests from {blocks}, and whether those of this "
                "machine are among them cannot be seen from here"
            )
            raise _without_url(name, why, found, plain_host(found.hosts) or "HOST")


def _refuse_unmet(name: str, conditions: RuleConditions) -> None:
    why = unmet_condition(conditions)
    if why is None:
        return
    place = len(conditions.methods)
    key = f"failover:services.{name}.conditions"
    fix = (
        Command.of("pulumi", "config", "set", "--path", f"{key}.methods[{place}]", METHOD).then(UP)
        if conditions.methods and METHOD not in conditions.methods
        else Command.of("pulumi", "config", "rm", "--path", f"{key}.headers").then(UP)
    )
    raise BadInputError(
        f"no request of ours can reach {name}: {why}; nothing was begun\n"
        f"  expected: a rule that takes {METHOD} requests too, and probe.url beside it where only "
        "some paths answer them; without that no ramp can see how the service answers, and weights "
        "move by `pulumi up` alone\n"
        f"  fix:      {fix}"
    )


def _refuse_without_session(name: str, found: Probed) -> None:
    if found.login is None or not found.login.asks or found.probe.cookie:
        return
    key = f"failover:services.{name}.probe.cookie"
    raise BadInputError(
        f"{name} has a login, and no request of ours has a session: the load balancer would answer "
        "all of them itself, so that nothing is known of either slot; nothing was begun\n"
        "  expected: the cookies of a session that lasts longer than the ramp, which a browser has "
        "after a login\n"
        f"  fix:      {config_set_secret(key)}"
    )


def _without_url(name: str, why: str, found: Probed, host: str) -> BadInputError:
    key = f"failover:services.{name}.probe.url"
    url = f"https://{host}{_path(found)}"
    fix = Command.of("pulumi", "config", "set", "--path", key, url)
    return BadInputError(
        f"{why}; nothing was begun\n"
        "  expected: a URL that its rule takes, with a host of the certificate; where DNS does "
        "not lead there, probe.address as well\n"
        f"  fix:      {fix}"
    )


def _path(found: Probed) -> str:
    url = probed_url(("host.example",), found.paths, ProbeSettings(), found.conditions)
    assert url is not None
    return url.removeprefix("https://host.example")
