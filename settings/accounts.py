"""The accounts that the provider may act in, or may not: `aws:` config."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from settings.declaration import command
from settings.declaration.kind import Json
from settings.declaration.problems import ConfigProblems

ACCOUNT_KEYS = ("allowedAccountIds", "forbiddenAccountIds")
_ID = re.compile(r"\d{12}", re.ASCII)
_DIGITS = 12
_OFFER = "ACCOUNT_ID"


def reject_bad_accounts(aws_config: Mapping[str, str], problems: ConfigProblems) -> bool:
    """Record invalid account ids; whether there are any.

    They are text of another form, or numbers that YAML has cut short; the provider then acts in no
    account at all, and every look-up by it fails for that reason alone.

    Args:
        aws_config: The provider's config by bare names, lists as JSON.
        problems: Gets the problems.
    """
    is_bad = False
    for key in ACCOUNT_KEYS:
        text = aws_config.get(key, "")
        path = f"aws:{key}"
        try:
            accounts: Json = json.loads(text or "[]")
        except json.JSONDecodeError:
            accounts = text
        if not isinstance(accounts, list):
            fix = f"{command.removing(path)} && {command.setting(f'{path}[0]', _offer(accounts))}"
            problems.add(path, accounts, "a list of account ids", fix)
            is_bad = True
            continue
        for place, account in enumerate(accounts):
            if _ID.fullmatch(str(account)) is None:
                entry = f"{path}[{place}]"
                fix = command.setting(entry, _offer(account))
                problems.add(entry, account, _expected(account), fix)
                is_bad = True
    return is_bad


def has_accounts(aws_config: Mapping[str, str]) -> bool:
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


def _expected(account: Json) -> str:
    expected = "an account id, which has 12 digits"
    if not isinstance(account, int) or isinstance(account, bool):
        return expected
    found = meant_by(account)
    read = f", such as {' or '.join(found)}" if found else ""
    return f"{expected}: quote it, since without quotes YAML reads a number{read}"


def _offer(account: Json) -> str:
    if isinstance(account, str) and _ID.fullmatch(account):
        return account
    if isinstance(account, int) and not isinstance(account, bool):
        found = meant_by(account)
        if len(found) == 1:
            return found[0]
    return _OFFER
