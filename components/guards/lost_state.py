"""The guard of what the state has lost: it is imported, and not made a second time.

`pulumi state delete`, or a state that was put back from an older export, leaves resources in AWS
that the next update would make again. AWS refuses what has a given name, a priority or a port
(`PriorityInUse`, `… already exists`), and makes a second one of what has none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

import pulumi
from pulumi import ResourceHook, ResourceHookArgs, ResourceHookBinding, ResourceHookOptions
from pulumi.output import Unknown

from components.guards.engine_log import NoticeLog
from components.guards.errors import RefusedUpdateError
from components.guards.memory import RecordedEngine
from live.creations import FOUND_BY_TAGS, SOUGHT_TYPES
from live.errors import LiveError
from rollout.lost_resource import lost_notice
from rollout.messages import unseen
from rollout.notice import NoticeKind
from rollout.pending_creation import Made, PendingCreation

_RULE = "aws:lb/listenerRule:ListenerRule"


@dataclass(frozen=True, slots=True)
class GuardedStack:
    """What the guard has to know of the stack."""

    name: str
    services: Collection[str]
    adopted: Collection[str]
    """The services whose rule was adopted: it has the tags of others."""
    is_protected: bool


class LostState:
    """Looks for each resource that an update is about to make."""

    def __init__(
        self,
        stack: GuardedStack,
        engine: RecordedEngine,
        find: Callable[[PendingCreation], Made],
        voice: NoticeLog,
        *,
        is_preview: bool,
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            stack: What is known of the stack.
            engine: Whose state is asked.
            find: Finds in AWS what a resource would be made as; raises `LiveError`.
            voice: Where it is spoken.
            is_preview: Whether nothing is made, so that nothing is refused.
        """
        self._stack = stack
        self._engine = engine
        self._find = find
        self._voice = voice
        self._kind = NoticeKind.WILL_BE_REFUSED if is_preview else NoticeKind.REFUSED
        self._parents: dict[tuple[str, str], pulumi.Resource] = {}

    def watch(self) -> None:
        """Look before each resource that is made from now on."""
        shown_too = ResourceHookOptions(on_dry_run=True)
        hook = ResourceHook("guard-lost-state", self._before_create, shown_too)

        def bound(
            args: pulumi.ResourceTransformationArgs,
        ) -> pulumi.ResourceTransformationResult | None:
            if args.type_ not in SOUGHT_TYPES:
                return None
            if args.opts.parent is not None:
                self._parents[args.type_, args.name] = args.opts.parent
            first = pulumi.ResourceOptions(hooks=ResourceHookBinding(before_create=[hook]))
            # Before the hook that waits until a new rule's targets are healthy.
            return pulumi.ResourceTransformationResult(
                args.props, pulumi.ResourceOptions.merge(first, args.opts)
            )

        pulumi.runtime.register_stack_transformation(bound)

    async def _before_create(self, args: ResourceHookArgs) -> None:
        parent = self._parents.get((args.type, args.name))
        urn = None if parent is None else await parent.urn.future()
        await asyncio.to_thread(
            self.refuse_second, PendingCreation(args.urn, args.new_inputs or {}, urn or "")
        )

    def refuse_second(self, creation: PendingCreation) -> None:
        """Refuse to make what is there already, and is the stack's.

        Raises:
            RefusedError: it is there, or nobody can see.
        """
        if self._is_sought(creation):
            try:
                found = self._find(creation)
            except LiveError as error:
                notice = unseen(self._kind, str(error), f"{creation} is not made", error.fix)
            else:
                if found.id is None or not (found.is_own or self._is_adopted(creation)):
                    return
                notice = lost_notice(
                    self._kind,
                    self._stack.name,
                    found,
                    self._stack.services,
                    is_protected=self._stack.is_protected,
                )
            if self._kind is NoticeKind.REFUSED:
                raise RefusedUpdateError([notice])
            self._voice.say(notice, creation.urn)

    def _is_sought(self, creation: PendingCreation) -> bool:
        """Whether it may be there: not what lies in something that is still to be made."""
        if any(isinstance(value, Unknown) for value in creation.inputs.values()):
            known = {k: v for k, v in creation.inputs.items() if not isinstance(v, Unknown)}
            if SOUGHT_TYPES[creation.type_token] - known.keys():
                return False
        has_state = bool(self._engine.stack_outputs())
        if has_state:
            # What the state has is replaced, and the old one is still there.
            return creation.urn not in self._engine.resource_outputs()
        return creation.type_token not in FOUND_BY_TAGS

    def _is_adopted(self, creation: PendingCreation) -> bool:
        return creation.type_token == _RULE and creation.name in self._stack.adopted
