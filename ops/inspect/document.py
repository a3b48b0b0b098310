"""What an inspection found, as values: nothing here knows where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollout.split import TOTAL_WEIGHT
from settings.conditions import PREVIEW_HEADER

_EVERYTHING = {"path-pattern": frozenset({"/*", "*"}), "host-header": frozenset({"*"})}
"""The values that every request matches."""


LOGINS = ("authenticate-oidc", "authenticate-cognito")
"""The kinds of action that ask a user to log in, which the config of a service can have."""


@dataclass(frozen=True, slots=True)
class LoadBalancerReport:
    """An Application Load Balancer."""

    arn: str
    name: str
    dns_name: str
    scheme: str
    vpc_id: str
    security_group_ids: tuple[str, ...]
    zones: tuple[str, ...]
    subnet_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleConditionReport:
    """One condition of a rule; any of its values makes it true, all conditions must be."""

    field: str
    """`host-header`, `path-pattern`, `http-header`, `query-string`, …"""
    values: tuple[str, ...]
    header: str | None = None
    """The header that an `http-header` condition looks at."""
    is_pattern: bool = False
    """Whether the values are regular expressions."""
    keys: tuple[str, ...] = ()
    """Of a query string the key of each value, which is `key=value` then; empty where any does."""


@dataclass(frozen=True, slots=True)
class WeightedGroup:
    """A target group of a forward; the weight is relative, 0 to 999."""

    arn: str
    weight: int


@dataclass(frozen=True, slots=True)
class Action:
    """One action: what it does, and for a forward, to whom."""

    kind: str
    """`forward`, `redirect`, `fixed-response`, `authenticate-oidc`, …"""
    groups: tuple[WeightedGroup, ...] = ()
    stickiness_seconds: int | None = None
    """Of a forward whose clients stick to a group; `None` where they do not."""
    answer: str = ""
    """The answer of a redirect or a fixed response, in words."""
    config: Mapping[str, Any] | None = field(default=None, compare=False)
    """What AWS has of it, for all but a forward; without the secret of a login's client."""


@dataclass(frozen=True, slots=True)
class RuleReport:
    """A rule of a listener."""

    arn: str
    priority: int | None
    """`None` for the default rule."""
    conditions: tuple[RuleConditionReport, ...]
    actions: tuple[Action, ...]
    has_transforms: bool = False
    """Whether it rewrites the request."""

    @property
    def place(self) -> str:
        """Its priority, or `default`."""
        return "default" if self.priority is None else str(self.priority)

    @property
    def is_preview(self) -> bool:
        """Whether it is a preview rule of a stack, by the header in its conditions."""
        return any((c.header or "").lower() == PREVIEW_HEADER for c in self.conditions)

    @property
    def groups(self) -> tuple[WeightedGroup, ...]:
        """Every group that it forwards to."""
        return tuple(group for action in self.actions for group in action.groups)

    @property
    def only_forwards(self) -> bool:
        """Whether it forwards and does nothing else: no log-in before, no rewrite."""
        return [action.kind for action in self.actions] == ["forward"] and not self.has_transforms

    @property
    def login(self) -> Action | None:
        """The login before its forward; `None` where there is none."""
        return next((each for each in self.actions if each.kind in LOGINS), None)

    @property
    def forward(self) -> Action | None:
        """The action that forwards, wherever it stands."""
        return next((each for each in self.actions if each.kind == "forward"), None)

    @property
    def is_adoptable(self) -> bool:
        """Whether it forwards, after a login or not, and does nothing else."""
        others = [each for each in self.actions if each not in (self.login, self.forward)]
        return self.forward is not None and not others and not self.has_transforms

    @property
    def takes_everything(self) -> bool:
        """Whether every request meets its conditions, so that no rule after it gets any."""
        return all(
            not c.is_pattern and bool(_EVERYTHING.get(c.field, frozenset()) & {*c.values})
            for c in self.conditions
        )

    def values_of(self, field: str) -> tuple[str, ...]:
        """The values of its conditions on `field`."""
        return tuple(v for c in self.conditions if c.field == field for v in c.values)

    @property
    def split(self) -> tuple[int, ...]:
        """The share of each of its groups, of 100; empty if one is not a whole number."""
        total = sum(group.weight for group in self.groups)
        shares = [group.weight * TOTAL_WEIGHT for group in self.groups]
        if total == 0 or any(share % total for share in shares):
            return ()
        return tuple(share // total for share in shares)


@dataclass(frozen=True, slots=True)
class ListenerReport:
    """A listener with its rules in the order in which they are tried, the default last."""

    arn: str
    port: int
    protocol: str
    tls_policy: str | None
    certificate_arns: tuple[str, ...]
    """The default one first."""
    rules: tuple[RuleReport, ...]

    @property
    def reached(self) -> tuple[RuleReport, ...]:
        """Its rules without a default one that no request comes to, for one before takes all."""
        if any(rule.takes_everything for rule in self.rules if rule.priority is not None):
            return tuple(rule for rule in self.rules if rule.priority is not None)
        return self.rules

    def is_of_a_stack(self, rule: RuleReport) -> bool:
        """Whether a stack has the rule: a preview rule of it forwards to one of its groups."""
        groups = {group.arn for group in rule.groups}
        return any(groups & {g.arn for g in each.groups} for each in self.rules if each.is_preview)


@dataclass(frozen=True, slots=True)
class HealthCheckReport:
    """How a group's targets are checked. Source: ELBv2 API, TargetGroup."""

    protocol: str
    port: str
    path: str
    matcher: str
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A registered target."""

    id: str
    state: str
    """`healthy`, `unhealthy`, `initial`, `unused`, `draining`, …"""
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What takes calls of its own for each target group."""

    targets: tuple[TargetReport, ...]
    has_stickiness: bool
    deregistration_delay_seconds: int
    attributes: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """All of them, by AWS's keys."""


@dataclass(frozen=True, slots=True)
class TargetGroupReport:
    """A target group."""

    arn: str
    name: str
    protocol: str
    protocol_version: str
    port: int | None
    vpc_id: str
    target_type: str
    check: HealthCheckReport
    balancer_arns: tuple[str, ...]
    details: Details | None = None
    """`None` where they were not read."""


@dataclass(frozen=True, slots=True)
class TemplateReport:
    """What an Auto Scaling group launches from; what may be `None` is so where it was not read."""

    kind: str
    """`launch template`, `launch configuration`, `mixed instances policy`, or `none`."""
    name: str
    version: str | None = None
    image_id: str | None = None
    instance_type: str | None = None
    instance_profile: str | None = None
    has_user_data: bool | None = None
    is_gone: bool = False
    """Whether it was deleted, so that nothing can be launched."""
    id: str | None = field(default=None, compare=False)
    """Of a launch template; its name if AWS does not return the id."""


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """An instance of an Auto Scaling group."""

    id: str
    lifecycle_state: str
    health: str
    image_id: str | None = None


@dataclass(frozen=True, slots=True)
class AutoScalingGroup:
    """An Auto Scaling group that is attached to a target group."""

    name: str
    target_group_arns: tuple[str, ...]
    min_size: int
    max_size: int
    desired: int
    instances: tuple[InstanceReport, ...]
    template: TemplateReport
    health_check_type: str
    grace_seconds: int
    subnet_ids: tuple[str, ...]

    @property
    def in_service(self) -> tuple[InstanceReport, ...]:
        """The instances that it counts on."""
        return tuple(i for i in self.instances if i.lifecycle_state == "InService")

    @property
    def image_ids(self) -> tuple[str, ...]:
        """The images of its instances, else of its template, each once."""
        found = {i.image_id for i in self.in_service if i.image_id}
        return tuple(sorted(found or {self.template.image_id or ""} - {""}))


@dataclass(frozen=True, slots=True)
class Inspection:
    """A load balancer with all that is behind it, and what the reading took."""

    region: str
    load_balancer: LoadBalancerReport
    listeners: tuple[ListenerReport, ...]
    target_groups: tuple[TargetGroupReport, ...]
    """Those it forwards to, and those of its VPC that no load balancer uses."""
    auto_scaling_groups: tuple[AutoScalingGroup, ...]
    calls: int
    """API requests that were sent, repeated ones included."""
    profile: str | None = None
    """The profile that was asked for; it belongs in every command for what was found."""

    @property
    def rule_count(self) -> int:
        """The rules that count against the quota of a load balancer: all but the default ones."""
        return sum(rule.priority is not None for each in self.listeners for rule in each.rules)

    def target_group(self, arn: str) -> TargetGroupReport | None:
        """The target group with this ARN; `None` for a group of another kind."""
        return next((group for group in self.target_groups if group.arn == arn), None)

    def name_of(self, arn: str) -> str:
        """The name of a target group, from its ARN where it was not read."""
        group = self.target_group(arn)
        return group.name if group else arn.split("/")[-2] if "/" in arn else arn

    def auto_scaling_groups_of(self, arn: str) -> tuple[AutoScalingGroup, ...]:
        """The Auto Scaling groups that register their instances in a target group."""
        return tuple(g for g in self.auto_scaling_groups if arn in g.target_group_arns)

    def forwards_to(self, arn: str) -> tuple[tuple[ListenerReport, RuleReport], ...]:
        """Every rule that forwards to a target group, preview rules of a stack left out."""
        return tuple(
            (listener, rule)
            for listener in self.listeners
            for rule in listener.reached
            if not rule.is_preview and arn in (group.arn for group in rule.groups)
        )
