"""What a config is read in: the stack, its accounts, the endpoints of AWS calls, and AWS itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rollout.command import Command, Shell, config_remove, config_set
from rollout.json_value import is_list, map_of
from settings.declaration import command
from settings.declaration.kind import Json
from settings.declaration.section import ConfigProblems
from settings.lookup import Lookups

_REHEARSAL_STACK = "rehearsal"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FOR_ALL_SERVICES = "AWS_ENDPOINT_URL"
_STACK_KEY = "aws:endpoints"
_ATTACHED = "PULUMI_DEBUG_PROVIDERS"

_ACCOUNT_KEYS = ("allowedAccountIds", "forbiddenAccountIds")
_ID = re.compile(r"\d{12}", re.ASCII)
_DIGITS = 12
_OFFER = "ACCOUNT_ID"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything outside the config's own namespace that decides whether it is valid."""

    stack: str
    environ: Mapping[str, str]
    aws_config: Mapping[str, str]
    """The provider's config by bare names: `region`, `endpoints` and so on."""
    secret_keys: frozenset[str]
    """Config keys that the stack holds as secrets, with their namespace."""
    lookups: Lookups

    @property
    def region(self) -> str:
        """The region of the provider; empty if the stack does not set it."""
        return self.aws_config.get("region", "")

    def right_lookups(self, problems: ConfigProblems) -> Lookups | None:
        """The lookups in AWS; `None` if that would be the wrong AWS for this stack.

        And `None` if account ids are invalid, since every lookup would fail for that reason alone.
        """
        found = _endpoints(self.environ, self.aws_config)
        is_wrong = _reject_wrong_endpoint(self.stack, found, problems)
        is_bad = reject_bad_accounts(self.aws_config, problems)
        return None if is_wrong or is_bad else self.lookups

    def reject_incomplete_provider(self, problems: ConfigProblems) -> None:
        """Record what the provider needs in order to act in one region of one account only."""
        if not self.region:
            fix = config_set("aws:region", "us-east-1")
            problems.add("aws:region", None, "the region of the stack", fix)
        if not _has_accounts(self.aws_config):
            problems.add(
                "aws:allowedAccountIds",
                None,
                "the account of the stack; any other is then refused, whatever the credentials",
                config_set("aws:allowedAccountIds[0]", "ACCOUNT_ID"),
            )


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """An address that some AWS calls go to."""

    source: str
    """The variable or config key that sets it."""
    url: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return (urlsplit(self.url).hostname or "") in _LOOPBACK


def _endpoints(environ: Mapping[str, str], aws_config: Mapping[str, str]) -> list[_Endpoint]:
    """Every endpoint that is set, as the provider and boto3 read them.

    Source: AWS SDKs and Tools reference, "Service-specific endpoints"; Pulumi AWS provider,
    `endpoints`.
    """
    return [
        *_from_variables(environ),
        *(_Endpoint(_STACK_KEY, url) for url in _urls(aws_config.get("endpoints", ""))),
    ]


def _reject_wrong_endpoint(stack: str, found: list[_Endpoint], problems: ConfigProblems) -> bool:
    """Record a stack that would meet the wrong AWS; whether this one would.

    The stack `rehearsal` belongs to a local AWS, and every other stack to the real one: a
    rehearsal of real infrastructure, or a prod whose state was written from a local AWS, would
    both be found out too late.
    """
    local = list(dict.fromkeys(endpoint.source for endpoint in found if endpoint.is_local))
    if stack == _REHEARSAL_STACK:
        return _reject_remote(stack, found, local, problems)
    if not local:
        return False
    variables = [source for source in local if source != _STACK_KEY]
    fixes = [Command.of("unset", *variables)] if variables else []
    fixes += [config_remove(_STACK_KEY)] if _STACK_KEY in local else []
    problems.add(
        "stack",
        stack,
        f"{_REHEARSAL_STACK}, the only stack that may use a local endpoint; AWS calls go to this "
        f"machine here, by {' and '.join(local)}",
        Command(()).then(*fixes),
    )
    return True


def _reject_remote(
    stack: str, found: list[_Endpoint], local: list[str], problems: ConfigProblems
) -> bool:
    remote = list(dict.fromkeys(endpoint.source for endpoint in found if not endpoint.is_local))
    if _FOR_ALL_SERVICES in local and not remote:
        return False
    why = f"{' and '.join(remote)} set another" if remote else f"{_FOR_ALL_SERVICES} sets none"
    problems.add(
        "stack",
        stack,
        f"a local endpoint for every AWS call, as `failover rehearse up` gives one; {why}",
        Command.of("eval", Shell('"$(failover rehearse env)"')),
    )
    return True


def _from_variables(environ: Mapping[str, str]) -> Iterator[_Endpoint]:
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        for name in sorted(environ):
            if name.startswith(_FOR_ALL_SERVICES) and environ[name]:
                yield _Endpoint(name, environ[name])
    for plugin in environ.get(_ATTACHED, "").split(","):
        if plugin.partition(":")[0] == "aws":
            yield _Endpoint(_ATTACHED, "http://127.0.0.1")


def _urls(text: str) -> list[str]:
    """The addresses in the provider's `endpoints`: a list of maps from service to address."""
    try:
        found = json.loads(text or "[]")
    except json.JSONDecodeError:
        return [text]
    entries = found if is_list(found) else [found]
    return [str(url) for entry in entries for url in map_of(entry).values()]


def reject_bad_accounts(aws_config: Mapping[str, str], problems: ConfigProblems) -> bool:
    """Record invalid account ids; whether there are any.

    They are text of another form, or numbers that YAML has cut short; the provider then acts in no
    account at all, and every look-up by it fails for that reason alone.

    Args:
        aws_config: The provider's config by bare names, lists as JSON.
        problems: Gets the problems.
    """
    is_bad = False
    for key in _ACCOUNT_KEYS:
        text = aws_config.get(key, "")
        path = f"aws:{key}"
        try:
            accounts: Json = json.loads(text or "[]")
        except json.JSONDecodeError:
            accounts = text
        if not isinstance(accounts, list):
            first = command.setting(f"{path}[0]", _offered_id(accounts))
            fix = f"{command.removing(path)} && {first}"
            problems.add(path, accounts, "a list of account ids", fix)
            is_bad = True
            continue
        for place, account in enumerate(accounts):
            if _ID.fullmatch(str(account)) is None:
                entry = f"{path}[{place}]"
                fix = command.setting(entry, _offered_id(account))
                problems.add(entry, account, _expected_id(account), fix)
                is_bad = True
    return is_bad


def _has_accounts(aws_config: Mapping[str, str]) -> bool:
    """Whether the stack lists the accounts that it may act in."""
    return bool(aws_config.get("allowedAccountIds", "").strip('[]" '))


def meant_by(number: int) -> list[str]:
    """The ids that YAML may have read as `number`: digits without quotes are a number to it.

    One with a leading zero is octal, and decimal only where it has an 8 or a 9.
    Source: YAML 1.1, "int"; measured with the Pulumi CLI.
    """
    decimal, octal = str(number), f"{number:o}"
    found: list[str] = []
    if len(decimal) < _DIGITS and set(decimal) & set("89"):
        found.append(decimal.zfill(_DIGITS))
    if len(octal) < _DIGITS:
        found.append(octal.zfill(_DIGITS))
    return found


def _expected_id(account: Json) -> str:
    expected = "an account id, which has 12 digits"
    if not isinstance(account, int) or isinstance(account, bool):
        return expected
    found = meant_by(account)
    read = f", such as {' or '.join(found)}" if found else ""
    return f"{expected}: quote it, since without quotes YAML reads a number{read}"


def _offered_id(account: Json) -> str:
    if isinstance(account, str) and _ID.fullmatch(account):
        return account
    if isinstance(account, int) and not isinstance(account, bool):
        found = meant_by(account)
        if len(found) == 1:
            return found[0]
    return _OFFER
