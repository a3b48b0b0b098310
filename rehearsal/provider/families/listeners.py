"""Listener.

Source: hashicorp/aws 6 internal/service/elbv2, listener.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families import actions
from rehearsal.provider.families.tags import ELBV2_TAGGING, TAGS, listed, read_elbv2
from rehearsal.provider.table import Property, ResourceType, Values
from rehearsal.provider.values import (
    INTEGER,
    STRING,
    arn,
    between,
    one_of,
)
from rollout.json_value import list_of

CERTIFICATE_LIMIT_SECONDS = 60

_NO_LISTENER = "ListenerNotFound"


def _listener_arguments(inputs: Values, names: frozenset[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if "port" in names:
        arguments["Port"] = inputs["port"]
    if "protocol" in names:
        arguments["Protocol"] = inputs.get("protocol") or "HTTP"
    if "sslPolicy" in names and inputs.get("sslPolicy"):
        arguments["SslPolicy"] = inputs["sslPolicy"]
    if "certificateArn" in names and inputs.get("certificateArn"):
        arguments["Certificates"] = [{"CertificateArn": inputs["certificateArn"]}]
    if "defaultActions" in names:
        arguments["DefaultActions"] = actions.as_aws(inputs["defaultActions"])
    return arguments


def _create_listener(call: ProviderCall, inputs: Values) -> str:
    arguments = _listener_arguments(inputs, frozenset(LISTENER.properties))

    def create() -> Any:
        return call.aws.elbv2.create_listener(
            LoadBalancerArn=inputs["loadBalancerArn"], **arguments, **listed(inputs.get("tags"))
        )

    answer = call.retried(create, "CertificateNotFound", limit_seconds=CERTIFICATE_LIMIT_SECONDS)
    return answer["Listeners"][0]["ListenerArn"]


def _update_listener(
    call: ProviderCall, listener_arn: str, _old: Values, new: Values, changed: frozenset[str]
) -> None:
    # A protocol alone is not a whole listener: AWS wants its policy and certificate with it.
    if "protocol" in changed:
        changed |= {"sslPolicy", "certificateArn", "port"}
    call.aws.elbv2.modify_listener(ListenerArn=listener_arn, **_listener_arguments(new, changed))


def read_listener(call: ProviderCall, listener_arn: str) -> Values | None:
    """The state in AWS of a listener and its tags."""
    answer = unless_gone(
        lambda: call.aws.elbv2.describe_listeners(ListenerArns=[listener_arn]), _NO_LISTENER
    )
    if not answer or not answer["Listeners"]:
        return None
    found: Any = answer["Listeners"][0]
    certificates = list_of(found.get("Certificates"))
    return {
        "arn": listener_arn,
        "loadBalancerArn": found["LoadBalancerArn"],
        "port": found.get("Port"),
        "protocol": found.get("Protocol"),
        "sslPolicy": found.get("SslPolicy") or None,
        "certificateArn": certificates[0]["CertificateArn"] if certificates else None,
        "defaultActions": actions.from_aws(found["DefaultActions"]),
        "tags": read_elbv2(call, listener_arn),
    }


def _delete_listener(call: ProviderCall, listener_arn: str, _state: Values) -> None:
    unless_gone(lambda: call.aws.elbv2.delete_listener(ListenerArn=listener_arn), _NO_LISTENER)


def _listener_problems(inputs: Values) -> Iterator[tuple[str, str]]:
    yield from actions.action_problems("defaultActions", inputs.get("defaultActions"))
    if inputs.get("port") is None:
        yield "port", "is needed for an application load balancer's listener"
    if inputs.get("protocol") == "HTTPS" and not inputs.get("certificateArn"):
        yield "certificateArn", "is needed when protocol is HTTPS"


LISTENER = ResourceType(
    token="aws:lb/listener:Listener",
    properties={
        "loadBalancerArn": Property(STRING, required=True, replaces=True, valid=arn),
        "port": Property(INTEGER, valid=between(1, 65535)),
        "protocol": Property(STRING, computed=True, valid=one_of("HTTP", "HTTPS")),
        "sslPolicy": Property(STRING, computed=True),
        "certificateArn": Property(STRING, valid=arn),
        "defaultActions": Property(actions.ACTIONS, required=True),
        "tags": TAGS,
    },
    outputs=("arn",),
    create=_create_listener,
    read=read_listener,
    update=_update_listener,
    delete=_delete_listener,
    tagging=ELBV2_TAGGING,
    problems=_listener_problems,
    as_declared=lambda state, inputs: {
        **state,
        "defaultActions": actions.as_declared(
            state["defaultActions"], inputs.get("defaultActions")
        ),
    },
)
