"""The JSON schema of a stack file, from the keys themselves: editors complete and underline by it.

`python -m settings.schema > settings/stack_file.schema.json` writes it. A stack file names it
in a comment for the YAML language server. It is stricter than the program in forms that a person
should not write: a map as JSON text, a secret other than the preview token, an empty value for a
key that is not set, a number where digits are text, as in an account id, and blanks around weights.
What depends on other keys or on AWS only the program can check.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from rollout.json_value import is_list
from rollout.split import Split
from settings.declaration.command import NAMESPACE
from settings.declaration.key import Key, KeyGroup, Member
from settings.declaration.kind import Flag, JsonSchema, SecretText
from settings.service import SERVICE_NAME
from settings.settings import TOP

_ACCOUNT_IDS: JsonSchema = {
    "type": "array",
    "items": {
        "type": "string",
        "pattern": "^[0-9]{12}$",
        "patternErrorMessage": "Expected: an account id, which has 12 digits, in quotes",
    },
}


def stack_file_schema() -> JsonSchema:
    """The schema of `Pulumi.<stack>.yaml`; other namespaces may hold anything."""
    needed = [
        {"anyOf": [{"required": [f"{NAMESPACE}:{member.name}"]}, {"required": [member.name]}]}
        for member in TOP.members
        # A new stack file is right before its token is made.
        if isinstance(member, Key) and member.is_required and not _is_secret(member)
    ]
    names = [member.name for member in TOP.members]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Pulumi.<stack>.yaml",
        "description": "A stack of the project failover. docs/reference/config.md has every key.",
        "type": "object",
        "properties": {
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "encryptionsalt": {"type": "string"},
            "config": {
                "type": "object",
                "properties": {
                    "aws:region": {
                        "type": "string",
                        "description": "The region of the stack, such as us-east-1.",
                    },
                    "aws:allowedAccountIds": _ACCOUNT_IDS
                    | {"description": "The accounts that the stack may act in, in quotes."},
                    "aws:forbiddenAccountIds": _ACCOUNT_IDS,
                    # The CLI reads a key of the project without its namespace too.
                    **{f"{NAMESPACE}:{name}": _reference(name) for name in names},
                    **{name: _reference(name) for name in names},
                },
                "patternProperties": {f"^(?!{NAMESPACE}:)[^:]+:": {}},
                "additionalProperties": False,
                "required": ["aws:region", "aws:allowedAccountIds"],
                "allOf": needed,
            },
        },
        "required": ["config"],
        "definitions": {member.name: _top(member) for member in TOP.members},
    }


def _reference(name: str) -> JsonSchema:
    return {"$ref": f"#/definitions/{name}"}


def _top(member: Member) -> JsonSchema:
    """The schema of a key at the top; `pulumi config set` writes its flags as text."""
    schema = _member(member)
    if isinstance(member, Key) and isinstance(member.kind, Flag):
        return {**schema, "type": ["boolean", "string"], "enum": [True, False, "true", "false"]}
    return schema


def _member(member: Member) -> JsonSchema:
    if isinstance(member, Key):
        return _key(member)
    if not member.each:
        return _map(member)
    entry = _map(member.entry(member.each))
    return {
        "type": "object",
        "description": member.what,
        "propertyNames": SERVICE_NAME.json_schema,
        "additionalProperties": entry,
    }


def _map(group: KeyGroup[Any]) -> JsonSchema:
    members = group.members
    needed = [each.name for each in members if isinstance(each, Key) and each.is_required]
    schema: JsonSchema = {
        "type": "object",
        "description": group.what,
        "properties": {each.name: _member(each) for each in members},
        "additionalProperties": False,
    }
    return schema | ({"required": needed} if needed and not group.is_partial else {})


def _key(key: Key[Any]) -> JsonSchema:
    described: JsonSchema = {"description": f"{key.what} Expected: {key.kind.expected}."}
    if key.default not in (None, "", ()):
        described["default"] = _written(key.default)
    if not _is_secret(key):
        described["examples"] = [_written(key.example)]
    return described | key.kind.json_schema


def _is_secret(key: Key[Any]) -> bool:
    return isinstance(key.kind, SecretText)


def _written(value: Any) -> Any:
    """A value as it stands in the stack file."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Split):
        return str(value)
    return list(value) if is_list(value) else value


if __name__ == "__main__":
    print(json.dumps(stack_file_schema(), indent=2, ensure_ascii=False))
