"""Makes the load balancer of an inspected account, its target groups, listeners and rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.account import certificate_names, self_signed_certificate
from rehearsal.inspected.document import InspectedListener, InspectedRule
from rehearsal.inspected.requests import actions_of, conditions_of, target_group_of
from rehearsal.inspected.selection import SelectedGroup, SelectedListener
from rehearsal.inspected.site import ConstructionSite, differing

_BUCKETS = ("access_logs.", "connection_logs.", "health_check_logs.")
"""How the attributes begin that name a bucket of the account."""


def make_load_balancer(site: ConstructionSite) -> None:
    """Make the load balancer without listeners."""
    elb, balancer = site.client("elbv2"), site.account.load_balancer
    site.give(balancer.arn)
    elb.create_load_balancer(
        Name=balancer.name,
        Subnets=list(balancer.subnet_ids),
        SecurityGroups=list(balancer.security_group_ids),
        Scheme=balancer.scheme,
    )
    described = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer.arn)
    for each in differing(balancer.attributes, described["Attributes"]):
        if not each["Key"].startswith(_BUCKETS):
            modify = elb.modify_load_balancer_attributes
            _set(site, balancer.name, each, modify, LoadBalancerArn=balancer.arn)


def make_target_group(site: ConstructionSite, selected: SelectedGroup) -> None:
    """Make a target group without targets."""
    elb, group = site.client("elbv2"), selected.group
    site.give(group.arn)
    asked = target_group_of(group, site.vpc_id)
    arn = elb.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"]
    site.made[group.arn] = arn
    if group.details is not None:
        described = elb.describe_target_group_attributes(TargetGroupArn=arn)
        for each in differing(group.details.attributes, described["Attributes"]):
            modify = elb.modify_target_group_attributes
            _set(site, group.name, each, modify, TargetGroupArn=arn)


def _set(
    site: ConstructionSite,
    name: str,
    attribute: dict[str, str],
    modify: Callable[..., Any],
    **of: str,
) -> None:
    """Set one attribute; one that the local AWS does not do is a note."""
    try:
        modify(Attributes=[attribute], **of)
    except ClientError:
        site.note(f"{name}: attribute {attribute['Key']} is not {attribute['Value']}")


def make_listener(site: ConstructionSite, selected: SelectedListener) -> None:
    """Make a listener with its certificates and those of its rules that were selected."""
    elb, listener = site.client("elbv2"), selected.listener
    certificates = [{"CertificateArn": _certificate(site, a)} for a in listener.certificate_arns]
    site.give(listener.arn)
    elb.create_listener(
        LoadBalancerArn=site.account.load_balancer.arn,
        Port=listener.port,
        Protocol=listener.protocol,
        DefaultActions=_default_actions(site, selected),
        **({"Certificates": certificates[:1]} if certificates else {}),
        **({"SslPolicy": listener.tls_policy} if listener.tls_policy else {}),
    )
    for each in certificates[1:]:
        elb.add_listener_certificates(ListenerArn=listener.arn, Certificates=[each])
    for rule in selected.rules:
        if rule.priority is not None:
            _make_rule(site, elb, listener, rule)


def _default_actions(site: ConstructionSite, selected: SelectedListener) -> Any:
    for rule in selected.rules:
        if rule.priority is None:
            return _actions(site, f"the default action on :{selected.listener.port}", rule)
    return [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]


def _make_rule(
    site: ConstructionSite, elb: Any, listener: InspectedListener, rule: InspectedRule
) -> None:
    where = f"rule {rule.priority} on :{listener.port}"
    conditions = conditions_of(rule)
    if conditions is None:
        site.note(f"{where}: left out, because of a regular expression")
        return
    elb.create_rule(
        ListenerArn=listener.arn,
        Priority=rule.priority,
        Conditions=conditions,
        Actions=_actions(site, where, rule),
    )


def _actions(site: ConstructionSite, where: str, rule: InspectedRule) -> Any:
    for arn in sorted(rule.group_arns - set(site.made)):
        reason = site.selection.unsupported.get(arn, "not in the inspection")
        name = arn.split("/")[-2] if "/" in arn else arn
        site.note(f"{where}: does not forward to {name} ({reason})")
    if rule.has_transforms:
        site.note(f"{where}: does not rewrite requests")
    if any(action.kind == "authenticate-oidc" for action in rule.actions):
        site.note(f"{where}: the secret of its login's client is invented")
    return actions_of(rule.actions, site.made)


def _certificate(site: ConstructionSite, arn: str) -> str:
    """A certificate of that ARN for the hosts of the stack and of all rules."""
    if arn not in site.made:
        if ":acm:" in arn:
            site.give(arn)
        pem, key = self_signed_certificate(certificate_names([*site.hosts, *_hosts(site)]))
        made = site.client("acm").import_certificate(Certificate=pem, PrivateKey=key)
        site.made[arn] = made["CertificateArn"]
    return site.made[arn]


def _hosts(site: ConstructionSite) -> Iterator[str]:
    for listener in site.account.listeners:
        for rule in listener.rules:
            for condition in rule.conditions:
                if condition.field == "host-header" and not condition.is_pattern:
                    yield from condition.values
