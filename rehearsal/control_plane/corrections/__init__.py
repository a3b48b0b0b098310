"""Every difference between moto and AWS that the rehearsal corrects, in one table."""

from __future__ import annotations

from rehearsal.control_plane.correction import Correction
from rehearsal.control_plane.corrections import (
    alarms,
    auto_scaling_groups,
    group_instances,
    group_membership,
    group_metrics,
    image_references,
    instance_refreshes,
    instances,
    launch_configurations,
    launch_templates,
    listener_rules,
    listeners,
    load_balancers,
    load_balancing_tags,
    machine_images,
    metrics,
    network,
    scaling_policies,
    security_groups,
    sessions,
    target_groups,
    target_health,
    unsupported,
)

TABLE: tuple[Correction, ...] = (
    load_balancers.LOAD_BALANCERS,
    listeners.LISTENERS,
    listener_rules.RULES,
    target_groups.TARGET_GROUPS,
    target_health.TARGET_GROUP_USE,
    target_health.TARGET_HEALTH,
    load_balancing_tags.TAGS,
    launch_templates.LAUNCH_TEMPLATES,
    machine_images.IMAGES,
    image_references.IMAGE_REFERENCES,
    instances.INSTANCES,
    network.NETWORK,
    security_groups.SECURITY_GROUPS,
    launch_configurations.LAUNCH_CONFIGURATIONS,
    auto_scaling_groups.CAPACITY,
    group_metrics.GROUP_METRICS,
    group_instances.OWN_VERSIONS,
    group_instances.ACTIVITIES,
    group_membership.MEMBERSHIP,
    instance_refreshes.INSTANCE_REFRESH,
    scaling_policies.SCALING_POLICIES,
    sessions.SESSIONS,
    metrics.METRICS,
    alarms.ALARMS,
    unsupported.UNSUPPORTED,
)
"""Later ones wrap earlier ones where both change a method."""
