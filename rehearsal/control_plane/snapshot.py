"""Reads the topology off moto's objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from rehearsal.control_plane.autoscaling.group import Member
from rehearsal.control_plane.corrections.login_actions import CONFIG_OF
from rehearsal.control_plane.target_reconciler import build_of, drain_seconds
from rehearsal.control_plane.topology import (
    Action,
    Certificate,
    FixedResponse,
    Forward,
    Login,
    Redirect,
    SecurityGroup,
    SecurityGroupRule,
    Topology,
    TopologyCondition,
    TopologyHealthCheck,
    TopologyInstance,
    TopologyListener,
    TopologyLoadBalancer,
    TopologyRule,
    TopologyTarget,
    TopologyTargetGroup,
    WeightedTargetGroup,
)
from rehearsal.control_plane.world import World, epoch_of
from rollout.forward_action import target_group_weights
from rollout.json_value import is_map


def snapshot(world: World) -> Topology:
    """The topology as it is now. The caller holds the world's lock."""
    balancers = _each(elbv2_backends, "load_balancers")
    groups = _each(elbv2_backends, "target_groups")
    return Topology(
        load_balancers=tuple(_load_balancer(b) for b in balancers),
        target_groups=tuple(_target_group(world, g) for g in groups),
        instances=tuple(_instances()),
        certificates=tuple(_certificates()),
        security_groups=tuple(_security_groups()),
    )


def _each(backends: Any, store: str) -> Iterator[Any]:
    for _, _, backend in list(backends.iter_backends()):
        yield from getattr(backend, store).values()


def _load_balancer(balancer: Any) -> TopologyLoadBalancer:
    return TopologyLoadBalancer(
        arn=balancer.arn,
        name=balancer.name,
        dns_name=balancer.dns_name,
        scheme=balancer.scheme,
        zones=tuple(subnet.availability_zone for subnet in balancer.subnets),
        subnet_cidrs=tuple(subnet.cidr_block for subnet in balancer.subnets),
        security_group_ids=tuple(balancer.security_groups),
        attributes=dict(balancer.attrs),
        listeners=tuple(_listener(listener) for listener in balancer.listeners.values()),
    )


def _listener(listener: Any) -> TopologyListener:
    return TopologyListener(
        arn=listener.arn,
        port=int(listener.port),
        protocol=listener.protocol,
        ssl_policy=listener.ssl_policy,
        certificate_arns=tuple(listener.certificates),
        attributes=dict(listener.attributes),
        rules=tuple(_rule(rule) for rule in listener.rules.values()),
    )


def _rule(rule: Any) -> TopologyRule:
    return TopologyRule(
        arn=rule.arn,
        priority=None if rule.is_default else int(rule.priority),
        conditions=tuple(_condition(condition) for condition in rule.conditions),
        action=_action(rule.actions[-1].data),
        login=_login(rule.actions[0].data),
    )


def _login(data: dict[str, Any]) -> Login | None:
    """The login that comes first; a rule without one begins with the action that answers."""
    if data["Type"] not in CONFIG_OF:
        return None
    config = data[CONFIG_OF[data["Type"]]]
    return Login(
        authorization_endpoint=config.get("AuthorizationEndpoint") or _hosted_login(config),
        client_id=config.get("ClientId") or config["UserPoolClientId"],
        scope=config["Scope"],
        session_cookie_name=config["SessionCookieName"],
        on_unauthenticated=config["OnUnauthenticatedRequest"],
    )


def _hosted_login(config: dict[str, Any]) -> str:
    """The address of a user pool's login, by the prefix of its domain or by a domain of its own.

    Source: Amazon Cognito developer guide, "User pool domains" and "The authorization endpoint".
    """
    domain: str = config["UserPoolDomain"]
    region = config["UserPoolArn"].split(":")[3]
    host = domain if "." in domain else f"{domain}.auth.{region}.amazoncognito.com"
    return f"https://{host}/oauth2/authorize"


def _condition(condition: dict[str, Any]) -> TopologyCondition:
    configs = [v for k, v in condition.items() if k.endswith("Config")]
    return TopologyCondition(
        field=condition["Field"],
        values=tuple(_value(value) for value in configs[0]["Values"]),
        header_name=configs[0].get("HttpHeaderName"),
    )


def _value(value: Any) -> str:
    return f"{value.get('Key', '')}={value['Value']}" if is_map(value) else str(value)


def _action(data: dict[str, Any]) -> Action:
    if data["Type"] == "redirect":
        config = data["RedirectConfig"]
        return Redirect(
            status_code=int(config["StatusCode"].removeprefix("HTTP_")),
            protocol=config["Protocol"],
            port=config["Port"],
            host=config["Host"],
            path=config["Path"],
            query=config["Query"],
        )
    if data["Type"] == "fixed-response":
        config = data["FixedResponseConfig"]
        return FixedResponse(
            int(config["StatusCode"]), config.get("ContentType"), config.get("MessageBody")
        )
    config = data["ForwardConfig"]
    stickiness = config["TargetGroupStickinessConfig"]
    return Forward(
        target_groups=tuple(
            WeightedTargetGroup(arn, weight) for arn, weight in target_group_weights(data).items()
        ),
        stickiness_enabled=str(stickiness.get("Enabled", False)).lower() == "true",
        stickiness_seconds=stickiness.get("DurationSeconds"),
    )


def _target_group(world: World, group: Any) -> TopologyTargetGroup:
    check_port = str(group.health_check_port)
    return TopologyTargetGroup(
        arn=group.arn,
        name=group.name,
        protocol=group.protocol,
        protocol_version=group.protocol_version,
        port=int(group.port),
        target_type=group.target_type,
        health_check=TopologyHealthCheck(
            protocol=group.health_check_protocol,
            port=int(check_port) if check_port.isdigit() else None,
            path=group.health_check_path,
            matcher=group.matcher["HttpCode"],
            interval_seconds=int(group.health_check_interval_seconds),
            timeout_seconds=int(group.health_check_timeout_seconds),
            healthy_threshold=int(group.healthy_threshold_count),
            unhealthy_threshold=int(group.unhealthy_threshold_count),
        ),
        attributes=dict(group.attributes),
        targets=tuple(_targets(world, group)),
    )


def _targets(world: World, group: Any) -> Iterator[TopologyTarget]:
    for registration in world.targets.all_of(group.arn):
        since = registration.deregistered_at
        yield TopologyTarget(
            target_id=registration.target_id,
            port=registration.port,
            state=registration.state.state,
            reason=registration.state.reason,
            drains_until=None if since is None else since + drain_seconds(world, group),
        )


def _instances() -> Iterator[TopologyInstance]:
    members = _members()
    for reservation in _each(ec2_backends, "reservations"):
        for instance in reservation.instances:
            if instance.state != "terminated":
                yield _instance(instance, members.get(instance.id))


def _members() -> dict[str, Member]:
    from moto.autoscaling.models import autoscaling_backends

    groups = _each(autoscaling_backends, "autoscaling_groups")
    return {
        member.instance_id: member
        for group in groups
        for member in cast("list[Member]", group.instance_states)
    }


def _instance(instance: Any, member: Member | None) -> TopologyInstance:
    tags: dict[str, str] = dict(instance.ec2_backend.tags.get(instance.id, {}))
    version = tags.get("aws:ec2launchtemplate:version")
    return TopologyInstance(
        instance_id=instance.id,
        image_id=instance.image_id,
        build=build_of(instance),
        state=instance.state,
        launched_at=epoch_of(instance.launch_time),
        zone=instance.placement.zone,
        private_ip=instance.private_ip,
        security_group_ids=_groups_of(instance),
        user_data=_decoded(instance.user_data),
        tags=tags,
        auto_scaling_group_name=None if member is None else member.auto_scaling_group_name,
        launch_template_id=tags.get("aws:ec2launchtemplate:id"),
        launch_template_version=None if version is None else int(version),
        lifecycle_state=None if member is None else member.lifecycle_state,
    )


def _groups_of(instance: Any) -> tuple[str, ...]:
    """The security groups of all its network interfaces, each once."""
    interfaces = instance.nics.values()
    return tuple(sorted({group.id for each in interfaces for group in each.group_set}))


def _security_groups() -> Iterator[SecurityGroup]:
    for groups in _each(ec2_backends, "groups"):
        for group in groups.values():
            rules = (*group.ingress_rules, *group.egress_rules)
            yield SecurityGroup(group.id, tuple(_group_rule(rule) for rule in rules))


def _group_rule(rule: Any) -> SecurityGroupRule:
    listed = rule.ec2_backend.managed_prefix_lists.get(rule.prefix_list_id)
    entries = () if listed is None else listed.entries.get(listed.version, ())
    cidrs = (rule.cidr_ipv4, rule.cidr_ipv6, *(entry["Cidr"] for entry in entries))
    return SecurityGroupRule(
        is_egress=rule.is_egress,
        protocol=rule.ip_protocol,
        from_port=rule.from_port,
        to_port=rule.to_port,
        cidrs=tuple(cidr for cidr in cidrs if cidr),
        group_id=rule.source_group.get("GroupId"),
    )


def _decoded(user_data: Any) -> str:
    return "" if user_data is None else user_data.decode()


def _certificates() -> Iterator[Certificate]:
    for bundle in _each(acm_backends, "_certificates"):
        if bundle.key is not None:
            yield Certificate(
                arn=bundle.arn,
                certificate=_text(bundle.cert),
                private_key=_text(bundle.key),
                chain=_text(bundle.chain),
            )


def _text(pem: bytes | str | None) -> str:
    if pem is None:
        return ""
    return pem.decode() if isinstance(pem, bytes) else pem
