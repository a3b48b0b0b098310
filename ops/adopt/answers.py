"""What a person answered: by flags, at the terminal, or when the stack adopted a service before."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import click

from ops.adopt.config_merge import Config, KeyPath, is_same
from ops.errors import InputError, UnsureError
from ops.inspect.document import Inspection, ListenerReport, RuleReport
from ops.inspect.obstacles import obstacles
from ops.inspect.pairing import slot_groups_of
from ops.inspect.rule_obstacles import candidates
from rollout.json_value import map_of
from rollout.problem import NOT_SET, laid_out
from rollout.split import Slot
from settings.declaration.command import joined, setting

_CONVENTIONAL = re.compile(
    r"(?P<org>[a-z0-9]+)-(?P<region>[a-z0-9]+)-(?P<environment>[a-z0-9]+)"
    r"-(?P<service>[a-z0-9-]+?)(-0[12])?-tg"
)


@dataclass(frozen=True, slots=True)
class Naming:
    """The first parts of every name that the stack gives."""

    org: str
    region_code: str
    environment: str


@dataclass(frozen=True, slots=True)
class Answers:
    """All that was asked, answered."""

    services: Mapping[str, str]
    """Service to the target group that becomes its slot 01."""
    naming: Naming
    security_group_id: str
    """Of the load balancer; the new instances take requests from it."""
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to the image of slot 02; else what slot 01 runs."""
    instance_types: Mapping[str, str] = field(default_factory=dict[str, str])
    second_groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to an existing target group that becomes slot 02."""
    second_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to the name of the target group that is made for slot 02."""
    protection: bool = True


def suggested_services(inspection: Inspection) -> dict[str, str]:
    """Service names to target groups, as their names suggest: only those that nothing stops."""
    found: dict[str, str] = {}
    for _, rule in candidates(inspection):
        first = slot_groups_of(inspection, rule).first
        if first is None or any(each.stops for each in obstacles(inspection, {rule.arn})):
            continue
        match = _CONVENTIONAL.fullmatch(first.name)
        if match:
            found[match["service"]] = first.name
    return dict(sorted(found.items()))


def suggested_second_groups(
    inspection: Inspection, services: Mapping[str, str], taken: Mapping[str, str]
) -> dict[str, str]:
    """Service to the existing group that becomes its slot 02, where its rule has only one.

    `taken`: those that are answered; a group is suggested to no other service.
    """
    found = dict(taken)
    for service, name in services.items():
        placed = None if service in found else rule_of(inspection, name)
        if placed is None or len(placed[1].groups) > 1:
            continue
        pair = slot_groups_of(inspection, placed[1])
        groups = [each.name for each in (pair.first, pair.second) if each is not None]
        others = [each for each in groups if each != name]
        if name in groups and others and others[0] not in found.values():
            found[service] = others[0]
    return found


def suggested_naming(names: list[str]) -> Naming | None:
    """The parts that the names of target groups have in common, where they have any."""
    matches = [_CONVENTIONAL.fullmatch(name) for name in names]
    parts = {(m["org"], m["region"], m["environment"]) for m in matches if m}
    return Naming(*parts.pop()) if len(parts) == 1 else None


def rule_of(inspection: Inspection, group_name: str) -> tuple[ListenerReport, RuleReport] | None:
    """The one rule of the service whose slot 01 has this name.

    Of several that forward to the group it is the one that has it first; of none, the one whose
    only group is the second of a pair with it.
    """
    placed = [found for found in candidates(inspection) if found[1].priority is not None]
    names = {rule.arn: [inspection.name_of(g.arn) for g in rule.groups] for _, rule in placed}
    first = [found for found in placed if names[found[1].arn][0] == group_name]
    found = first or [found for found in placed if group_name in names[found[1].arn]]
    found = found or [each for each in placed if _is_beside(inspection, each[1], group_name)]
    return found[0] if len(found) == 1 else None


def _is_beside(inspection: Inspection, rule: RuleReport, group_name: str) -> bool:
    first = slot_groups_of(inspection, rule).first
    return len(rule.groups) == 1 and first is not None and first.name == group_name


@dataclass(frozen=True, slots=True)
class EarlierAnswers:
    """The answers that are in the config; of a stack that has adopted nothing, none."""

    services: Mapping[str, str] = field(default_factory=dict[str, str])
    """The services whose rule was adopted, with the target groups of their slot 01."""
    second_groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those of them whose slot 02 has an existing target group, with that group."""
    naming: Naming | None = None
    security_group_id: str | None = None

    @classmethod
    def of(cls, config: Config) -> EarlierAnswers:
        """Read a config; without an adopted service nothing in it counts as an answer."""
        services = dict(_adopted(config, Slot.FIRST))
        if not services:
            return cls()
        parts = [config.get(f"failover:{key}") for key in ("org", "regionCode", "environment")]
        group = map_of(config.get("failover:loadBalancer")).get("securityGroupId")
        return cls(
            services=services,
            second_groups=dict(_adopted(config, Slot.SECOND)),
            naming=Naming(*map(str, parts)) if all(parts) else None,
            security_group_id=str(group) if group else None,
        )


def _adopted(config: Config, slot: Slot) -> list[tuple[str, str]]:
    """The adopted services whose slot has an existing target group, with that group."""
    found: list[tuple[str, str]] = []
    for name, service in map_of(config.get("failover:services")).items():
        own = map_of(map_of(map_of(service).get("slots")).get(slot.value))
        group = map_of(own.get("targetGroup")).get("existing")
        if map_of(service).get("adoptedRule") is True and isinstance(group, str):
            found.append((name, group))
    return found


class Ask(Protocol):
    """Gets an answer, or takes the default."""

    def text(self, question: str, flag: str, default: str | None) -> str:
        """The answer to a question that `flag` would have answered."""
        ...

    def secret(self, question: str, flag: str) -> str:
        """The answer to a question, typed without being shown."""
        ...

    def confirm(self, question: str) -> bool:
        """Whether to do what may not be wanted."""
        ...


class AskAtTerminal:
    """Prompts a person."""

    def text(self, question: str, flag: str, default: str | None) -> str:
        """The answer as it was typed.

        Raises:
            UnsureError: a person ended the command instead.
        """
        with _ended_by_a_person():
            return click.prompt(f"{question} ({flag})", default=default, err=True)

    def secret(self, question: str, flag: str) -> str:
        """The answer as it was typed, unseen.

        Raises:
            UnsureError: a person ended the command instead.
        """
        with _ended_by_a_person():
            return click.prompt(f"{question} ({flag})", hide_input=True, err=True)

    def confirm(self, question: str) -> bool:
        """Yes or no; no, where a person just goes on.

        Raises:
            UnsureError: a person ended the command instead.
        """
        with _ended_by_a_person():
            return click.confirm(question, default=False, err=True)


@contextlib.contextmanager
def _ended_by_a_person() -> Generator[None]:
    try:
        yield
    except click.Abort as error:
        raise UnsureError("ended at a question; nothing was written or changed") from error


class TakeDefaults:
    """`--yes`: takes what is suggested, and refuses where nothing is."""

    def text(self, question: str, flag: str, default: str | None) -> str:
        """The default.

        Raises:
            InputError: there is none.
        """
        if default is None:
            raise InputError(f"{question}? There is no suggestion: pass {flag}")
        return default

    def secret(self, question: str, flag: str) -> str:
        """Nothing is suggested for a secret.

        Raises:
            InputError: always.
        """
        raise InputError(f"{question}: pass {flag}")

    def confirm(self, question: str) -> bool:
        """No: what may not be wanted has a flag of its own."""
        del question
        return False


@dataclass(frozen=True, slots=True)
class Flags:
    """The values of the flags; `None` or empty for a flag that was not given."""

    services: Mapping[str, str]
    org: str | None
    region_code: str | None
    environment: str | None
    security_group_id: str | None
    images: Mapping[str, str]
    instance_types: Mapping[str, str]
    second_groups: Mapping[str, str]
    second_names: Mapping[str, str]
    protection: bool | None
    client_secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to the variable that has the secret of its login's client."""
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to the variable that has the cookies of a session."""


def answered(inspection: Inspection, flags: Flags, earlier: EarlierAnswers, ask: Ask) -> Answers:
    """Everything answered: by a flag, by the stack where it has adopted already, by a person.

    Raises:
        InputError: an answer is missing, or has no right form.
    """
    services = {**earlier.services, **flags.services} or _services(inspection, ask)
    held, suggested = earlier.naming, suggested_naming(list(services.values()))

    def part(name: str, flag: str, given: str | None, question: str) -> str:
        known = given or _part(held, name)
        return known or ask.text(question, flag, _part(suggested, name))

    return Answers(
        services=services,
        naming=Naming(
            org=part("org", "--org", flags.org, "First part of every name"),
            region_code=part(
                "region_code", "--region-code", flags.region_code, "The region, in short"
            ),
            environment=part("environment", "--environment", flags.environment, "The environment"),
        ),
        security_group_id=flags.security_group_id
        or earlier.security_group_id
        or _security_group(inspection, ask),
        images=flags.images,
        instance_types=flags.instance_types,
        second_groups=second_groups_of(inspection, services, flags, earlier),
        second_names=flags.second_names,
        protection=flags.protection is not False,
    )


def second_groups_of(
    inspection: Inspection, services: Mapping[str, str], flags: Flags, earlier: EarlierAnswers
) -> dict[str, str]:
    """The existing groups of slot 02; none is suggested where an adoption began.

    An adoption that was stopped may have made the group of slot 02, which is the stack's then.
    """
    begun = {*flags.second_names, *earlier.services}
    open_services = {name: each for name, each in services.items() if name not in begun}
    known = {**earlier.second_groups, **flags.second_groups}
    return suggested_second_groups(inspection, open_services, known)


def _part(naming: Naming | None, name: str) -> str | None:
    return getattr(naming, name) if naming else None


def _services(inspection: Inspection, ask: Ask) -> dict[str, str]:
    suggested = " ".join(f"{k}={v}" for k, v in suggested_services(inspection).items())
    question = "Services, each with the target group that becomes its slot 01"
    return pairs(ask.text(question, "--service", suggested or None).split(), "--service")


def _security_group(inspection: Inspection, ask: Ask) -> str:
    found = inspection.load_balancer.security_group_ids
    if len(found) == 1:
        return found[0]
    return ask.text(
        f"The load balancer's security group, of {', '.join(found) or 'none'}",
        "--security-group",
        found[0] if found else None,
    )


def pairs(entries: list[str] | tuple[str, ...], flag: str) -> dict[str, str]:
    """`SERVICE=VALUE` entries as a map.

    Raises:
        InputError: one has another form, or a service comes twice.
    """
    found: dict[str, str] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not (name and equals and value) or name in found:
            raise InputError(f"{flag} {entry}: expected SERVICE=VALUE, each service once")
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class AdoptionRequest:
    """What the command line asks for."""

    load_balancer: str
    stack: str
    folder: Path
    flags: Flags
    ask: Ask
    profile: str | None
    region: str | None
    replaces: bool
    applies: bool
    probe_rate: float
    probe_urls: tuple[str, ...]
    terraform: tuple[Path, ...] = ()
    """The states of Terraform, or the folders of its configurations."""
    kept_in_terraform: tuple[str, ...] = ()
    """The services whose rule stays in Terraform, which ignores its actions."""


_SERVICES, _IMAGES, _CAPACITY = "failover:services", "failover:images", "failover:capacity"
_FIRST, _SECOND = (("slots", slot.value, "targetGroup") for slot in Slot)


def reject_ignored_flags(
    flags: Flags, services: Collection[str], config: Config, file: str
) -> None:
    """Refuse flags that the config does not follow, such as one of a service adopted before.

    `services`: those that are adopted. `config`: as `file` would have it.

    Raises:
        InputError: there are some.
    """
    lines: list[str] = []
    for flag, service, path, value in _given(flags):
        held = functools.reduce(_entry, path, config)
        if service and service not in services:
            lines.append(f"{flag}: no such service; expected one of {', '.join(services)}")
        elif not is_same(held, value):
            address = functools.reduce(joined, path)
            happened = (
                f"{flag}: {file} has {address} {NOT_SET if held is None else held}; that stays "
                f"once a service is adopted, and so does an existing slot {Slot.SECOND}"
            )
            change = f"{setting(address, value)}   # changes the config"
            lines.append(laid_out(happened, fixes=("leave the flag out", change)))
    if lines:
        raise InputError("\n".join([*lines, "nothing was written"]))


def _given(flags: Flags) -> Iterator[tuple[str, str, KeyPath, str]]:
    """Each flag as it was written, with its service, the key that it is for, and its value."""
    for flag, key, by_service, inner in (
        ("--service", _SERVICES, flags.services, (*_FIRST, "existing")),
        ("--second-group", _SERVICES, flags.second_groups, (*_SECOND, "existing")),
        ("--second-name", _SERVICES, flags.second_names, (*_SECOND, "name")),
        ("--image", _IMAGES, flags.images, (Slot.SECOND.value,)),
        ("--instance-type", _CAPACITY, flags.instance_types, ("instanceType",)),
    ):
        for service, value in by_service.items():
            yield f"{flag} {service}={value}", service, (key, service, *inner), value
    for flag, path, value in (
        ("--org", ("failover:org",), flags.org),
        ("--region-code", ("failover:regionCode",), flags.region_code),
        ("--environment", ("failover:environment",), flags.environment),
        (
            "--security-group",
            ("failover:loadBalancer", "securityGroupId"),
            flags.security_group_id,
        ),
    ):
        if value is not None:
            yield f"{flag} {value}", "", path, value
    if flags.protection is not None:
        flag = "--protection" if flags.protection else "--no-protection"
        yield flag, "", ("failover:protection",), "true" if flags.protection else "false"


def _entry(value: Any, name: str) -> Any:
    return map_of(value).get(name)
