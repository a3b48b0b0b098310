"""Which stack a ramp's journal belongs to: a backend, a name, and the listener rules themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollout.json_value import map_of

if TYPE_CHECKING:
    from rollout.entry import Json


@dataclass(frozen=True, slots=True)
class StackIdentity:
    """One stack for as long as its rules exist.

    A stack that is destroyed and created again has the same name in the same backend, but other
    rules. A journal of the first does not belong to the second.
    """

    backend: str
    """The backend's URL without its query, such as `s3://state`."""
    stack: str
    """The last part of the stack's name: `prod` of `acme/failover/prod`."""
    rules: Mapping[str, str]
    """The ARN of the listener rule of each service."""

    @classmethod
    def of(cls, backend: str, stack: str, services: Mapping[str, Any]) -> StackIdentity:
        """By the stack's output `services`; a service without a rule has none here."""
        rules = {
            service: str(found["ruleArn"])
            for service, found in services.items()
            if found.get("ruleArn")
        }
        return cls(without_query(backend), stack.rpartition("/")[2], rules)

    def of_services(self, services: Iterable[str]) -> StackIdentity:
        """The same with the rules of `services` alone: those that one ramp moves."""
        wanted = {service: self.rules[service] for service in services if service in self.rules}
        return StackIdentity(self.backend, self.stack, wanted)

    def owns(self, recorded: StackIdentity | None) -> bool:
        """Whether a journal that recorded this belongs to the stack as it is now.

        It does where every rule that the ramp moves is still this stack's. A journal that recorded
        nothing was written by a former version and belongs to no stack.
        """
        if recorded is None or not recorded.rules:
            return False
        same_place = (recorded.backend, recorded.stack) == (self.backend, self.stack)
        return same_place and recorded.rules.items() <= self.rules.items()

    def document(self) -> dict[str, Json]:
        """As a journal has it."""
        return {"backend": self.backend, "name": self.stack, "rules": dict(self.rules)}

    @classmethod
    def parse(cls, document: object) -> StackIdentity | None:
        """What `document` wrote; None of anything else, as of a former version's nothing."""
        match document:
            case {"backend": str(backend), "name": str(name), "rules": dict()}:
                rules = map_of(map_of(document)["rules"])
                return cls(backend, name, {str(key): str(arn) for key, arn in rules.items()})
            case _:
                return None


def removed_everything(kind: str, result: str, same: int) -> bool:
    """Whether an update of a stack's history removed all of it.

    The updates before it are about resources that no longer exist.

    Args:
        kind: `update`, `destroy`, `import`, ...
        result: `succeeded` or not.
        same: How many resources it kept; a destroy of only some keeps the others.
            Source: measured, CLI 3.255.0.
    """
    return kind == "destroy" and result == "succeeded" and not same


def without_query(url: str) -> str:
    """A backend's URL without its options, and without the slashes at its end."""
    return url.partition("?")[0].rstrip("/")
