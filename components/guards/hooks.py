"""The engine's hooks: they enforce the judgement on its resources, and read a changed rule back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pulumi import (
    Output,
    ResourceHook,
    ResourceHookArgs,
    ResourceHookBinding,
    ResourceHookOptions,
)

from components.guards.engine_log import NoticeLog
from components.guards.errors import ReadBackError, RefusedUpdateError
from components.guards.update_judge import UpdateJudge
from components.guards.wait import Wait, in_thread
from live.address import ServiceAddress
from live.errors import LiveError
from rollout.command import REFRESH, UP
from rollout.forward_action import declared_groups
from rollout.json_value import list_of, map_of
from rollout.notice import Notice, NoticeKind
from rollout.observation import LiveRule
from rollout.split import Slot, Split

_HARMLESS_IN_TEMPLATE = frozenset({"tags", "tagsAll", "tagSpecifications", "name", "description"})
_GUARDED_IN_GROUP = frozenset({"targetGroupArns"})

_MIXED = "mixedInstancesPolicy"
_SUBNETS = "vpcZoneIdentifiers"

READ_BACK_SECONDS = 10.0
"""How long AWS may return the old weights of a rule."""

_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class HookBindings:
    """The hooks of each kind of resource; `None` for none."""

    rule: ResourceHookBinding | None = None
    template: ResourceHookBinding | None = None
    group: ResourceHookBinding | None = None


NO_HOOKS = HookBindings()


class UpdateHooks:
    """What the hooks do: one hook of each kind for all resources of that kind."""

    def __init__(
        self,
        judge: UpdateJudge,
        wait: Wait,
        log: NoticeLog,
        read_rule: Callable[[ServiceAddress], LiveRule],
        wait_of_new_rule: Callable[[ServiceAddress, Split], Wait | None],
        refused: Collection[str] = (),
    ) -> None:
        """Hold what the hooks need.

        Args:
            judge: What was read and judged.
            wait: The wait of every rule that moves.
            log: Where notices are reported.
            read_rule: Reads the live rule of a service; raises `LiveError`.
            wait_of_new_rule: The wait of a rule that is created; None for no wait.
            refused: The services whose refusal a preview has reported already.
        """
        self._judge = judge
        self._wait = wait
        self._log = log
        self._read_rule = read_rule
        self._wait_of_new_rule = wait_of_new_rule
        self._refused = refused

    def bound(self) -> HookBindings:
        """The hooks, registered with the engine."""
        in_previews_too = ResourceHookOptions(on_dry_run=True)
        before_new_rule = ResourceHook("guard-new-rule", self._before_new_rule)
        before_rule = ResourceHook("guard-rule", self._before_rule)
        after_rule = ResourceHook("guard-rule-read-back", self._after_rule)
        template = ResourceHook("guard-launch-template", self._before_template, in_previews_too)
        group = ResourceHook("guard-auto-scaling-group", self._before_group, in_previews_too)
        return HookBindings(
            rule=ResourceHookBinding(
                before_create=[before_new_rule],
                before_update=[before_rule],
                after_update=[after_rule],
            ),
            template=ResourceHookBinding(before_update=[template]),
            group=ResourceHookBinding(before_update=[group]),
        )

    async def _before_new_rule(self, args: ResourceHookArgs) -> None:
        if self._judge.rules.override is not None:
            return
        groups = await groups_of(args.new_inputs)
        arns = dict(zip(Slot, (arn for arn, _ in groups), strict=True))
        address = ServiceAddress(args.name, "", arns)
        wait = self._wait_of_new_rule(address, Split(*(weight for _, weight in groups)))
        if wait is not None:
            await wait.until_settled(args.name, args.urn)

    async def _before_rule(self, args: ResourceHookArgs) -> None:
        await self._refuse_other_targets(args)
        try:
            await self._wait.until_settled(args.name, args.urn)
        except RefusedUpdateError as error:
            own = [notice for notice in error.notices if notice.service == args.name]
            raise RefusedUpdateError(own or error.notices) from error

    async def _after_rule(self, args: ResourceHookArgs) -> None:
        groups = await groups_of(args.new_inputs)
        arns = [arn for arn, _ in groups]
        # The state has no address of an adopted rule before its first update; the hook has.
        address = ServiceAddress(args.name, args.id, dict(zip(Slot, arns, strict=True)))
        weights = [weight for _, weight in groups]
        await verify_rule(args.name, weights, lambda: self._read_rule(address))

    async def _before_template(self, args: ResourceHookArgs) -> None:
        self._refuse_live(args, _changed(args) - _HARMLESS_IN_TEMPLATE, "its launch template")

    async def _before_group(self, args: ResourceHookArgs) -> None:
        changed = _changed(args) & _GUARDED_IN_GROUP
        if launched_types(args.old_inputs) != launched_types(args.new_inputs):
            changed.add(_MIXED)
        if subnets_of(args.old_inputs) != subnets_of(args.new_inputs):
            changed.add(_SUBNETS)
        self._refuse_live(args, changed, "its Auto Scaling group")

    def _refuse_live(self, args: ResourceHookArgs, changed: Collection[str], of: str) -> None:
        """Refuse a change of a live slot that the config alone does not show."""
        service, _, slot = args.name.rpartition("-")
        weight = self._judge.live_weight(service, Slot(slot))
        if not changed or weight == 0 or self._judge.rules.override is not None:
            return
        text = (
            f"{', '.join(sorted(changed))} of {of}: {args.name} carries {weight} % of the traffic, "
            "and a live slot is not rebuilt. Move its weight away first, or undo the change"
        )
        kind = NoticeKind.refusal(is_preview=self._judge.is_preview)
        notice = Notice(kind, service, f"slot {slot}", text)
        if not self._judge.is_preview:
            raise RefusedUpdateError([notice])
        if service not in self._refused:
            self._log.report(notice, args.urn)

    async def _refuse_other_targets(self, args: ResourceHookArgs) -> None:
        """Refuse another target group for a live slot."""
        old, new = await groups_of(args.old_inputs), await groups_of(args.new_inputs)
        known = self._judge.target_groups(args.name)
        for slot, was, becomes in other_groups(old, new, known):
            weight = self._judge.live_weight(args.name, slot)
            if weight > 0 and self._judge.rules.override is None:
                text = (
                    f"target group {was} -> {becomes}: {args.name}-{slot} carries {weight} % of "
                    "the traffic. Move its weight away first"
                )
                raise RefusedUpdateError(
                    [Notice(NoticeKind.REFUSED, args.name, f"slot {slot}", text)]
                )


async def groups_of(inputs: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """The target groups of a rule; with a login, a hook gets the actions as a secret output."""
    actions = (inputs or {}).get("actions")
    if isinstance(actions, Output):
        actions = await actions.future()  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    return declared_groups({"actions": actions})


def other_groups(
    old: Sequence[tuple[str, int]], new: Sequence[tuple[str, int]], known: Mapping[Slot, str]
) -> list[tuple[Slot, str, str]]:
    """The slots whose target group an update changes, each with the group before and after.

    A rule that was imported or refreshed may have its groups in AWS's order, which is not the
    slots' order: where each group keeps its share no request moves, and no slot gets another group.

    Args:
        old: ARN and weight of each group of the rule, as the state has it.
        new: The same as the update sets it, slot 01 first.
        known: The slots' groups by the stack's outputs; empty where there are none yet.
    """
    if _shares(old) == _shares(new):
        return []
    before = [arn for arn, _ in old]
    if set(before) == set(known.values()):
        before = [known[slot] for slot in Slot]
    return [
        (slot, was, becomes)
        for slot, was, (becomes, _) in zip(Slot, before, new, strict=False)
        if was != becomes
    ]


def _shares(groups: Sequence[tuple[str, int]]) -> dict[str, Fraction]:
    """The share of each target group, by ARN; weights are relative."""
    total = sum(weight for _, weight in groups)
    return {arn: Fraction(weight, total or 1) for arn, weight in groups}


async def verify_rule(
    service: str,
    wanted: Sequence[int],
    read: Callable[[], LiveRule],
    limit_seconds: float = READ_BACK_SECONDS,
) -> None:
    """Return once AWS returns the weights of `service` that the update has set.

    Source: ELBv2 API, ModifyRule, which answers before every reader sees the change.

    Raises:
        ReadBackError: the weights differ, or the rule cannot be read.
    """
    deadline = time.monotonic() + limit_seconds
    was_set = f"the rule of {service} was set to {'/'.join(map(str, wanted))}"
    while True:
        try:
            live = await in_thread(read)
        except LiveError as error:
            raise ReadBackError(
                f"{was_set} but could not be read back: {error}\n"
                f"  fix: {UP.with_options('--refresh')}, once AWS answers: it reads the rule again"
            ) from error
        if (live.weight_01, live.weight_02) == tuple(wanted) and not live.foreign_targets:
            return
        if time.monotonic() >= deadline:
            raise ReadBackError(
                f"{was_set} but is at {live.weights}: someone else changes it too\n"
                f"  fix: {REFRESH}   # shows the live weights"
            )
        await asyncio.sleep(_PAUSE_SECONDS)


def launched_types(inputs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The policy of instance types, without the template's version: a change ends instances.

    Source: hashicorp/aws internal/service/autoscaling/group.go, which refreshes the instances.
    """
    policy = map_of(map_of(inputs).get(_MIXED))
    launched = map_of(policy.get("launchTemplate"))
    return {
        "distribution": policy.get("instancesDistribution"),
        "overrides": launched.get("overrides"),
    }


def subnets_of(inputs: Mapping[str, Any] | None) -> frozenset[Any]:
    """The subnets of a group, in any order: with others AWS ends instances to balance the zones.

    Source: Amazon EC2 Auto Scaling user guide, "Availability Zone rebalancing".
    """
    return frozenset(list_of(map_of(inputs).get(_SUBNETS)))


def _changed(args: ResourceHookArgs) -> set[str]:
    """The inputs that an update changes."""
    old, new = dict(args.old_inputs or {}), dict(args.new_inputs or {})
    keys = {key for key in old.keys() | new.keys() if not key.startswith("__")}
    return {key for key in keys if old.get(key) != new.get(key)}
