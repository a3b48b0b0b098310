"""Events as the engine writes them, for tests of one thing at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pulumi_cli.events import Event, read_events

STACK_URN = "urn:pulumi:prod::failover::pulumi:pulumi:Stack::failover-prod"
SERVICE_URN = "urn:pulumi:prod::failover::failover:index:Service::web"
RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def urn(type_token: str, name: str) -> str:
    return f"urn:pulumi:prod::failover::failover:index:Service${type_token}::{name}"


def resource(
    op: str,
    type_token: str,
    name: str,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    paths: Sequence[str] = (),
    *,
    outputs: dict[str, Any] | None = None,
    protect: bool = False,
) -> Event:
    """One `resourcePreEvent`."""

    def state(inputs: dict[str, Any] | None) -> dict[str, Any] | None:
        if inputs is None:
            return None
        return {
            "inputs": inputs,
            "outputs": outputs if outputs is not None else inputs,
            "parent": SERVICE_URN,
            "protect": protect,
        }

    metadata = {
        "op": op,
        "urn": urn(type_token, name),
        "type": type_token,
        "old": state(old),
        "new": state(new),
        "detailedDiff": {path: {"diffKind": "update"} for path in paths} or None,
    }
    return Event("resourcePreEvent", {"metadata": metadata})


def component(op: str = "same", outputs: dict[str, Any] | None = None) -> Event:
    """The service `web` itself, with the outputs that it had."""
    metadata = {"op": op, "urn": SERVICE_URN, "old": {"outputs": outputs or {}}, "new": {}}
    return Event("resourcePreEvent", {"metadata": metadata})


def registered(outputs: dict[str, Any]) -> Event:
    """The outputs of the service `web`, once all in it is declared."""
    metadata = {"op": "same", "urn": SERVICE_URN, "old": {}, "new": {"outputs": outputs}}
    return Event("resOutputsEvent", {"metadata": metadata})


def component_of(slot: str, outputs: dict[str, Any]) -> list[Event]:
    """A slot of the service `web`, from its declaration to its outputs."""
    metadata = {"op": "same", "urn": urn("failover:index:Slot", slot), "old": {}, "new": {}}
    return [
        Event("resourcePreEvent", {"metadata": metadata}),
        Event("resOutputsEvent", {"metadata": {**metadata, "new": {"outputs": outputs}}}),
    ]


def stack() -> Event:
    return Event("resourcePreEvent", {"metadata": {"op": "same", "urn": STACK_URN}})


def rule(weights: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The inputs of a rule that forwards by these weights, by ARN, in this order."""
    groups = [{"arn": arn, "weight": weight} for arn, weight in weights]
    return {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}


def said(severity: str, message: str, about: str = "") -> Event:
    return Event("diagnosticEvent", {"severity": severity, "message": f"{message}\n", "urn": about})


def policy(name: str, level: str, message: str = "it must not") -> Event:
    return Event(
        "policyEvent",
        {
            "resourceUrn": urn(RULE, "web"),
            "policyName": name,
            "policyPackName": "failover",
            "policyPackVersion": "0.1.0",
            "enforcementLevel": level,
            "message": message,
        },
    )


def analyzed() -> Event:
    """The pack has looked at a resource."""
    body = {"policyPackName": "failover", "policyPackVersion": "0.1.0"}
    return Event("policyAnalyzeSummaryEvent", body)


def summary(result: str = "succeeded") -> Event:
    return Event("summaryEvent", {"result": result})


def prelude(config: dict[str, str]) -> Event:
    return Event("preludeEvent", {"config": config})


def lines(*events: Event) -> str:
    """The stream as the engine writes it."""
    return "".join(json.dumps({"sequence": 1, each.kind: each.body}) + "\n" for each in events)


def reread(*events: Event) -> tuple[Event, ...]:
    return read_events(lines(*events).splitlines())
