"""A service: which requests are its own, its health, its weights, and its two slots."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.split import Slot, Split
from settings.capacity import read_capacity
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Text, WholeNumber
from settings.declaration.section import Section
from settings.health_check import HEALTH_CHECK, HealthCheck, read_health_check
from settings.image import IMAGE_KEYS, found_image
from settings.lookup import Lookups
from settings.names import Names
from settings.probe import PROBE, ProbeSettings, read_probe
from settings.rule import ADOPTED_RULE, HOSTS, PATHS, PRIORITY, RuleSettings, read_rule
from settings.slot import (
    AUTO_SCALING_GROUP,
    SLOTS,
    ExistingInstances,
    NewInstances,
    SlotSettings,
    has_existing_group,
    read_group_name,
    read_target_group,
)
from settings.weights import UNKNOWN_WEIGHTS, WEIGHTS_KIND

SERVICE_NAME = Text(
    r"(?!.*-0[12]$)[a-z](-?[a-z0-9])*",
    "a service name of lower-case letters, digits and single hyphens, which begins with a letter "
    "and does not end in -01 or -02, the slots' own endings",
)
PORT = Key(
    "port",
    WholeNumber(1, 65_535),
    "Where the instances take HTTP requests.",
    8080,
    is_required=True,
)
DEREGISTRATION_DELAY_SECONDS = Key(
    "deregistrationDelaySeconds",
    WholeNumber(0, 3600),
    "How long a running request may take when its instance goes: at least the slowest one.",
    30,
    default=30,
)
HEALTH_CHECK_GRACE_SECONDS = Key(
    "healthCheckGraceSeconds",
    WholeNumber(0, 7200),
    "How long an instance may boot before a failed health check replaces it, and until its CPU "
    "counts.",
    120,
    default=120,
)
INSTANCE_PROFILE = Key(
    "instanceProfile",
    Text(
        r"arn:aws[a-z-]*:iam::\d{12}:instance-profile/[A-Za-z0-9_+=,.@/-]+|[A-Za-z0-9_+=,.@-]{1,128}",
        "the name or the ARN of an IAM instance profile",
        "name or ARN",
    ),
    "The IAM instance profile of the instances; none where it is absent.",
    "web",
    offer="INSTANCE_PROFILE_NAME",
)
OWN_WEIGHTS = Key(
    "weights",
    WEIGHTS_KIND,
    "This service's own split, over the common one.",
    Split(75, 25),
    offer=UNKNOWN_WEIGHTS,
)
SLOT_SETTINGS = KeyGroup(
    "slots", "Where a slot has something of another name.", tuple(SLOTS.values())
)
SERVICES = KeyGroup(
    "services",
    "The services behind the load balancer.",
    (
        HOSTS,
        PATHS,
        PRIORITY,
        ADOPTED_RULE,
        PORT,
        OWN_WEIGHTS,
        PROBE,
        HEALTH_CHECK,
        DEREGISTRATION_DELAY_SECONDS,
        HEALTH_CHECK_GRACE_SECONDS,
        INSTANCE_PROFILE,
        SLOT_SETTINGS,
    ),
    each="<service>",
)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """One service."""

    name: str
    rule: RuleSettings
    port: int
    split: Split
    has_own_weights: bool
    """Whether its split is its own, and not the common one."""
    probe: ProbeSettings
    health_check: HealthCheck
    deregistration_delay_seconds: int
    health_check_grace_seconds: int
    instance_profile: str | None
    slots: tuple[SlotSettings, ...]
    """Both, in the order of `Slot`."""


@dataclass(frozen=True, slots=True)
class ServiceSections:
    """Where a service's settings stand: under `services`, `images` and `capacity`."""

    own: Section
    images: Section
    capacity: Section

    def slot(self, slot: Slot) -> Section:
        """What the service says of one slot."""
        return self.own.section(SLOT_SETTINGS).section(SLOTS[slot])


def read_service(
    name: str, sections: ServiceSections, names: Names, split: Split, lookups: Lookups | None
) -> ServiceSettings:
    """One service; `split` is the common one, which holds where it has none of its own."""
    own = sections.own
    return ServiceSettings(
        name=name,
        rule=read_rule(own),
        port=own.require(PORT),
        split=own.read(OWN_WEIGHTS) or split,
        has_own_weights=own.has(OWN_WEIGHTS),
        probe=read_probe(own.section(PROBE)),
        health_check=read_health_check(own.section(HEALTH_CHECK)),
        deregistration_delay_seconds=own.require(DEREGISTRATION_DELAY_SECONDS),
        health_check_grace_seconds=own.require(HEALTH_CHECK_GRACE_SECONDS),
        instance_profile=own.read(INSTANCE_PROFILE),
        slots=tuple(_read_slot(name, sections, names, slot, lookups) for slot in Slot),
    )


def _read_slot(
    service: str, sections: ServiceSections, names: Names, slot: Slot, lookups: Lookups | None
) -> SlotSettings:
    section = sections.slot(slot)
    target_group = read_target_group(section, names, service, slot)
    group_name = read_group_name(section, names, service, slot)
    if has_existing_group(section):
        beside = f"the existing {AUTO_SCALING_GROUP.name} of slot {slot}"
        sections.images.reject_idle(beside, IMAGE_KEYS[slot])
        return SlotSettings(slot, target_group, ExistingInstances(group_name))
    instances = NewInstances(
        group_name=group_name,
        image_id=found_image(sections.images, slot, lookups),
        capacity=read_capacity(sections.capacity, slot),
    )
    return SlotSettings(slot, target_group, instances)
