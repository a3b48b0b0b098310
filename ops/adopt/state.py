"""What the stack's state has of an adoption, and what is imported into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from live.creations import made
from ops.adopt.proposal import Import
from ops.errors import RefusedError
from ops.inspect.calls import Calls, reported
from ops.plan.service_plan import RULE, SERVICE
from pulumi_cli.pulumi import Pulumi
from rollout.pending_creation import foreign, pending_creations, repair, words_of

STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class State:
    """The resources of a deployment, by URN."""

    ids: Mapping[str, str]
    """URN to id; empty for what has none, such as a component."""
    has_outputs: bool = False
    """Whether an update of the whole program came to its end once."""

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> State:
        """Read a deployment as `pulumi stack export` has it."""
        resources: Sequence[Mapping[str, Any]] = deployment.get("resources") or ()
        return cls(
            {resource["urn"]: resource.get("id", "") for resource in resources},
            any(r["type"] == STACK and "services" in r.get("outputs", {}) for r in resources),
        )

    def urn_of(self, type_token: str, name: str) -> str | None:
        """The resource of this type and logical name, whatever its parents are."""
        for urn in self.ids:
            if urn.split("::")[2].rpartition("$")[2] == type_token and urn.endswith(f"::{name}"):
                return urn
        return None

    def rule_arn(self, service: str) -> str | None:
        """The rule that the state has for a service."""
        urn = self.urn_of(RULE, service)
        return self.ids[urn] if urn else None

    @property
    def services(self) -> frozenset[str]:
        """The services that it knows."""
        return frozenset(
            urn.rpartition("::")[2] for urn in self.ids if urn.split("::")[2] == SERVICE
        )


def missing(imports: tuple[Import, ...], state: State) -> tuple[Import, ...]:
    """Those that the state does not have."""
    return tuple(each for each in imports if state.rule_arn(each.service) != each.rule_arn)


def import_document(imports: tuple[Import, ...], state: State) -> dict[str, Any]:
    """The file. A rule's parent is its service's component, which is made where it is not known.

    Source: Pulumi docs, "Importing resources", bulk import (`component`, `logicalName`).
    """
    resources: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for each in imports:
        parent = state.urn_of(SERVICE, each.service)
        if parent is None:
            resources.append({"type": SERVICE, "name": each.service, "component": True})
        else:
            names[each.service] = parent
        resources.append(
            {
                "type": RULE,
                "name": f"{each.service}-rule",
                "logicalName": each.service,
                "id": each.rule_arn,
                "parent": each.service,
            }
        )
    return {"nameTable": names, "resources": resources} if names else {"resources": resources}


def brought_in(
    pulumi: Pulumi,
    calls: Calls,
    deployment: Mapping[str, Any],
    say: Callable[[str], None],
    *,
    applies: bool,
) -> Mapping[str, Any]:
    """The deployment without pending creations; where nothing may be changed, as it is.

    What is imported has the name and the tags that the update was making it with.

    Raises:
        RefusedError: something else has such a name.
        InputError: AWS cannot be read.
        PulumiError: the import failed.
    """
    pending = pending_creations(deployment)
    if not pending:
        return deployment
    with reported():
        found = made(pending, calls.client)
    if foreign(found):
        raise RefusedError(words_of(pulumi.stack, found))
    if not applies:
        say(
            f"{words_of(pulumi.stack, found)}\n  or: the same command with --apply, which does this"
        )
        return deployment
    names = ", ".join(str(each.creation) for each in found)
    say(f"an update was killed while it created {names}: importing what exists")
    for step in repair(pulumi.stack, found).steps:
        # The runner names the stack itself.
        pulumi.run(*(word for word in step[1:] if word not in ("--stack", pulumi.stack)))
    return pulumi.state()
