"""Asks a person what no flag has said."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Protocol

import click

from ops.adopt.answers import Answers, Naming, suggested_naming, suggested_services
from ops.adopt.earlier_answers import Decided
from ops.errors import InputError, UnsureError
from ops.inspect.document import Inspection


class Ask(Protocol):
    """Gets an answer, or takes the default."""

    def text(self, question: str, flag: str, default: str | None) -> str:
        """The answer to a question that `flag` would have answered."""
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
            raise InputError(f"{question}? Nothing can be suggested: say {flag}")
        return default

    def confirm(self, question: str) -> bool:
        """No: what may not be wanted has a flag of its own."""
        del question
        return False


@dataclass(frozen=True, slots=True)
class Flags:
    """What the flags have said; `None` or empty where nothing."""

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


def answered(inspection: Inspection, flags: Flags, decided: Decided, ask: Ask) -> Answers:
    """Everything answered: by a flag, by the stack where it has adopted already, by a person.

    Raises:
        InputError: an answer is missing, or has no right form.
    """
    services = {**decided.services, **flags.services} or _services(inspection, ask)
    held, suggested = decided.naming, suggested_naming(list(services.values()))

    def part(name: str, flag: str, said: str | None, question: str) -> str:
        known = said or _part(held, name)
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
        or decided.security_group_id
        or _security_group(inspection, ask),
        images=flags.images,
        instance_types=flags.instance_types,
        second_groups=flags.second_groups,
        second_names=flags.second_names,
        protection=flags.protection is not False,
    )


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
