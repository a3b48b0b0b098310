"""The guard of what the state has lost: it must be imported, and not created a second time.

After `pulumi state delete`, or the import of an older state, AWS has resources that the next update
would create again. AWS refuses a second resource with the same name, priority or port
(`PriorityInUse`, `… already exists`), and creates a duplicate of a resource that has none.
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
from components.guards.recorded_state import RecordedEngine
from live.creations import FINDABLE_TYPES, FOUND_BY_TAGS
from live.errors import LiveError
from rollout.messages import lost_notice, unreadable
from rollout.notice import NoticeKind
from rollout.pending_creation import Made, PendingCreation

_RULE = "aws:lb/listenerRule:ListenerRule"


@dataclass(frozen=True, slots=True)
class GuardedStack:
    """What the guard needs to know of the stack."""

    name: str
    services: Collection[str]
    adopted: Collection[str]
    """The services whose rule was adopted, with the tags that it had."""
    is_protected: bool


class LostState:
    """Looks for each resource that an update is about to create."""

    def __init__(
        self,
        stack: GuardedStack,
        engine: RecordedEngine,
        find: Callable[[PendingCreation], Made],
        log: NoticeLog,
        *,
        is_preview: bool,
    ) -> None:
        """Hold what to look for; AWS is not called before a resource is created.

        Args:
            stack: What is known of the stack.
            engine: The engine, with the stack's state.
            find: Finds in AWS what would be created again; raises `LiveError`.
            log: Where notices are reported.
            is_preview: Whether nothing is created, so that nothing is refused.
        """
        self._stack = stack
        self._engine = engine
        self._find = find
        self._log = log
        self._kind = NoticeKind.refusal(is_preview=is_preview)
        self._parents: dict[tuple[str, str], pulumi.Resource] = {}

    def watch(self) -> None:
        """Look before each resource that is created from now on."""
        in_previews_too = ResourceHookOptions(on_dry_run=True)
        hook = ResourceHook("guard-lost-state", self._before_create, in_previews_too)

        def bound(
            args: pulumi.ResourceTransformationArgs,
        ) -> pulumi.ResourceTransformationResult | None:
            if args.type_ not in FINDABLE_TYPES:
                return None
            if args.opts.parent is not None:
                self._parents[args.type_, args.name] = args.opts.parent
            first = pulumi.ResourceOptions(hooks=ResourceHookBinding(before_create=[hook]))
            # Runs before the hook that waits until a new rule's targets are healthy.
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
        """Refuse to create what AWS has already with the stack's tags.

        Raises:
            RefusedUpdateError: AWS has it, or cannot be read.
        """
        if self._may_exist(creation):
            try:
                found = self._find(creation)
            except LiveError as error:
                spared = f"{creation} is not created"
                notice = unreadable(self._kind, str(error), spared, error.fix)
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
            self._log.report(notice, creation.urn)

    def _may_exist(self, creation: PendingCreation) -> bool:
        """Whether AWS may have it: not if it lies in something that does not exist yet."""
        if any(isinstance(value, Unknown) for value in creation.inputs.values()):
            known = {k: v for k, v in creation.inputs.items() if not isinstance(v, Unknown)}
            if FINDABLE_TYPES[creation.type_token] - known.keys():
                return False
        has_state = bool(self._engine.stack_outputs())
        if has_state:
            # The update replaces what the state has; the old resource still exists.
            return creation.urn not in self._engine.resource_outputs()
        return creation.type_token not in FOUND_BY_TAGS

    def _is_adopted(self, creation: PendingCreation) -> bool:
        return creation.type_token == _RULE and creation.name in self._stack.adopted
