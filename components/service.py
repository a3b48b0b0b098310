"""A service: its two slots, and the rules that forward its requests to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.context import Context, Placement
from components.dashboard import declare_dashboard
from components.slot import SlotResources
from rollout.forward_action import WEIGHT_WITHOUT_ONE
from rollout.split import Slot
from settings.alarms import AlarmSettings
from settings.conditions import PREVIEW_HEADER
from settings.login import CognitoLogin, LoginSession, OidcLogin, ServiceLogin
from settings.rule import RuleSettings, preview_header_value
from settings.service import ServiceSettings

_UNUSED_STICKINESS_SECONDS = 3600
"""The provider requires a duration; it has no effect while stickiness is off."""

_SKIPPED_LOGIN = {"Login": "skipped"}
"""The tag by which a preview rule without its service's login is known, in AWS and to the pack."""


class ServiceArgs(TypedDict):
    """The arguments of `Service`."""

    context: Context
    """What all resources of the stack have in common."""
    placement: Placement
    """Where its rules, targets and instances are."""
    service: ServiceSettings
    """Its conditions, its split and its slots."""
    preview_token: str
    """The secret part of the preview header."""
    skips_login: bool
    """Whether its preview rules forward without its login."""
    alarms: AlarmSettings | None
    """The alarms of its slots; `None` for none."""
    has_dashboard: bool


class Service(pulumi.ComponentResource):
    """Routes one service's requests to its two slots by weight.

    Both target groups are in the rule at every split: a stage is one in-place ModifyRule, and an
    idle slot keeps its health checks. Source: ELB user guide, "Health checks for your target
    groups".
    """

    rule_arn: pulumi.Output[str]
    weights: pulumi.Output[str]
    """The weights that the rule has, such as `75/25`."""

    def __init__(
        self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the slots, then the rules that forward to them."""
        super().__init__("failover:index:Service", name, None, opts)
        self._args = args
        self.slots = {
            slot.slot: SlotResources(
                f"{name}-{slot.slot}",
                {
                    "context": args["context"],
                    "placement": args["placement"],
                    "service": args["service"],
                    "slot": slot,
                    "alarms": args["alarms"],
                },
                pulumi.ResourceOptions(parent=self),
            )
            for slot in args["service"].slots
        }
        arns = {slot: declared.target_group_arn for slot, declared in self.slots.items()}
        previews = [self._declare_preview_rule(slot, arn) for slot, arn in arns.items()]
        # The ALB checks a target group's targets once any rule forwards to it: preview rules let
        # a new service become healthy before its own rule exists.
        ready: list[pulumi.Resource] = [*self.slots.values(), *previews]
        if args["has_dashboard"]:
            # Not protected, so that the config can turn it off. A destroy reaches the dashboard
            # after the rule, which is protected.
            ready.append(self._declare_dashboard(name))
        self.rule = rule = self._declare_rule(name, arns, ready)
        self.rule_arn = rule.arn
        # With the client's secret of a login in them, the engine holds all actions as a secret.
        weights = pulumi.Output.unsecret(rule.actions.apply(_weights_by_arn))
        self.weights = pulumi.Output.all(weights, *arns.values()).apply(
            lambda known: "/".join(str(known[0].get(arn, 0)) for arn in known[1:])
        )
        self.register_outputs({"ruleArn": self.rule_arn, "weights": self.weights})

    def _declare_rule(
        self,
        name: str,
        arns: Mapping[Slot, pulumi.Output[str]],
        ready: Sequence[pulumi.Resource],
    ) -> aws.lb.ListenerRule:
        context, service = self._args["context"], self._args["service"]
        return aws.lb.ListenerRule(
            name,
            listener_arn=self._args["placement"].listener_arn,
            priority=service.rule.priority,
            conditions=_conditions(service.rule),
            actions=[
                *_login(service.login),
                {
                    "type": "forward",
                    "forward": {
                        "target_groups": [
                            {"arn": arn, "weight": service.split.weight_of(slot)}
                            for slot, arn in arns.items()
                        ],
                        # A sticky client would stay on a slot after its weight is gone.
                        "stickiness": {"enabled": False, "duration": _UNUSED_STICKINESS_SECONDS},
                    },
                },
            ],
            tags=context.tags(context.names.of(name), service.name),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=ready,
                hooks=context.hooks.rule,
                # An adopted rule keeps the tags that it was adopted with.
                ignore_changes=["tags"] if service.rule.is_adopted else None,
            ),
        )

    def _declare_preview_rule(self, slot: Slot, arn: pulumi.Output[str]) -> aws.lb.ListenerRule:
        """Forward requests that carry the slot's header to that slot, whatever its weight."""
        context, service = self._args["context"], self._args["service"]
        name = f"{service.name}-{slot}"
        value = preview_header_value(slot, self._args["preview_token"])
        is_open = service.login is not None and self._args["skips_login"]
        tags = context.tags(context.names.of(name, "preview"), service.name, slot)
        header: aws.lb.ListenerRuleConditionArgsDict = {
            "http_header": {
                "http_header_name": PREVIEW_HEADER,
                "values": [pulumi.Output.secret(value)],
            }
        }
        return aws.lb.ListenerRule(
            name,
            listener_arn=self._args["placement"].listener_arn,
            priority=service.rule.preview_priority(slot),
            conditions=[*_conditions(service.rule), header],
            actions=[
                *_login(None if is_open else service.login),
                {"type": "forward", "target_group_arn": arn},
            ],
            tags={**tags, **_SKIPPED_LOGIN} if is_open else tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_dashboard(self, name: str) -> aws.cloudwatch.Dashboard:
        return declare_dashboard(
            self,
            name,
            {
                "context": self._args["context"],
                "service": name,
                "load_balancer_arn_suffix": self._args["placement"].load_balancer_arn_suffix,
                "target_group_arn_suffixes": {
                    slot: declared.target_group_arn_suffix for slot, declared in self.slots.items()
                },
            },
        )


def _conditions(rule: RuleSettings) -> list[aws.lb.ListenerRuleConditionArgsDict]:
    conditions: list[aws.lb.ListenerRuleConditionArgsDict] = []
    if rule.hosts:
        conditions.append({"host_header": {"values": list(rule.hosts)}})
    if rule.paths:
        conditions.append({"path_pattern": {"values": list(rule.paths)}})
    for name, values in rule.conditions.headers.items():
        conditions.append({"http_header": {"http_header_name": name, "values": list(values)}})
    if rule.conditions.methods:
        conditions.append({"http_request_method": {"values": list(rule.conditions.methods)}})
    if rule.conditions.query_strings:
        pairs = [_query(pair) for pair in rule.conditions.query_strings]
        conditions.append({"query_strings": pairs})
    if rule.conditions.source_ips:
        conditions.append({"source_ip": {"values": list(rule.conditions.source_ips)}})
    return conditions


def _query(pair: Mapping[str, str]) -> aws.lb.ListenerRuleConditionQueryStringArgsDict:
    if "key" in pair:
        return {"key": pair["key"], "value": pair["value"]}
    return {"value": pair["value"]}


def _login(login: ServiceLogin | None) -> list[aws.lb.ListenerRuleActionArgsDict]:
    """The action before the forward, where the service has a login."""
    provider = None if login is None else login.provider
    if isinstance(provider, OidcLogin):
        return [{"type": "authenticate-oidc", "authenticate_oidc": _oidc(provider)}]
    if isinstance(provider, CognitoLogin):
        return [{"type": "authenticate-cognito", "authenticate_cognito": _cognito(provider)}]
    return []


def _oidc(login: OidcLogin) -> aws.lb.ListenerRuleActionAuthenticateOidcArgsDict:
    return {
        "issuer": login.issuer,
        "authorization_endpoint": login.authorization_endpoint,
        "token_endpoint": login.token_endpoint,
        "user_info_endpoint": login.user_info_endpoint,
        "client_id": login.client_id,
        "client_secret": pulumi.Output.secret(login.client_secret),
        **_session(login.session),
    }


def _cognito(login: CognitoLogin) -> aws.lb.ListenerRuleActionAuthenticateCognitoArgsDict:
    return {
        "user_pool_arn": login.user_pool_arn,
        "user_pool_client_id": login.user_pool_client_id,
        "user_pool_domain": login.user_pool_domain,
        **_session(login.session),
    }


class _Session(TypedDict):
    """What both kinds of login have."""

    session_cookie_name: str
    scope: str
    session_timeout: int
    on_unauthenticated_request: str
    authentication_request_extra_params: NotRequired[dict[str, pulumi.Input[str]]]


def _session(session: LoginSession) -> _Session:
    found: _Session = {
        "session_cookie_name": session.session_cookie_name,
        "scope": session.scope,
        "session_timeout": session.session_timeout_seconds,
        "on_unauthenticated_request": session.on_unauthenticated_request,
    }
    if session.extra_parameters:
        found["authentication_request_extra_params"] = dict(session.extra_parameters)
    return found


def _weights_by_arn(actions: Sequence[aws.lb.outputs.ListenerRuleAction]) -> dict[str, int]:
    """The weight of each target group, whatever order AWS lists them in."""
    action = next((each for each in actions if each.type == "forward"), None)
    if action is None:
        return {}
    forward, alone = action.forward, action.target_group_arn
    if forward is None or not forward.target_groups:
        return {alone: WEIGHT_WITHOUT_ONE} if alone else {}
    return {
        group.arn: WEIGHT_WITHOUT_ONE if group.weight is None else group.weight
        for group in forward.target_groups
    }
