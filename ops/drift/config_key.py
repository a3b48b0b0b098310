"""Which config key a property of a resource comes from, where it comes from one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ops.plan.resource_step import ResourceStep
from ops.plan.service_plan import GROUP, LAUNCH_TEMPLATE, RULE, TARGET_GROUP
from rollout.split import Slot

POLICY = "aws:autoscaling/policy:Policy"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"

_ANY = ""
_OWN_TAGS = ("Name", "Environment", "Service", "Slot")


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A key of the config."""

    path: str
    """Without the namespace, as `pulumi config set --path` takes it."""
    rules: str = ""
    """All that it rules, where that is more than the one property."""


_Key = Callable[[ResourceStep, re.Match[str]], ConfigKey | None]


def config_key(step: ResourceStep, path: str) -> ConfigKey | None:
    """The key behind the property at `path`; `None` where the program says it by itself.

    The weights of a rule are not here: which key holds them is for the services together.
    """
    for kind, pattern, found in _KEYS:
        match = re.fullmatch(pattern, path)
        if match is not None and kind in (_ANY, step.type_token):
            return found(step, match)
    return None


def slot_of(step: ResourceStep) -> tuple[str, Slot | None]:
    """Service and slot by a logical name such as `web`, `web-01` or `web-01-target-5xx`."""
    match = re.fullmatch(r"(.+?)-(01|02)(-.+)?", step.name)
    return (match[1], Slot(match[2])) if match else (step.name, None)


def _of_slot(section: str, key: str) -> _Key:
    def found(step: ResourceStep, _match: re.Match[str]) -> ConfigKey | None:
        service, slot = slot_of(step)
        own = f'{section}["{service}"]["{slot}"]'
        return None if slot is None else ConfigKey(f"{own}.{key}" if key else own)

    return found


def _of_service(section: str, key: str) -> _Key:
    return lambda step, _match: ConfigKey(f'{section}["{slot_of(step)[0]}"].{key}', "both slots")


def _of_stack(key: str) -> _Key:
    return lambda _step, _match: ConfigKey(key)


def _of_rule(key: str) -> _Key:
    """Of a service's own rule; the preview rules follow it."""

    def found(step: ResourceStep, match: re.Match[str]) -> ConfigKey | None:
        service, slot = slot_of(step)
        path = f'services["{service}"].{key}'
        place = f"[{match[1]}]" if match.groups() else ""
        return None if slot is not None else ConfigKey(f"{path}{place}", "its preview rules too")

    return found


def _threshold(step: ResourceStep, _match: re.Match[str]) -> ConfigKey | None:
    if not step.name.endswith("-target-5xx"):
        return None
    return ConfigKey("alarms.target5xxPerMinute", "this alarm of every slot")


def _tag(_step: ResourceStep, match: re.Match[str]) -> ConfigKey | None:
    name = match[1] or match[2]
    return None if name in _OWN_TAGS else ConfigKey(f'tags["{name}"]', "every resource")


_CHECK = "healthCheck"
_KEYS: tuple[tuple[str, str, _Key], ...] = (
    (GROUP, "minSize", _of_slot("capacity", "min")),
    (GROUP, "maxSize", _of_slot("capacity", "max")),
    (GROUP, "healthCheckGracePeriod", _of_service("services", "healthCheckGraceSeconds")),
    (LAUNCH_TEMPLATE, "imageId", _of_slot("images", "")),
    (LAUNCH_TEMPLATE, "instanceType", _of_slot("capacity", "instanceType")),
    (
        LAUNCH_TEMPLATE,
        r"blockDeviceMappings\[0\]\.ebs\.volumeSize",
        _of_service("capacity", "rootVolumeGib"),
    ),
    (
        TARGET_GROUP,
        "deregistrationDelay",
        _of_service("services", "deregistrationDelaySeconds"),
    ),
    *(
        (TARGET_GROUP, rf"{_CHECK}\.{theirs}", _of_service("services", f"{_CHECK}.{ours}"))
        for theirs, ours in (
            ("path", "path"),
            ("matcher", "matcher"),
            ("interval", "intervalSeconds"),
            ("timeout", "timeoutSeconds"),
            ("healthyThreshold", "healthyThreshold"),
            ("unhealthyThreshold", "unhealthyThreshold"),
        )
    ),
    (
        POLICY,
        r"targetTrackingConfiguration\.targetValue",
        _of_service("capacity", "cpuTargetPercent"),
    ),
    (RULE, "priority", _of_rule("priority")),
    (RULE, r"conditions\[\d+\]\.hostHeader\.values\[(\d+)\]", _of_rule("hosts")),
    (RULE, r"conditions\[\d+\]\.pathPattern\.values\[(\d+)\]", _of_rule("paths")),
    (BALANCER, "idleTimeout", _of_stack("loadBalancer.idleTimeoutSeconds")),
    (LISTENER, "sslPolicy", _of_stack("loadBalancer.sslPolicy")),
    (LISTENER, "certificateArn", _of_stack("loadBalancer.certificateArn")),
    (ALARM, "threshold", _threshold),
    (_ANY, r'tags(?:\.([^.\[\]]+)|\["([^"]+)"\])', _tag),
)
