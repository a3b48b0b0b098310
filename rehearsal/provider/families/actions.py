"""Actions of listeners and listener rules: login, forward, redirect and fixed response.

AWS shows a forward to one target group in two ways at once; a program declares it in one of them.
Source: hashicorp/aws 6 internal/service/elbv2, listener_rule.go and listener.go.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.provider.table import Block, MapOf, Property, SchemaListOf, SetOf, Values
from rehearsal.provider.values import (
    BOOLEAN,
    INTEGER,
    STRING,
    arn,
    between,
    length,
    matching,
    one_of,
)
from rollout.forward_action import target_group_weights
from rollout.json_value import is_map, list_of, map_of

MAX_WEIGHT = 999
MAX_FORWARD_GROUPS = 5

_FORWARD = Block(
    {
        "targetGroups": Property(
            SetOf(
                Block(
                    {
                        "arn": Property(STRING, required=True, valid=arn),
                        "weight": Property(INTEGER, default=1, valid=between(0, MAX_WEIGHT)),
                    }
                ),
                most=MAX_FORWARD_GROUPS,
            ),
            required=True,
        ),
        "stickiness": Property(
            Block(
                {
                    "enabled": Property(BOOLEAN, default=False),
                    "duration": Property(INTEGER, required=True, valid=between(1, 604800)),
                }
            )
        ),
    }
)

_CONTENT_TYPES = (
    "text/plain", "text/css", "text/html", "application/javascript", "application/json",
)  # fmt: skip

_FIXED_RESPONSE = Block(
    {
        "contentType": Property(STRING, required=True, valid=one_of(*_CONTENT_TYPES)),
        "messageBody": Property(STRING, valid=length(0, 1024)),
        "statusCode": Property(
            STRING, computed=True, valid=matching(r"[245]\d\d", "a status code 2xx, 4xx or 5xx")
        ),
    }
)

_REDIRECT = Block(
    {
        "host": Property(STRING, default="#{host}", valid=length(1, 128)),
        "path": Property(STRING, default="/#{path}", valid=length(1, 128)),
        "port": Property(STRING, default="#{port}"),
        "protocol": Property(
            STRING, default="#{protocol}", valid=one_of("#{protocol}", "HTTP", "HTTPS")
        ),
        "query": Property(STRING, default="#{query}", valid=length(0, 128)),
        "statusCode": Property(STRING, required=True, valid=one_of("HTTP_301", "HTTP_302")),
    }
)

_SESSION = {
    "authenticationRequestExtraParams": Property(MapOf(STRING)),
    "onUnauthenticatedRequest": Property(
        STRING, computed=True, valid=one_of("deny", "allow", "authenticate")
    ),
    "scope": Property(STRING, default="openid"),
    "sessionCookieName": Property(STRING, default="AWSELBAuthSessionCookie"),
    "sessionTimeout": Property(INTEGER, default=604_800, valid=between(1, 604_800)),
}

_OIDC = Block(
    {
        "authorizationEndpoint": Property(STRING, required=True),
        "clientId": Property(STRING, required=True),
        "clientSecret": Property(STRING, required=True),
        "issuer": Property(STRING, required=True),
        "tokenEndpoint": Property(STRING, required=True),
        "userInfoEndpoint": Property(STRING, required=True),
        **_SESSION,
    }
)

_COGNITO = Block(
    {
        "userPoolArn": Property(STRING, required=True, valid=arn),
        "userPoolClientId": Property(STRING, required=True),
        "userPoolDomain": Property(STRING, required=True),
        **_SESSION,
    }
)

_LOGINS = {
    "authenticate-oidc": ("authenticateOidc", "AuthenticateOidcConfig", _OIDC),
    "authenticate-cognito": ("authenticateCognito", "AuthenticateCognitoConfig", _COGNITO),
}
"""The property, the part of AWS's action and the table of each kind of login."""

ACTIONS = SchemaListOf(
    Block(
        {
            "type": Property(
                STRING,
                required=True,
                valid=one_of("forward", "redirect", "fixed-response", *_LOGINS),
            ),
            "order": Property(INTEGER, computed=True, valid=between(1, 50_000)),
            "targetGroupArn": Property(STRING, valid=arn),
            "forward": Property(_FORWARD),
            "redirect": Property(_REDIRECT),
            "fixedResponse": Property(_FIXED_RESPONSE),
            "authenticateOidc": Property(_OIDC),
            "authenticateCognito": Property(_COGNITO),
        }
    )
)

_NEEDED = {
    "redirect": "redirect",
    "fixed-response": "fixedResponse",
    **{kind: name for kind, (name, _, _) in _LOGINS.items()},
}


def action_problems(property_name: str, actions: Any) -> Iterator[tuple[str, str]]:
    """What the parts of one action lack."""
    for at, action in known_blocks(actions):
        path, kind = f"{property_name}[{at}]", action["type"]
        if kind == "forward" and not ("forward" in action or "targetGroupArn" in action):
            yield path, "a forward action needs forward or targetGroupArn"
        needed = _NEEDED.get(kind)
        if needed and needed not in action:
            yield path, f"an action of type {kind} needs {needed}"


def known_blocks(items: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The nested objects of a list that a preview already knows, with their places."""
    return ((at, item) for at, item in enumerate(list_of(items)) if is_map(item))


def as_aws(actions: list[Values]) -> list[Any]:
    """Declared actions as AWS's `Actions`."""
    return [_action_as_aws(action, at + 1) for at, action in enumerate(actions)]


def _action_as_aws(action: Values, place: int) -> dict[str, Any]:
    sent: dict[str, Any] = {"Type": action["type"], "Order": action.get("order") or place}
    if action["type"] == "forward":
        if action.get("targetGroupArn"):
            sent["TargetGroupArn"] = action["targetGroupArn"]
        if action.get("forward"):
            sent["ForwardConfig"] = _forward_as_aws(action["forward"])
    elif action["type"] == "redirect":
        redirect = action["redirect"]
        sent["RedirectConfig"] = {
            name[0].upper() + name[1:]: redirect[name]
            for name in _REDIRECT.properties
            if name in redirect
        }
    elif action["type"] in _LOGINS:
        name, config, block = _LOGINS[action["type"]]
        sent[config] = {
            each[0].upper() + each[1:]: action[name][each]
            for each in block.properties
            if action[name].get(each) not in (None, "", {})
        }
    else:
        fixed = action["fixedResponse"]
        sent["FixedResponseConfig"] = {
            name[0].upper() + name[1:]: fixed[name]
            for name in _FIXED_RESPONSE.properties
            if fixed.get(name) is not None
        }
    return sent


def _forward_as_aws(forward: Values) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "TargetGroups": [
            {"TargetGroupArn": group["arn"], "Weight": group["weight"]}
            for group in sorted(forward["targetGroups"], key=_place_in_set)
        ]
    }
    stickiness = forward.get("stickiness")
    if stickiness:
        sent["TargetGroupStickinessConfig"] = {
            "Enabled": stickiness.get("enabled", False),
            "DurationSeconds": stickiness["duration"],
        }
    return sent


def _place_in_set(group: Values) -> str:
    """What a target group of a forward is sorted by on its way to AWS.

    The official provider holds the groups in a set, ordered by the elements' checksums,
    as text; AWS keeps the order in which they come. So neither slot is always the first one.
    Source: terraform-plugin-sdk, schema.Set.List and schema.SerializeResourceForHash.
    """
    return str(zlib.crc32(f"arn:{group['arn']};weight:{group['weight']};".encode()))


def from_aws(actions: list[Any]) -> list[Values]:
    """AWS's `Actions` as properties, a forward in both of its forms."""
    in_order = sorted(actions, key=lambda action: action.get("Order", 0))
    return [_action_from_aws(action, at + 1) for at, action in enumerate(in_order)]


def _action_from_aws(action: Any, place: int) -> Values:
    shown: Values = {"type": action["Type"], "order": action.get("Order", place)}
    if action["Type"] == "forward":
        shown.update(_forward_from_aws(action))
    elif action["Type"] == "redirect":
        shown["redirect"] = _lowered(action["RedirectConfig"])
    elif action["Type"] == "fixed-response":
        shown["fixedResponse"] = _lowered(action["FixedResponseConfig"])
    elif action["Type"] in _LOGINS:
        name, config, _ = _LOGINS[action["Type"]]
        shown[name] = _lowered(action[config])
    return shown


def _lowered(config: Any) -> Values:
    return {name[0].lower() + name[1:]: value for name, value in config.items()}


def _forward_from_aws(action: Any) -> Values:
    config = map_of(action.get("ForwardConfig"))
    weights = target_group_weights(action)
    single = action.get("TargetGroupArn") or (next(iter(weights)) if len(weights) == 1 else None)
    forward: Values = {
        "targetGroups": [{"arn": arn, "weight": weight} for arn, weight in weights.items()]
    }
    stickiness = map_of(config.get("TargetGroupStickinessConfig"))
    if "DurationSeconds" in stickiness:
        forward["stickiness"] = {
            "enabled": bool(stickiness.get("Enabled")),
            "duration": int(stickiness["DurationSeconds"]),
        }
    return {"forward": forward, "targetGroupArn": single}


def as_declared(actions: list[Values], declared: Any) -> list[Values]:
    """Each forward in the form that the program chose; unasked, the short one where it suffices."""
    known = list_of(declared)
    return [
        _one_form(action, known[at] if at < len(known) else {}) for at, action in enumerate(actions)
    ]


def _one_form(action: Values, declared: Values) -> Values:
    if "authenticateOidc" in action:
        return _with_secret(action, declared)
    if "forward" not in action:
        return action
    has_long, has_short = "forward" in declared, "targetGroupArn" in declared
    if has_long and has_short:
        return action
    is_single = len(action["forward"]["targetGroups"]) == 1
    is_plain = is_single and not action["forward"].get("stickiness", {}).get("enabled")
    dropped = "forward" if is_plain and not has_long else "targetGroupArn"
    return {name: value for name, value in action.items() if name != dropped}


def _with_secret(action: Values, declared: Values) -> Values:
    """A login with the secret that was declared, which AWS never shows.

    Source: hashicorp/aws 6 internal/service/elbv2, flattenLbListenerActions.
    """
    secret = map_of(declared.get("authenticateOidc")).get("clientSecret")
    if secret is None:
        return action
    return {**action, "authenticateOidc": {**action["authenticateOidc"], "clientSecret": secret}}
