"""Who answers a request: the rules of a load balancer, as DescribeRules has them, evaluated.

Written from AWS's documentation alone, so that it shares no mistake with the code that it judges.
Source: ELB user guide, "Listener rules for your Application Load Balancer".
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

Rules = Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]
"""By protocol and port of the listener."""


@dataclass(frozen=True)
class Request:
    """What a client sends."""

    protocol: str
    port: int
    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What becomes of it."""

    by: Any
    """Target groups with their shares, or what is answered without one."""
    before: tuple[str, ...] = ()
    """What is done first: a log-in, a rewrite."""
    sticks: int | None = None
    redirects: int = 0


def answer(rules: Rules, request: Request) -> Answer:
    """What becomes of a request, redirects followed."""
    listener = rules.get((request.protocol, request.port))
    if listener is None:
        return Answer("nothing listens")
    ordered = sorted(
        listener,
        key=lambda r: (r["Priority"] == "default", int(r["Priority"].replace("default", "0"))),
    )
    rule = next(each for each in ordered if _matches(each, request))
    *first, last = rule["Actions"]
    before = tuple(action["Type"] for action in first)
    if rule.get("Transforms"):
        before = ("rewrite", *before)
    if last["Type"] == "redirect":
        config = last["RedirectConfig"]
        port = config.get("Port", "#{port}").replace("#{port}", str(request.port))
        moved = replace(
            request,
            protocol=config.get("Protocol", "#{protocol}").replace("#{protocol}", request.protocol),
            port=int(port),
            host=config.get("Host", "#{host}").replace("#{host}", request.host),
        )
        found = answer(rules, moved)
        return replace(found, redirects=found.redirects + 1)
    if last["Type"] == "forward":
        config = last.get("ForwardConfig") or {}
        groups = config.get("TargetGroups") or [{"TargetGroupArn": last["TargetGroupArn"]}]
        weights = {g["TargetGroupArn"]: g.get("Weight", 1) for g in groups}
        total = sum(weights.values())
        shares = {arn: Fraction(w, total) for arn, w in weights.items() if w}
        sticky = config.get("TargetGroupStickinessConfig") or {}
        sticks = sticky.get("DurationSeconds") if sticky.get("Enabled") else None
        return Answer(tuple(sorted(shares.items())), before, sticks)
    return Answer(str(last.get("FixedResponseConfig")), before)


def _matches(rule: Mapping[str, Any], request: Request) -> bool:
    return all(_is_true(condition, request) for condition in rule.get("Conditions", ()))


def _is_true(condition: Mapping[str, Any], request: Request) -> bool:
    field = condition["Field"]
    if field == "host-header":
        values = condition["HostHeaderConfig"]["Values"]
        return any(fnmatch.fnmatchcase(request.host.lower(), v.lower()) for v in values)
    if field == "path-pattern":
        values = condition["PathPatternConfig"]["Values"]
        return any(fnmatch.fnmatchcase(request.path, v) for v in values)
    if field == "http-header":
        config = condition["HttpHeaderConfig"]
        sent = [v for k, v in request.headers if k.lower() == config["HttpHeaderName"].lower()]
        return any(fnmatch.fnmatchcase(s, v) for s in sent for v in config["Values"])
    raise NotImplementedError(field)


def requests_of(rules: Rules) -> Iterator[Request]:
    """Requests of each kind that the rules tell apart, and of some that none names."""
    conditions = [c for found in rules.values() for r in found for c in r.get("Conditions", ())]

    def values(field: str, config: str) -> list[str]:
        found = [v for c in conditions if c["Field"] == field for v in c[config]["Values"]]
        filled = [v.replace("*", x).replace("?", "q") for v in found for x in ("", "x", "x/y")]
        return list(dict.fromkeys(filled))

    hosts = [*values("host-header", "HostHeaderConfig"), "other.example"]
    paths = ["/", "/other", *(p for p in values("path-pattern", "PathPatternConfig") if p)]
    headers: list[tuple[tuple[str, str], ...]] = [()]
    for condition in conditions:
        if condition["Field"] == "http-header":
            config = condition["HttpHeaderConfig"]
            headers += [
                ((config["HttpHeaderName"], v.replace("*", "x")),) for v in config["Values"]
            ]
    for (protocol, port), host, path, sent in itertools.product(rules, hosts, paths, headers):
        yield Request(protocol, port, host.replace("/", ""), path, sent)


def answers(rules: Rules, requests: Sequence[Request]) -> dict[Request, Answer]:
    return {request: answer(rules, request) for request in requests}


def rules_of(elb: Any, balancer_arn: str) -> Rules:
    """All rules of a load balancer, as AWS describes them now."""
    listeners = elb.describe_listeners(LoadBalancerArn=balancer_arn)["Listeners"]
    return {
        (each["Protocol"], each["Port"]): elb.describe_rules(ListenerArn=each["ListenerArn"])[
            "Rules"
        ]
        for each in listeners
    }
