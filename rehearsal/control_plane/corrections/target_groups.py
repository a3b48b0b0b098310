"""Target groups: their health checks and attributes."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError, ValidationError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.attributes import (
    TARGET_GROUP,
    check_attributes,
    defaults,
)
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")


def _check_health_check(params: dict[str, Any]) -> None:
    path = params.get("HealthCheckPath")
    if path is not None and (not path.startswith("/")):
        raise ValidationError(f"Health check path '{path}' must begin with a '/'")
    if params.get("HealthCheckProtocol") not in (None, "HTTP", "HTTPS"):
        raise ValidationError("Health check protocol must be HTTP or HTTPS")
    if str(params.get("HealthCheckEnabled", True)).lower() == "false":
        raise ValidationError(
            "Health checks must be enabled for target groups with target type 'instance' or 'ip'"
        )
    _check_check_port(params.get("HealthCheckPort"))
    _check_matcher(params.get("Matcher") or {})


def _check_check_port(port: str | None) -> None:
    if port is None or port == "traffic-port":
        return
    if not (port.isdigit() and 1 <= int(port) <= 65535):
        raise ValidationError(f"Health check port '{port}' must be 'traffic-port' or 1-65535")


def _check_matcher(matcher: dict[str, Any]) -> None:
    if "GrpcCode" in matcher:
        raise ValidationError("Matcher.GrpcCode: not supported by the rehearsal")
    codes = matcher.get("HttpCode")
    if codes is None:
        return
    if not _CODES.fullmatch(codes):
        raise ELBClientError(
            "ValidationError", f"Health check matcher HTTP code '{codes}' must be like 200-299,301"
        )
    if any(not 200 <= int(code) <= 499 for code in re.findall(r"\d{3}", codes)):
        raise ValidationError(f"Health check matcher HTTP code '{codes}' must be within 200-499")


def _create(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params = self._get_params()
    if params.get("ProtocolVersion") == "":
        # As Terraform sends it wherever `protocol_version` is left out.
        del params["ProtocolVersion"]
    for name, supported in (
        ("TargetType", ("instance", "ip")),
        ("Protocol", ("HTTP", "HTTPS")),
        ("ProtocolVersion", ("HTTP1", "HTTP2")),
        ("IpAddressType", ("ipv4",)),
    ):
        if params.get(name) not in (None, *supported):
            raise ValidationError(f"{name} {params[name]}: not supported by the rehearsal")
    if params.get("TargetControlPort"):
        raise ValidationError("TargetControlPort: not supported by the rehearsal")
    _check_health_check(params)
    return original(self)


def _new(
    world: World, original: _Original, self: FakeTargetGroup, *args: Any, **kwargs: Any
) -> None:
    del world
    original(self, *args, **kwargs)
    self.attributes = dict[str, int | str](defaults(TARGET_GROUP))


def _modify(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params = self._get_params()
    group = self.elbv2_backend.target_groups.get(params["TargetGroupArn"])
    if group is None:
        raise TargetGroupNotFoundError
    _check_health_check(params)
    interval = params.get("HealthCheckIntervalSeconds", group.health_check_interval_seconds)
    timeout = params.get("HealthCheckTimeoutSeconds", group.health_check_timeout_seconds)
    if int(timeout) >= int(interval):
        raise ValidationError(
            f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        )
    return original(self)


def _modify_attributes(
    world: World,
    original: _Original,
    self: ELBv2Backend,
    target_group_arn: str,
    attributes: dict[str, str],
) -> None:
    del world
    group = self.target_groups.get(target_group_arn)
    if group is None:
        raise TargetGroupNotFoundError
    check_attributes("Target group", TARGET_GROUP, attributes)
    merged = {**group.attributes, **attributes}
    if merged["stickiness.type"] == "app_cookie" and merged["stickiness.enabled"] == "true":
        raise ValidationError("stickiness.type app_cookie: not supported by the rehearsal")
    if (
        merged["load_balancing.algorithm.type"] != "round_robin"
        and merged["slow_start.duration_seconds"] != "0"
    ):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            "Slow start needs the load balancing algorithm round_robin",
        )
    if (
        merged["load_balancing.algorithm.type"] != "weighted_random"
        and merged["load_balancing.algorithm.anomaly_mitigation"] == "on"
    ):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            "Anomaly mitigation needs the load balancing algorithm weighted_random",
        )
    del original
    group.attributes.update(attributes)


def _show_all_attributes(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    """The answer has every attribute, not only those that were given."""
    del world
    original(self)
    group = self.elbv2_backend.target_groups[self._get_param("TargetGroupArn")]
    return ActionResult({"Attributes": group.attributes})


def _delete(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    """Deleting what is not there succeeds. Source: ELBv2 API Reference, DeleteTargetGroup."""
    arn = self._get_param("TargetGroupArn")
    if arn not in self.elbv2_backend.target_groups:
        return ActionResult({})
    del world
    return original(self)


TARGET_GROUPS = Correction(
    name="target-groups",
    moto="Any health check settings, any attribute with any value, and few defaults.",
    aws="A health check that fits the group; a range and a default for every attribute.",
    changes=(
        Replace(ELBV2Response, "create_target_group", _create),
        Replace(ELBV2Response, "modify_target_group", _modify),
        Replace(ELBV2Response, "modify_target_group_attributes", _show_all_attributes),
        Replace(ELBV2Response, "delete_target_group", _delete),
        Replace(ELBv2Backend, "modify_target_group_attributes", _modify_attributes),
        Replace(FakeTargetGroup, "__init__", _new),
    ),
)
