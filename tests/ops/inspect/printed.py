"""Runs a printed `aws` command as the AWS CLI does: words by the shell, the rest by AWS's model."""

from __future__ import annotations

import json
import shlex
from typing import Any

from botocore import xform_name

from rollout.command import Command
from tests.ops.inspect.local import Local


def run(local: Local, command: Command) -> None:
    """Run it as it is printed, one step after the other."""
    for step in str(command).split(" && "):
        program, service, operation, *options = shlex.split(step)
        assert program == "aws"
        client = local.client(service)
        (name,) = [n for n in client.meta.service_model.operation_names if _kebab(n) == operation]
        shape = client.meta.service_model.operation_model(name).input_shape
        members = {_kebab(member): (member, s) for member, s in shape.members.items()}
        given = dict(zip(options[::2], options[1::2], strict=True))
        assert given.pop("--region") == client.meta.region_name
        call: dict[str, Any] = {}
        for option, text in given.items():
            assert option.startswith("--")
            member, of = members[option.removeprefix("--")]
            call[member] = _value(of.type_name, text)
        getattr(client, xform_name(name))(**call)


def _kebab(name: str) -> str:
    return xform_name(name, "-")


def _value(kind: str, text: str) -> Any:
    if kind in ("structure", "list", "map"):
        return json.loads(text)
    return int(text) if kind == "integer" else text
