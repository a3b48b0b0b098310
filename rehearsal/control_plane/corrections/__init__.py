"""Every difference between moto and AWS that the rehearsal corrects, in one table."""

from __future__ import annotations

from rehearsal.control_plane.correction import Correction
from rehearsal.control_plane.corrections import (
    auto_scaling_groups,
    group_instances,
    instance_refreshes,
    load_balancers,
    machine_images,
    target_health,
)

TABLE: tuple[Correction, ...] = (
    target_health.TARGET_HEALTH,
    target_health.TARGET_GROUP_USE,
    load_balancers.STATE,
    auto_scaling_groups.CAPACITY,
    group_instances.OWN_VERSIONS,
    group_instances.ACTIVITIES,
    instance_refreshes.INSTANCE_REFRESH,
    machine_images.CATALOGUE_LOADED,
)
"""Later ones wrap earlier ones where both change a method."""
