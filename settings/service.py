"""A service: which requests are its own, its health, its weights, and its two slots."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from fleets.kind import SlotSections
from rollout.split import Slot, Split
from settings.declaration.key import (
    ConfigMap,
    Key,
    KeyGroup,
    KeysBeside,
    key,
    optional,
    required,
)
from settings.declaration.kind import (
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
    matching,
)
from settings.declaration.landing import AUTO_SCALING_GROUP, TARGET_GROUP, Landing
from settings.declaration.section import Section
from settings.login import ServiceLogin
from settings.lookup import Lookups
from settings.names import Names
from settings.probe import ProbeSettings
from settings.rule import RuleSettings
from settings.slot import Slots, SlotSettings, read_slot
from settings.target_group import TARGET_GROUP as TARGET_GROUP_MAP
from settings.target_group import ExistingTargetGroup
from settings.target_group_settings import GRPC, TargetGroupSettings
from settings.weights import UNKNOWN_WEIGHTS, Weights

SERVICE_NAME = Text(
    r"(?!.*-0[12]$)[a-z](-?[a-z0-9])*",
    "a service name of lower-case letters, digits and single hyphens, which begins with a letter "
    "and does not end in -01 or -02, the slots' own endings",
)


_HTTP_CODES = r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*"
_GRPC_CODES = r"\d{1,2}(-\d{1,2})?(,\d{1,2}(-\d{1,2})?)*"
_GRPC_OK = "0"


@dataclass(frozen=True, slots=True)
class StatusCodes(Text):
    """The kind of status codes; `pulumi config set --path` writes a single one as a number."""

    @property
    def json_schema(self) -> JsonSchema:
        """Text, or one code as a number."""
        return matching(self.pattern, self.expected) | {"type": ["string", "integer"]}

    def read(self, value: Json) -> str:
        """The codes as text."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        try:
            # By name: a dataclass with slots is made twice, which `super()` does not follow.
            return Text.read(self, str(value) if is_number else value)
        except RefusedValueError as refusal:
            raise RefusedValueError(ValueProblem(value, self.expected)) from refusal


def _check(name: str) -> Landing:
    return Landing(TARGET_GROUP, f"healthCheck.{name}", "both slots")


@dataclass(frozen=True, kw_only=True)
class HealthCheck(ConfigMap):
    """Source of the ranges: ELBv2 API, CreateTargetGroup, `HealthCheck...` parameters."""

    path: Key[str] = required(
        "/healthz",
        Text(r"/[!-~]{0,1023}", "a path that starts with a slash, such as /healthz"),
        "The path that the load balancer requests.",
        lands=_check("path"),
    )
    interval_seconds: Key[int] = key(
        10, WholeNumber(5, 300), "Time between two checks of a target.", lands=_check("interval")
    )
    timeout_seconds: Key[int] = key(
        5,
        WholeNumber(2, 120),
        "Time that a check waits for an answer. Less than the interval.",
        lands=_check("timeout"),
    )
    healthy_threshold: Key[int] = key(
        3,
        WholeNumber(2, 10),
        "Passed checks in a row that make a target healthy.",
        lands=_check("healthyThreshold"),
    )
    unhealthy_threshold: Key[int] = key(
        2,
        WholeNumber(2, 10),
        "Failed checks in a row that make a target unhealthy.",
        lands=_check("unhealthyThreshold"),
    )
    matcher: Key[str] = key(
        "200",
        StatusCodes(
            f"{_HTTP_CODES}|{_GRPC_CODES}",
            "HTTP status codes from 200 to 499, such as 200, 200,302 or 200-299, or with "
            "targetGroup.protocolVersion GRPC its codes from 0 to 99, such as 0 or 0-99",
        ),
        f"Status codes that pass. With `targetGroup.protocolVersion` GRPC its codes; `{_GRPC_OK}`, "
        "which is OK, where the key is absent.",
        lands=_check("matcher"),
    )

    def reject_inconsistent(self, section: Section) -> None:
        """Record a timeout that is not below the interval."""
        is_comparable = section.is_sound(HealthCheck.interval_seconds, HealthCheck.timeout_seconds)
        if is_comparable and self.timeout_seconds >= self.interval_seconds:
            section.reject_value(
                HealthCheck.timeout_seconds,
                self.timeout_seconds,
                f"less than intervalSeconds, {self.interval_seconds}",
                max(2, self.interval_seconds - 1),
            )


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(ConfigMap):
    """One service."""

    name: str
    rule: KeysBeside[RuleSettings] = KeysBeside(RuleSettings)
    login: KeyGroup[ServiceLogin | None] = KeyGroup(
        "A login before the service, by the load balancer. Its preview rules ask for it too.",
        ServiceLogin,
        name="authenticate",
        is_optional=True,
    )
    port: Key[int] = required(
        8080, WholeNumber(1, 65_535), "The port on which the instances accept HTTP requests."
    )
    own_split: Key[Split | None] = optional(
        Split(75, 25),
        Weights(),
        "The split of this service, in place of the common one.",
        name="weights",
        offer=UNKNOWN_WEIGHTS,
    )
    split: Split
    """Its own, or the common one."""
    probe: KeyGroup[ProbeSettings] = KeyGroup(
        "Where the ramp sends its own requests (the gates `probe` and `smoke`, and "
        "the proof of a new split), if `hosts`, `paths` and DNS do not lead there.",
        ProbeSettings,
    )
    health_check: KeyGroup[HealthCheck] = KeyGroup(
        "The health check of the load balancer.", HealthCheck
    )
    target_group: KeyGroup[TargetGroupSettings] = KeyGroup(
        "How the target groups that the stack makes send requests to their targets and check them.",
        TargetGroupSettings,
    )
    deregistration_delay_seconds: Key[int] = key(
        30,
        WholeNumber(0, 3600),
        "Time that running requests get when their instance is removed. At least the "
        "time of the slowest request.",
        lands=Landing(TARGET_GROUP, "deregistrationDelay", "both slots"),
    )
    health_check_grace_seconds: Key[int] = key(
        120,
        WholeNumber(0, 7200),
        "Time that an instance has to boot, before a failed health check replaces it "
        "and before its CPU counts.",
        lands=Landing(AUTO_SCALING_GROUP, "healthCheckGracePeriod", "both slots"),
    )
    instance_profile: Key[str | None] = optional(
        "web",
        Text(
            r"arn:aws[a-z-]*:iam::\d{12}:instance-profile/[A-Za-z0-9_+=,.@/-]+|[A-Za-z0-9_+=,.@-]{1,128}",
            "the name or the ARN of an IAM instance profile",
            "name or ARN",
        ),
        "The IAM instance profile of the instances. Default: none.",
        offer="INSTANCE_PROFILE_NAME",
    )
    slot_maps: ClassVar[KeyGroup[Slots]] = KeyGroup(
        "Resources of a slot that exist already, or have other names.", Slots, name="slots"
    )
    slots: tuple[SlotSettings, ...]
    """Both, in the order of `Slot`."""

    @property
    def has_own_weights(self) -> bool:
        """Whether its split is its own, and not the common one."""
        return self.own_split is not None

    @property
    def matcher(self) -> str:
        """The status codes that pass a health check, as AWS takes them for the version of HTTP."""
        codes = self.health_check.matcher
        is_absent = codes == HealthCheck.matcher.default
        return _GRPC_OK if is_absent and self.target_group.version == GRPC else codes

    def reject_inconsistent(self, section: Section) -> None:
        """Record codes of another protocol, and settings of target groups that are not made."""
        own = ServiceSettings.target_group
        if all(isinstance(slot.target_group, ExistingTargetGroup) for slot in self.slots):
            section.reject_idle("existing target groups in both slots", own)
            return
        check = section.section(ServiceSettings.health_check)
        version = TargetGroupSettings.protocol_version
        if not (check.is_sound(HealthCheck.matcher) and section.section(own).is_sound(version)):
            return
        is_grpc = self.target_group.version == GRPC
        codes = self.health_check.matcher if check.has(HealthCheck.matcher) else self.matcher
        if re.fullmatch(_GRPC_CODES if is_grpc else _HTTP_CODES, codes) is None:
            check.reject_value(
                HealthCheck.matcher,
                codes,
                "codes of GRPC from 0 to 99, with targetGroup.protocolVersion GRPC"
                if is_grpc
                else "HTTP status codes from 200 to 499, with targetGroup.protocolVersion "
                f"{self.target_group.version}",
                _GRPC_OK if is_grpc else HealthCheck.matcher.example,
            )


@dataclass(frozen=True, slots=True)
class ServiceSections:
    """Where a service's settings stand: under `services`, `images` and `capacity`."""

    own: Section
    images: Section
    capacity: Section

    def own_slot(self, slot: Slot) -> Section:
        """The service's map of one slot."""
        return self.own.section(ServiceSettings.slot_maps).section(Slots.of_slot[slot])

    def slot(self, service: str, slot: Slot, names: Names, lookups: Lookups | None) -> SlotSections:
        """Where the settings of one slot stand."""
        own = self.own_slot(slot)
        return SlotSections(
            service=service,
            slot=slot,
            own=own,
            target_group=own.section(TARGET_GROUP_MAP),
            images=self.images,
            capacity=self.capacity,
            names=names,
            lookups=lookups,
        )


def read_service(
    name: str, sections: ServiceSections, names: Names, split: Split, lookups: Lookups | None
) -> ServiceSettings:
    """One service; `split` is the common one, which holds where it has none of its own."""
    own_split = sections.own.read(ServiceSettings.own_split)
    return ServiceSettings.read(
        sections.own,
        name=name,
        own_split=own_split,
        split=own_split or split,
        slots=tuple(read_slot(sections.slot(name, slot, names, lookups)) for slot in Slot),
    )
