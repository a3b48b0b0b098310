"""Changes to listeners and listener rules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.rehearsal.provider.drift.balancing_mutations import ELBV2_TAGS
from tests.rehearsal.provider.drift.mutation import REPLACED, Fixed, Mutation, Subject, Table, Undo

_FIXED = {
    "Type": "fixed-response",
    "Order": 1,
    "FixedResponseConfig": {"ContentType": "text/html", "StatusCode": "503"},
}


def _modify(subject: Subject, edit: Callable[[Any], None], place: int) -> Undo:
    """Change the last action of a listener or a rule, or the login before it."""
    elbv2 = subject.client("elbv2")
    if subject.token == "aws:lb/listener:Listener":
        found = elbv2.describe_listeners(ListenerArns=[subject.id])["Listeners"][0]
        before = found["DefaultActions"]

        def put(actions: Any) -> None:
            elbv2.modify_listener(ListenerArn=subject.id, DefaultActions=actions)
    else:
        before = elbv2.describe_rules(RuleArns=[subject.id])["Rules"][0]["Actions"]

        def put(actions: Any) -> None:
            elbv2.modify_rule(RuleArn=subject.id, Actions=actions)

    for action in before:
        if "AuthenticateOidcConfig" in action:  # AWS does not show the secret, and then keeps it
            action["AuthenticateOidcConfig"]["UseExistingClientSecret"] = True
    after = copy.deepcopy(before)
    edit(after[place])
    put(after)
    return lambda: put(before)


def _action(
    edit: Callable[[Subject, Any], None], shows: Iterable[str] = (), on: str = "", place: int = -1
) -> Mutation:
    return Mutation(
        lambda subject: _modify(subject, lambda action: edit(subject, action), place),
        frozenset(shows),
        on,
    )


def _set(config: str, name: str, value: Any) -> Mutation:
    return _action(lambda _, action: action[config].update({name: value}))


_SESSION = {
    "authenticationRequestExtraParams": {"display": "touch"},
    "onUnauthenticatedRequest": "deny",
    "scope": "openid email",
    "sessionCookieName": "OtherCookie",
    "sessionTimeout": 3_601,
}
_OIDC = {
    "authorizationEndpoint": "https://elsewhere.drift.example/authorize",
    "clientId": "other",
    "issuer": "https://elsewhere.drift.example",
    "tokenEndpoint": "https://elsewhere.drift.example/token",
    "userInfoEndpoint": "https://elsewhere.drift.example/userinfo",
    **_SESSION,
}
_COGNITO = {
    "userPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_OTHER",
    "userPoolClientId": "other",
    "userPoolDomain": "other",
    **_SESSION,
}


def _login(path: str, config: str, values: Mapping[str, Any]) -> Table:
    def mutation(name: str, value: Any) -> Mutation:
        def edit(_subject: Subject, action: Any) -> None:
            action[config][name[0].upper() + name[1:]] = value

        shown = [f"{path}.{name}.{key}" for key in value] if isinstance(value, dict) else []
        return _action(edit, shown, place=0)

    return {f"{path}.{name}": mutation(name, value) for name, value in values.items()}


def _become_fixed(_subject: Subject, action: Any) -> None:
    action.clear()
    action.update(_FIXED)


def _other_group(subject: Subject, action: Any) -> None:
    action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"] = subject.ids["targets-3"]


def _other_single_group(subject: Subject, action: Any) -> None:
    action["TargetGroupArn"] = subject.ids["targets-3"]
    if "ForwardConfig" in action:
        action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"] = subject.ids["targets-3"]


def _weigh(_subject: Subject, action: Any) -> None:
    action["ForwardConfig"]["TargetGroups"][1]["Weight"] = 40


def _stick(_subject: Subject, action: Any) -> None:
    action["ForwardConfig"]["TargetGroupStickinessConfig"]["Enabled"] = True


def _stick_longer(_subject: Subject, action: Any) -> None:
    action["ForwardConfig"]["TargetGroupStickinessConfig"]["DurationSeconds"] = 601


def _actions(name: str, kind: str) -> Table:
    return {
        f"{name}.type": _action(
            _become_fixed,
            (f"{name}.type", f"{name}.redirect", f"{name}.fixedResponse"),
            on=f"{kind}-redirect",
        ),
        f"{name}.order": _action(lambda _, action: action.update(Order=7)),
        f"{name}.targetGroupArn": _action(_other_single_group),
        f"{name}.forward.targetGroups.arn": _action(_other_group),
        f"{name}.forward.targetGroups.weight": _action(_weigh),
        f"{name}.forward.stickiness.enabled": _action(_stick),
        f"{name}.forward.stickiness.duration": _action(_stick_longer),
        f"{name}.redirect.host": _set("RedirectConfig", "Host", "elsewhere.drift.example"),
        f"{name}.redirect.path": _set("RedirectConfig", "Path", "/elsewhere"),
        f"{name}.redirect.port": _set("RedirectConfig", "Port", "444"),
        f"{name}.redirect.protocol": _set("RedirectConfig", "Protocol", "HTTP"),
        f"{name}.redirect.query": _set("RedirectConfig", "Query", "c=d"),
        f"{name}.redirect.statusCode": _set("RedirectConfig", "StatusCode", "HTTP_302"),
        f"{name}.fixedResponse.contentType": _set(
            "FixedResponseConfig", "ContentType", "text/html"
        ),
        f"{name}.fixedResponse.messageBody": _set("FixedResponseConfig", "MessageBody", "other"),
        f"{name}.fixedResponse.statusCode": _set("FixedResponseConfig", "StatusCode", "503"),
        f"{name}.authenticateOidc.clientSecret": Fixed("AWS does not show it"),
        **_login(f"{name}.authenticateOidc", "AuthenticateOidcConfig", _OIDC),
        **_login(f"{name}.authenticateCognito", "AuthenticateCognitoConfig", _COGNITO),
    }


def _listen_elsewhere(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    elbv2.modify_listener(ListenerArn=subject.id, Port=9000)
    return lambda: elbv2.modify_listener(ListenerArn=subject.id, Port=subject.inputs["port"])


def _certificate(subject: Subject) -> str:
    known = subject.client("acm").list_certificates()["CertificateSummaryList"]
    others = [one["CertificateArn"] for one in known]
    return next(arn for arn in others if arn != subject.inputs.get("certificateArn"))


def _secure(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    elbv2.modify_listener(
        ListenerArn=subject.id,
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-2016-08",
        Certificates=[{"CertificateArn": _certificate(subject)}],
    )
    return lambda: elbv2.modify_listener(ListenerArn=subject.id, Protocol="HTTP")


def _older_policy(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    elbv2.modify_listener(ListenerArn=subject.id, SslPolicy="ELBSecurityPolicy-2016-08")
    back = subject.inputs["sslPolicy"]
    return lambda: elbv2.modify_listener(ListenerArn=subject.id, SslPolicy=back)


def _other_certificate(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")

    def put(arn: str) -> None:
        elbv2.modify_listener(ListenerArn=subject.id, Certificates=[{"CertificateArn": arn}])

    put(_certificate(subject))
    return lambda: put(subject.inputs["certificateArn"])


def _reorder(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")

    def put(priority: int) -> None:
        elbv2.set_rule_priorities(RulePriorities=[{"RuleArn": subject.id, "Priority": priority}])

    put(4000)
    return lambda: put(subject.inputs["priority"])


def _condition(field: str, config: str, change: dict[str, Any], on: str = "") -> Mutation:
    def apply(subject: Subject) -> Undo:
        elbv2 = subject.client("elbv2")
        told = elbv2.describe_rules(RuleArns=[subject.id])["Rules"][0]["Conditions"]
        before = [{key: c[key] for key in c if key != "Values"} for c in told]
        after = copy.deepcopy(before)
        next(c for c in after if c["Field"] == field)[config].update(change)
        elbv2.modify_rule(RuleArn=subject.id, Conditions=after)
        return lambda: elbv2.modify_rule(RuleArn=subject.id, Conditions=before)

    return Mutation(apply, on=on)


ROUTING: dict[str, Table] = {
    "aws:lb/listener:Listener": {
        "loadBalancerArn": REPLACED,
        "port": Mutation(_listen_elsewhere),
        "protocol": Mutation(
            _secure, shows=frozenset({"protocol", "certificateArn"}), on="listener-short"
        ),
        "sslPolicy": Mutation(_older_policy),
        "certificateArn": Mutation(_other_certificate),
        **_actions("defaultActions", "listener"),
        "tags": ELBV2_TAGS,
    },
    "aws:lb/listenerRule:ListenerRule": {
        "listenerArn": REPLACED,
        "priority": Mutation(_reorder),
        **_actions("actions", "rule"),
        "conditions.hostHeader.values": _condition(
            "host-header", "HostHeaderConfig", {"Values": ["www.drift.example", "other.example"]}
        ),
        "conditions.pathPattern.values": _condition(
            "path-pattern", "PathPatternConfig", {"Values": ["/elsewhere"]}, on="rule-forward"
        ),
        "conditions.httpHeader.httpHeaderName": _condition(
            "http-header", "HttpHeaderConfig", {"HttpHeaderName": "x-other"}
        ),
        "conditions.httpHeader.values": _condition(
            "http-header", "HttpHeaderConfig", {"Values": ["02-a", "02-c"]}
        ),
        "conditions.httpRequestMethod.values": _condition(
            "http-request-method", "HttpRequestMethodConfig", {"Values": ["GET", "POST"]}
        ),
        "conditions.queryStrings.key": _condition(
            "query-string", "QueryStringConfig", {"Values": [{"Key": "w", "Value": "2"}]}
        ),
        "conditions.queryStrings.value": _condition(
            "query-string", "QueryStringConfig", {"Values": [{"Key": "v", "Value": "3"}]}
        ),
        "conditions.sourceIp.values": _condition(
            "source-ip", "SourceIpConfig", {"Values": ["192.0.2.0/24", "10.0.0.0/8"]}
        ),
        "tags": ELBV2_TAGS,
    },
}
