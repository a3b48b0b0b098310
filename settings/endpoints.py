"""Where the AWS calls of a run go: to AWS, or to a local one on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rollout.command import Command, Shell, config_remove
from rollout.json_value import is_list, map_of
from settings.declaration.problems import ConfigProblems

REHEARSAL_STACK = "rehearsal"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FOR_ALL_SERVICES = "AWS_ENDPOINT_URL"
_STACK_KEY = "aws:endpoints"
_ATTACHED = "PULUMI_DEBUG_PROVIDERS"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that some AWS calls go to."""

    source: str
    """The variable or config key that sets it."""
    url: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return (urlsplit(self.url).hostname or "") in _LOOPBACK


def endpoints(environ: Mapping[str, str], aws_config: Mapping[str, str]) -> list[Endpoint]:
    """Every endpoint that is set, as the provider and boto3 read them.

    Source: AWS SDKs and Tools reference, "Service-specific endpoints"; Pulumi AWS provider,
    `endpoints`.
    """
    return [
        *_from_variables(environ),
        *(Endpoint(_STACK_KEY, url) for url in _urls(aws_config.get("endpoints", ""))),
    ]


def reject_wrong_endpoint(stack: str, found: list[Endpoint], problems: ConfigProblems) -> bool:
    """Record a stack that would meet the wrong AWS; whether this one would.

    The stack `rehearsal` belongs to a local AWS, and every other stack to the real one: a
    rehearsal of real infrastructure, or a prod whose state was written from a local AWS, would
    both be found out too late.
    """
    local = list(dict.fromkeys(endpoint.source for endpoint in found if endpoint.is_local))
    if stack == REHEARSAL_STACK:
        return _reject_remote(stack, found, local, problems)
    if not local:
        return False
    variables = [source for source in local if source != _STACK_KEY]
    fixes = [Command.of("unset", *variables)] if variables else []
    fixes += [config_remove(_STACK_KEY)] if _STACK_KEY in local else []
    problems.add(
        "stack",
        stack,
        f"{REHEARSAL_STACK}, the only stack that may use a local endpoint; AWS calls go to this "
        f"machine here, by {' and '.join(local)}",
        Command(()).then(*fixes),
    )
    return True


def _reject_remote(
    stack: str, found: list[Endpoint], local: list[str], problems: ConfigProblems
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


def _from_variables(environ: Mapping[str, str]) -> Iterator[Endpoint]:
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        for name in sorted(environ):
            if name.startswith(_FOR_ALL_SERVICES) and environ[name]:
                yield Endpoint(name, environ[name])
    for plugin in environ.get(_ATTACHED, "").split(","):
        if plugin.partition(":")[0] == "aws":
            yield Endpoint(_ATTACHED, "http://127.0.0.1")


def _urls(text: str) -> list[str]:
    """The addresses in the provider's `endpoints`: a list of maps from service to address."""
    try:
        found = json.loads(text or "[]")
    except json.JSONDecodeError:
        return [text]
    entries = found if is_list(found) else [found]
    return [str(url) for entry in entries for url in map_of(entry).values()]
