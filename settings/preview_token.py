"""The secret part of the preview header, without which an idle slot would be open to anyone."""

from __future__ import annotations

from rollout.command import Command, Shell
from settings.declaration.command import NAMESPACE
from settings.declaration.key import Key
from settings.declaration.kind import Text
from settings.declaration.section import Section

_FIX = str(
    Command.of(
        "pulumi", "config", "set", "--secret", "previewToken", Shell('"$(openssl rand -hex 16)"')
    )
)

PREVIEW_TOKEN_PATH = f"{NAMESPACE}:previewToken"
PREVIEW_TOKEN = Key(
    "previewToken",
    Text(
        r"[A-Za-z0-9_-]{16,96}",
        "a secret of 16 to 96 letters, digits, - and _",
        "secret string",
    ),
    "The secret in the header that reaches a slot whatever its weight: "
    "`x-failover-slot: SLOT-TOKEN`. Always held as a secret of the stack.",
    "0123456789abcdef0123456789abcdef",
    is_required=True,
    fix=_FIX,
)


def read_preview_token(top: Section, secret_keys: frozenset[str]) -> str:
    """The token; one that stands in the stack file for all to read is refused."""
    token = top.require(PREVIEW_TOKEN)
    is_set = top.has(PREVIEW_TOKEN)
    if is_set and top.is_sound(PREVIEW_TOKEN) and PREVIEW_TOKEN_PATH not in secret_keys:
        top.reject(PREVIEW_TOKEN, "a secret: this one stands in the stack file as plain text")
    return token
