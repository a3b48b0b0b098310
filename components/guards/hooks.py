"""The hooks that hold the guards' judgement at the resources that it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pulumi import ResourceHook, ResourceHookArgs, ResourceHookBinding, ResourceHookOptions

from components.guards.engine_log import NoticeLog
from components.guards.errors import RefusedUpdateError
from components.guards.guards import Guards
from components.guards.read_back import verify_rule
from components.guards.waiting import Waiting
from live.address import ServiceAddress
from rollout.forward_action import declared_groups
from rollout.notice import Notice, NoticeKind
from rollout.split import Slot, Split

_FREE_OF_TEMPLATE = frozenset({"tags", "tagsAll", "tagSpecifications", "name", "description"})
_BOUND_OF_GROUP = frozenset({"targetGroupArns"})


@dataclass(frozen=True, slots=True)
class Hooks:
    """What each kind of resource is bound to; `None` binds to nothing."""

    rule: ResourceHookBinding | None = None
    template: ResourceHookBinding | None = None
    group: ResourceHookBinding | None = None


NO_HOOKS = Hooks()


class GuardHooks:
    """Makes the hooks: one of each kind for all resources of that kind."""

    def __init__(
        self,
        guards: Guards,
        waiting: Waiting,
        voice: NoticeLog,
        newcomers: Callable[[ServiceAddress, Split], Waiting | None],
        told: Collection[str] = (),
    ) -> None:
        """Be ready.

        Args:
            guards: What was seen.
            waiting: The wait of every rule that moves.
            voice: Where it is spoken.
            newcomers: Gives the wait of a service whose rule is made; None where nothing is to be
                waited for.
            told: The services of which a preview has said already why it would be refused.
        """
        self._guards = guards
        self._waiting = waiting
        self._voice = voice
        self._newcomers = newcomers
        self._told_of = told

    def bound(self) -> Hooks:
        """The hooks, registered with the engine."""
        shown_too = ResourceHookOptions(on_dry_run=True)
        before_new_rule = ResourceHook("guard-new-rule", self._before_new_rule)
        before_rule = ResourceHook("guard-rule", self._before_rule)
        after_rule = ResourceHook("guard-rule-read-back", self._after_rule)
        template = ResourceHook("guard-launch-template", self._before_template, shown_too)
        group = ResourceHook("guard-auto-scaling-group", self._before_group, shown_too)
        return Hooks(
            rule=ResourceHookBinding(
                before_create=[before_new_rule],
                before_update=[before_rule],
                after_update=[after_rule],
            ),
            template=ResourceHookBinding(before_update=[template]),
            group=ResourceHookBinding(before_update=[group]),
        )

    async def _before_new_rule(self, args: ResourceHookArgs) -> None:
        if self._guards.rules.override is not None:
            return
        groups = declared_groups(args.new_inputs or {})
        arns = dict(zip(Slot, (arn for arn, _ in groups), strict=True))
        address = ServiceAddress(args.name, "", arns)
        split = Split(*(weight for _, weight in groups))
        waiting = self._newcomers(address, split)
        if waiting is not None:
            await waiting.until_settled(args.name, args.urn)

    async def _before_rule(self, args: ResourceHookArgs) -> None:
        self._refuse_other_targets(args)
        try:
            await self._waiting.until_settled(args.name, args.urn)
        except RefusedUpdateError as error:
            own = [notice for notice in error.notices if notice.service == args.name]
            raise RefusedUpdateError(own or error.notices) from error

    async def _after_rule(self, args: ResourceHookArgs) -> None:
        groups = declared_groups(args.new_inputs or {})
        arns = [arn for arn, _ in groups]
        # Of an adopted rule nothing is remembered yet: its first update tells where it is.
        address = ServiceAddress(args.name, args.id, dict(zip(Slot, arns, strict=True)))
        weights = [weight for _, weight in groups]
        await verify_rule(args.name, weights, lambda: self._guards.read_rule(address))

    async def _before_template(self, args: ResourceHookArgs) -> None:
        changed = sorted(_changed(args) - _FREE_OF_TEMPLATE)
        self._refuse_live(args, changed, "its template")

    async def _before_group(self, args: ResourceHookArgs) -> None:
        changed = sorted(_changed(args) & _BOUND_OF_GROUP)
        self._refuse_live(args, changed, "its Auto Scaling group")

    def _refuse_live(self, args: ResourceHookArgs, changed: list[str], what: str) -> None:
        """Refuse a change that a live slot may not have, and that the config did not tell of."""
        service, _, slot = args.name.rpartition("-")
        weight = self._guards.live_weight(service, Slot(slot))
        if not changed or weight == 0 or self._guards.rules.override is not None:
            return
        text = (
            f"{', '.join(changed)} of {what}: {args.name} carries {weight} of 100 of the traffic, "
            "and a live slot is not rebuilt. Take its weight away first, or put back what was "
            "changed"
        )
        kind = NoticeKind.WILL_BE_REFUSED if self._guards.is_preview else NoticeKind.REFUSED
        notice = Notice(kind, service, f"slot {slot}", text)
        if not self._guards.is_preview:
            raise RefusedUpdateError([notice])
        if service not in self._told_of:
            self._voice.say(notice, args.urn)

    def _refuse_other_targets(self, args: ResourceHookArgs) -> None:
        """Refuse a rule whose live slot would get another target group."""
        old, new = declared_groups(args.old_inputs or {}), declared_groups(args.new_inputs or {})
        for slot, (was, _), (becomes, _) in zip(Slot, old, new, strict=False):
            weight = self._guards.live_weight(args.name, slot)
            if was != becomes and weight > 0 and self._guards.rules.override is None:
                text = (
                    f"target group {was} -> {becomes}: {args.name}-{slot} carries "
                    f"{weight} of 100 of the traffic. Take its weight away first"
                )
                raise RefusedUpdateError(
                    [Notice(NoticeKind.REFUSED, args.name, f"slot {slot}", text)]
                )


def _changed(args: ResourceHookArgs) -> set[str]:
    """The inputs that an update changes."""
    old, new = dict(args.old_inputs or {}), dict(args.new_inputs or {})
    keys = {key for key in old.keys() | new.keys() if not key.startswith("__")}
    return {key for key in keys if old.get(key) != new.get(key)}
