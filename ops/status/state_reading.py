"""The stack's state, the holder of the lease by its history, and what a ramp recorded here."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from live.creations import made
from live.errors import LiveError
from live.provider_config import ProviderConfig
from live.session import ProviderSession
from ops.plan.resource_step import Operation, ResourceStep
from ops.plan.service_plan import GROUP, LAUNCH_TEMPLATE, RULE, service_plans
from ops.ramp.driver.processes import Processes
from ops.ramp.errors import BadInputError
from ops.ramp.resume.lease import lease_state_of
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.opened import ramps_folder
from ops.stack.stack_file import read_aws_config
from ops.status.document import Ramping, UnreadError
from pulumi_cli.errors import NoStackError, StackError
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import current_backend
from rollout.conditions import Conditions, declared_conditions
from rollout.history_message import current_lease
from rollout.json_value import map_of
from rollout.lease import LeaseHolder
from rollout.pending_creation import PendingCreation, pending_creations, words_of
from rollout.split import Slot

_STACK = "pulumi:pulumi:Stack"

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class StateReading:
    """The services in a stack's state."""

    outputs: Mapping[str, Any]
    """The outputs of the stack; empty before the first update."""
    weights: Mapping[str, str]
    """By service."""
    images: Mapping[tuple[str, Slot], str]
    """What each slot's group launches, as the last update left it; without a slot whose newest
    launch template version the group does not launch, since the update of the group failed."""
    pending: tuple[PendingCreation, ...] = ()
    """What an update was creating when it was killed."""
    conditions: Mapping[str, Conditions] = field(default_factory=dict[str, Conditions])
    """Of each listener rule by its name, as the last update or refresh left it."""

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> StateReading:
        """Read a deployment, as `pulumi stack export` has it."""
        resources: Sequence[Mapping[str, Any]] = deployment.get("resources") or ()
        behind = _groups_behind(resources)
        plans = service_plans([_step(resource) for resource in resources], {})
        outputs = next((r.get("outputs") for r in resources if r.get("type") == _STACK), None)
        return cls(
            outputs=outputs or {},
            weights={plan.name: plan.weights.before for plan in plans if plan.weights.before},
            images={
                (plan.name, slot.slot): slot.image.before
                for plan in plans
                for slot in plan.slots
                if slot.image.before and f"{plan.name}-{slot.slot}" not in behind
            },
            pending=pending_creations(deployment),
            conditions={
                str(resource["urn"]).rpartition("::")[2]: found
                for resource in resources
                if resource.get("type") == RULE
                if (found := declared_conditions(resource.get("outputs") or {}))
            },
        )


def read_state(pulumi: Pulumi) -> StateReading:
    """The stack's state, as its backend has it.

    Raises:
        NoStackError: there is no such stack.
        UnreadError: the backend cannot be reached.
    """
    return StateReading.of(_read(pulumi.state))


def read_pending(
    state: StateReading | None,
    aws: Mapping[str, str] | UnreadError,
    stack: str,
    environ: Mapping[str, str],
) -> tuple[str, ...]:
    """The notes about pending creations; empty if there are none.

    Raises:
        UnreadError: there are some, and it is not known whether AWS has them.
    """
    if state is None or not state.pending:
        return ()
    if isinstance(aws, UnreadError):
        raise aws
    try:
        session = ProviderSession(ProviderConfig.of_stack(aws, environ))
        return (words_of(stack, made(state.pending, session.client)),)
    except LiveError as error:
        names = ", ".join(map(str, state.pending))
        raise UnreadError(f"an update was killed while it made {names}; {error}") from error


def read_provider_config(pulumi: Pulumi) -> dict[str, str]:
    """The stack's `aws:` config by bare names.

    Raises:
        NoStackError: there is no such stack.
        UnreadError: the CLI cannot read it, or the passphrase is wrong.
    """
    return _read(lambda: read_aws_config(pulumi))


def read_messages(pulumi: Pulumi) -> tuple[str, ...]:
    """The messages of the newest updates, the newest first.

    Raises:
        NoStackError: there is no such stack.
        UnreadError: the backend cannot be reached.
    """
    return tuple(past.message for past in _read(pulumi.history))


def _groups_behind(resources: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The slots whose group does not launch the newest version of its template.

    The template is updated first, so this is what an update leaves that fails at the group. Where
    the provider answers with half of a change made, the engine keeps the program's values as if
    they were there, and the reason in `initErrors`.
    """
    newest: dict[str, str] = {}
    for resource in resources:
        outputs = map_of(resource.get("outputs"))
        if resource.get("type") == LAUNCH_TEMPLATE and "latestVersion" in outputs:
            newest[str(outputs.get("id"))] = str(round(outputs["latestVersion"]))
    behind: set[str] = set()
    for resource in resources:
        if resource.get("type") != GROUP:
            continue
        template_id, version = _launched(map_of(resource.get("outputs")))
        is_newest = newest.get(template_id, version) == version
        if resource.get("initErrors") or not (is_newest or not version.isdigit()):
            behind.add(str(resource.get("urn", "")).rpartition("::")[2])
    return frozenset(behind)


def _launched(group: Mapping[str, Any]) -> tuple[str, str]:
    """The launch template of a group and its version, alone or in a policy of instance types."""
    if template := map_of(group.get("launchTemplate")):
        return str(template.get("id")), str(template.get("version", ""))
    mixed = map_of(map_of(group.get("mixedInstancesPolicy")).get("launchTemplate"))
    specification = map_of(mixed.get("launchTemplateSpecification"))
    return str(specification.get("launchTemplateId")), str(specification.get("version", ""))


def _read(read: Callable[[], _Found]) -> _Found:
    try:
        return read()
    except NoStackError:
        raise
    except StackError as error:
        raise UnreadError(str(error).strip()) from error


def _step(resource: Mapping[str, Any]) -> ResourceStep:
    inputs = map_of(resource.get("inputs"))
    return ResourceStep(
        urn=str(resource.get("urn", "")),
        operation=Operation.SAME,
        old_inputs=inputs,
        old_outputs=map_of(resource.get("outputs")),
        new_inputs=inputs,
        parent=str(resource.get("parent") or ""),
    )


_NOBODY = LeaseHolder("-", socket.gethostname(), 0)
"""Status holds no lease, so no lease is its own; it sees the processes of this host."""


def read_ramping(messages: Sequence[str], now: datetime) -> Ramping | None:
    """The lease that stands, and whether its process lives where that can be seen.

    Args:
        messages: The newest first.
        now: By which a lease of another host has expired or not.
    """
    lease = current_lease(messages)
    if lease is None:
        return None
    return Ramping(lease, lease_state_of(lease, _NOBODY, now, Processes()))


def last_known(folder: Path, stack: str, environ: Mapping[str, str]) -> KnownStack:
    """What `failover ramp` wrote down in this folder.

    Raises:
        UnreadError: nothing was.
    """
    try:
        return KnownStack.read(ramps_folder(folder, stack), current_backend(folder, environ))
    except BadInputError as error:
        raise UnreadError(
            "the rules are known from the stack's state, which could not be read"
        ) from error
