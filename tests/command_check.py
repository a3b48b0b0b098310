"""What is wrong with a printed command, by the programs that it names: options, arguments, keys."""

from __future__ import annotations

import functools
import itertools
import json
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import botocore.session
import click
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

from ops.cli import failover
from settings.declaration.key import KeyGroup
from settings.settings import TOP
from tests.configs import ROOT

KNOWN_TO_US = frozenset({"BACKEND", "NAME", "REGION", "SERVICE", "SLOT", "STACK"})
"""Placeholders that no command needs: whoever prints it knows the value."""

AWS_KEYS = frozenset(
    {"allowedAccountIds", "assumeRoles", "forbiddenAccountIds", "profile", "region"}
)
"""Of the namespace `aws`, those that a command sets."""

_AWS_OPTIONS = frozenset({"output", "profile", "query", "region"})
_ALIASES = {"delete": "remove", "init": "new", "ls": "list", "rm": "remove"}
"""Other names of commands of `pulumi`, which it does not tell itself."""
_VALUE_IS_OPTIONAL = frozenset({"refresh"})
_INNER = re.compile(r"\$\(([^)]*)\)")
_SEGMENT = re.compile(r'\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')


def problem_of(words: Sequence[str]) -> str | None:
    """Why this step of a command cannot be right; None where nothing speaks against it."""
    try:
        _check(words)
    except (click.ClickException, ValueError) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        return f"{shlex.join(words)}: {text}"
    return None


def _check(words: Sequence[str]) -> None:
    for word in words:
        if word in KNOWN_TO_US:
            raise ValueError(f"the value of {word} is known")
    program, *arguments = words
    check = _PROGRAMS.get(program)
    if check is None:
        raise ValueError(f"{program} is none of {', '.join(sorted(_PROGRAMS))}")
    check(arguments)


def _check_failover(arguments: Sequence[str]) -> None:
    """Parse them as click does, and run nothing."""
    command: click.Command = failover
    context = command.make_context("failover", [*arguments])
    while isinstance(command, click.Group):
        # A group may have put a default before them.
        given = [*context._protected_args, *context.args]  # pyright: ignore[reportPrivateUsage]
        name, found, rest = command.resolve_command(context, given)
        assert found is not None
        command = found
        context = command.make_context(name, rest, parent=context)


@functools.cache
def _pulumi() -> Mapping[str, Any]:
    """The commands and options of the CLI, as it tells them itself."""
    told = subprocess.run(
        [ROOT / ".venv/bin/pulumi", "generate-cli-spec"],
        env={"HOME": "/nonexistent", "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(told.stdout)


def _check_pulumi(arguments: Sequence[str]) -> None:
    node, names, options = _pulumi(), list[str](), list[str]()
    flags: dict[str, Any] = dict(node.get("flags", {}))
    given: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            given += words
        elif word.startswith("-"):
            name, is_joined, _ = word.removeprefix("--").partition("=")
            if not word.startswith("--") or name not in flags:
                raise ValueError(f"{' '.join(names)} has no option {word}")
            options.append(name)
            is_alone = flags[name]["type"] == "boolean" or name in _VALUE_IS_OPTIONAL
            if not is_joined and not is_alone and next(words, None) is None:
                raise ValueError(f"{word} takes a value")
        elif not given and _ALIASES.get(word, word) in node.get("commands", {}):
            node = node["commands"][_ALIASES.get(word, word)]
            names.append(word)
            flags |= node.get("flags", {})
        else:
            given.append(word)
    if node["type"] == "menu" and not node.get("executable"):
        raise ValueError(f"no such command: pulumi {' '.join(arguments)}")
    _check_count(given, node.get("arguments") or {})
    if names == ["config", "set"]:
        _check_key(given[0], is_path="path" in options)
    if names == ["config", "set-all"]:
        pairs = [b for a, b in itertools.pairwise(arguments) if a == "--plaintext"]
        for pair in pairs:
            _check_key(pair.partition("=")[0], is_path="path" in options)


def _check_count(given: Sequence[str], takes: Mapping[str, Any]) -> None:
    named = takes.get("arguments") or []
    if len(given) < takes.get("requiredArguments", 0):
        raise ValueError(f"it takes {[each['name'] for each in named]}, and has {given}")
    if len(given) > len(named) and not takes.get("variadic"):
        raise ValueError(f"it takes {[each['name'] for each in named]}, and has {given}")


def _check_key(key: str, *, is_path: bool) -> None:
    """Look whether the config has a key."""
    namespace, _, path = key.rpartition(":") if re.match(r"[a-z]+:", key) else ("", "", key)
    found = [*_SEGMENT.finditer(path)] if is_path else []
    segments = [next(part for part in each.groups() if part is not None) for each in found] or [
        path
    ]
    if is_path and "".join(each[0] for each in found) != path:
        raise ValueError(f"{key} is no path")
    if namespace == "aws":
        if segments[0] not in AWS_KEYS:
            raise ValueError(f"aws has no key {segments[0]}, as far as we print it")
        return
    if namespace not in ("", "failover"):
        raise ValueError(f"{namespace} is no namespace of the config")
    group = TOP
    while segments:
        name = segments.pop(0)
        if group.each:
            if not segments:
                raise ValueError(f"{key} is a map")
            name = segments.pop(0)
        member = next((each for each in group.members if each.name == name), None)
        if member is None:
            raise ValueError(f"the config has no {key}: no {name} in {group.name or 'it'}")
        if not isinstance(member, KeyGroup):
            return  # What may stand below it is its kind's.
        group = member
    raise ValueError(f"{key} is a map")


@functools.cache
def _service(name: str) -> ServiceModel:
    try:
        return botocore.session.get_session().get_service_model(name)
    except botocore.session.UnknownServiceError as error:
        raise ValueError(str(error)) from error


def _check_aws(arguments: Sequence[str]) -> None:
    service, name, *words = arguments
    model = _service(service)
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    if name not in operations:
        raise ValueError(f"aws {service} has no {name}")
    operation = model.operation_model(operations[name])
    shape = operation.input_shape
    members = {xform_name(k, "-"): v for k, v in shape.members.items()} if shape else {}
    given: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            given[word.removeprefix("--")] = []
        elif not given:
            raise ValueError(f"{word} belongs to no option")
        else:
            [*given.values()][-1].append(word)
    for option, values in given.items():
        if option in _AWS_OPTIONS:
            _check_one(option, values)
        elif option in members:
            _check_values(option, values, members[option])
        elif option.removeprefix("no-") not in members:
            raise ValueError(f"aws {service} {name} has no --{option}")
    if lacking := _required(operation) - set(given):
        raise ValueError(f"aws {service} {name} needs --{', --'.join(sorted(lacking))}")


def _required(operation: OperationModel) -> set[str]:
    shape = operation.input_shape
    return {xform_name(each, "-") for each in shape.required_members} if shape else set()


def _check_values(option: str, values: Sequence[str], shape: Shape) -> None:
    """Look whether the values can be of the shape; those in the CLI's shorthand are let be."""
    if shape.type_name in ("structure", "list", "map"):
        if values and values[0][:1] in ("[", "{"):
            report = ParamValidator().validate(json.loads(values[0]), shape)
            if report.has_errors():
                raise ValueError(f"--{option}: {report.generate_report()}")
    elif shape.type_name != "boolean":
        _check_one(option, values)


def _check_one(option: str, values: Sequence[str]) -> None:
    if len(values) != 1:
        raise ValueError(f"--{option} takes one value, and has {values}")


def _check_eval(arguments: Sequence[str]) -> None:
    for inner in _INNER.findall(" ".join(arguments)):
        _check(shlex.split(inner))


def _no_check(arguments: Sequence[str]) -> None:
    """The words of a program whose options are not ours to know."""


_TERRAFORM = {
    ("plan",): (0, 0),
    ("state", "mv"): (2, 2),
    ("state", "pull"): (0, 0),
    ("state", "rm"): (1, 9),
}
"""Commands of Terraform that are printed, with the fewest and the most addresses that they take."""
_TERRAFORM_OPTIONS = ("-chdir=", "-detailed-exitcode", ">")


def _check_terraform(arguments: Sequence[str]) -> None:
    words = [word for word in arguments if not word.startswith(_TERRAFORM_OPTIONS)]
    for name, (fewest, most) in _TERRAFORM.items():
        given = words[len(name) :]
        if tuple(words[: len(name)]) == name and fewest <= len(given) <= most:
            return
    raise ValueError(f"no such command of Terraform: {shlex.join(arguments)}")


_PROGRAMS: Mapping[str, Callable[[Sequence[str]], None]] = {
    "aws": _check_aws,
    "eval": _check_eval,
    "failover": _check_failover,
    "pulumi": _check_pulumi,
    "terraform": _check_terraform,
    "tofu": _check_terraform,
    **dict.fromkeys(("cd", "export", "git", "kill", "ls", "read", "unset"), _no_check),
}
