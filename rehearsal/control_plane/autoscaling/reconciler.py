"""Brings each Auto Scaling group and its instance refresh towards what was asked, step by step."""

from __future__ import annotations

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends

from rehearsal.control_plane.autoscaling.group import IN_SERVICE, Member, active
from rehearsal.control_plane.autoscaling.group_step import GroupStep
from rehearsal.control_plane.autoscaling.launches import requested_template
from rehearsal.control_plane.autoscaling.refresh import (
    STALLED_SECONDS,
    InstanceRefresh,
    Preferences,
    RefreshStatus,
    RefreshStep,
    Replaceable,
    Rollback,
    TemplateRequest,
    capacity_bounds,
    next_step,
)
from rehearsal.control_plane.world import World

REPLACED_CAUSE = "an instance was taken out of service in response to an instance refresh."


def reconcile_groups(world: World, now: float) -> bool:
    """Take one step with every group. True if anything changed."""
    changed = False
    for _, _, backend in list(autoscaling_backends.iter_backends()):
        assert isinstance(backend, AutoScalingBackend)
        for group in list(backend.autoscaling_groups.values()):
            changed |= _take(GroupStep(world, backend, group, now))
    return changed


def _take(step: GroupStep) -> bool:
    """Take the step. True if anything changed."""
    step.keep_members()
    refresh = step.record.active_refresh
    if refresh is not None and not step.is_suspended("InstanceRefresh"):
        advance_refresh(step, refresh)
    else:
        step.meet_desired_capacity()
    return step.changed


def advance_refresh(step: GroupStep, refresh: InstanceRefresh) -> None:
    """Take the next step of `refresh`, the one that is not finished."""
    if refresh.status is RefreshStatus.CANCELLING:
        _finish_cancelling(step, refresh)
        return
    if refresh.status is RefreshStatus.PENDING:
        refresh.status = RefreshStatus.IN_PROGRESS
        refresh.last_progress_at = step.now
        step.changed = True
    _note_progress(step, refresh)
    if _is_complete(step, refresh):
        _succeed(step, refresh)
    elif step.now > refresh.last_progress_at + STALLED_SECONDS:
        _fail(step, refresh, "No instance was replaced within an hour.")
    else:
        _replace(step, refresh)


def begin_rollback(step: GroupStep, refresh: InstanceRefresh, reason: str) -> None:
    """Turn a refresh round: what it launched is to be replaced from the previous template."""
    refresh.rollback = Rollback(
        reason, step.now, refresh.percentage_complete, refresh.instances_to_update
    )
    refresh.status = RefreshStatus.ROLLBACK_IN_PROGRESS
    refresh.status_reason = reason
    refresh.to_replace = {
        m.instance_id for m in active(step.members) if m.instance_id not in refresh.known_before
    }
    refresh.known_before = {m.instance_id for m in active(step.members)}
    refresh.total = len(refresh.to_replace)
    refresh.updated = 0
    refresh.last_progress_at = step.now
    step.changed = True


def _old_and_new(
    step: GroupStep, refresh: InstanceRefresh
) -> tuple[list[Replaceable], list[Replaceable]]:
    protected_stay = refresh.preferences.scale_in_protected_instances == "Wait"
    old: list[Replaceable] = []
    new: list[Replaceable] = []
    for member in sorted(active(step.members), key=lambda m: (m.launched_at, m.instance_id)):
        is_old = member.instance_id in refresh.to_replace
        is_ready = is_healthy(step, member) and (is_old or _is_warm(step, refresh, member))
        is_protected = is_old and protected_stay and member.protected_from_scale_in
        (old if is_old else new).append(Replaceable(member.instance_id, is_ready, is_protected))
    return old, new


def is_healthy(step: GroupStep, member: Member) -> bool:
    """In service, healthy in the group, and healthy in every target group that checks it."""
    if member.lifecycle_state != IN_SERVICE or member.health_status != "Healthy":
        return False
    states = {
        r.state.state
        for arn in member.attached
        for r in step.world.targets.active(arn)
        if r.target_id == member.instance_id
    }
    return states <= {"healthy", "unused"}


def warmup_seconds(step: GroupStep, preferences: Preferences) -> int:
    """The warm-up of the preferences, else the group's default one, else its grace period."""
    for seconds in (preferences.instance_warmup_seconds, step.group.default_instance_warmup):
        if seconds is not None:
            return int(seconds)
    return int(step.group.health_check_grace_period or 0)


def _is_warm(step: GroupStep, refresh: InstanceRefresh, member: Member) -> bool:
    if member.in_service_at is None:
        return False
    return step.now >= member.in_service_at + warmup_seconds(step, refresh.preferences)


def _note_progress(step: GroupStep, refresh: InstanceRefresh) -> None:
    _, new = _old_and_new(step, refresh)
    fresh = [r for r in new if r.instance_id not in refresh.known_before]
    updated = min(refresh.total, sum(r.is_ready for r in fresh))
    if updated > refresh.updated:
        refresh.last_progress_at = step.now
    if updated != refresh.updated:
        refresh.updated = updated
        step.changed = True


def _is_complete(step: GroupStep, refresh: InstanceRefresh) -> bool:
    """No instance to replace is left, not even a draining one, and each has a ready successor."""
    left = any(m.instance_id in refresh.to_replace for m in step.members)
    wanted = min(refresh.total, int(step.group.desired_capacity))
    return not left and refresh.updated >= wanted


def _replace(step: GroupStep, refresh: InstanceRefresh) -> None:
    if step.is_suspended("Launch") or step.is_suspended("Terminate"):
        return
    old, new = _old_and_new(step, refresh)
    desired = int(step.group.desired_capacity)
    todo = next_step(desired, refresh.preferences, old, new)
    _carry_out(step, todo)
    _, upper = capacity_bounds(desired, refresh.preferences)
    surplus = len(list(active(step.members))) - upper
    if surplus > 0:
        step.scale_in(surplus)


def _carry_out(step: GroupStep, todo: RefreshStep) -> None:
    for member in list(active(step.members)):
        if member.instance_id in todo.terminate:
            step.terminate(member, REPLACED_CAUSE)
    if todo.launch:
        step.launch(todo.launch)


def _succeed(step: GroupStep, refresh: InstanceRefresh) -> None:
    if refresh.status is RefreshStatus.ROLLBACK_IN_PROGRESS:
        refresh.finish(RefreshStatus.ROLLBACK_SUCCESSFUL, step.now, refresh.status_reason)
    else:
        if refresh.desired is not None:
            use_template(step, refresh.desired)
        refresh.finish(RefreshStatus.SUCCESSFUL, step.now)
    refresh.updated = refresh.total
    step.changed = True


def use_template(step: GroupStep, request: TemplateRequest) -> None:
    """Set the group itself to the template that a refresh brought in."""
    step.group.ec2_launch_template = step.backend.ec2_backend.get_launch_template(
        request.template_id
    )
    if step.group.mixed_instances_policy:
        launched = step.group.mixed_instances_policy["LaunchTemplate"]
        launched["LaunchTemplateSpecification"]["Version"] = request.version or "$Default"
    step.group.launch_template_version = request.version or "$Default"
    step.group.provided_launch_template_version = request.version


def _fail(step: GroupStep, refresh: InstanceRefresh, reason: str) -> None:
    if refresh.status is RefreshStatus.ROLLBACK_IN_PROGRESS:
        refresh.finish(RefreshStatus.ROLLBACK_FAILED, step.now, reason)
    elif refresh.preferences.auto_rollback:
        begin_rollback(step, refresh, reason)
    else:
        refresh.finish(RefreshStatus.FAILED, step.now, reason)
    _drop_unready_surplus(step, refresh)
    step.changed = True


def _finish_cancelling(step: GroupStep, refresh: InstanceRefresh) -> None:
    """Cancelled once what it had begun is done: no launch pending, no instance terminating."""
    in_flight = [m for m in step.members if m.lifecycle_state != IN_SERVICE]
    if refresh.wait_for_transitioning and in_flight:
        return
    refresh.finish(RefreshStatus.CANCELLED, step.now, "Cancelled by user")
    _drop_unready_surplus(step, refresh)
    step.changed = True


def _drop_unready_surplus(step: GroupStep, refresh: InstanceRefresh) -> None:
    """A refresh that ends early takes its extra instances with it, where they serve no traffic yet.

    Otherwise the termination policies would pick the old, healthy ones.
    """
    present = list(active(step.members))
    surplus = len(present) - int(step.group.desired_capacity)
    unready = [
        m for m in present if m.instance_id not in refresh.known_before and not is_healthy(step, m)
    ]
    for member in unready[: max(0, surplus)]:
        step.terminate(member, REPLACED_CAUSE)


def matches(step: GroupStep, member: Member, request: TemplateRequest) -> bool:
    """Whether a member is already what the refresh would make of it (skip matching)."""
    template = step.backend.ec2_backend.get_launch_template(request.template_id)
    version = template.get_version(request.version or "$Default")
    own = member.template
    return own is not None and (own.template_id, own.number) == (template.id, version.number)


def begin_refresh(step: GroupStep, refresh: InstanceRefresh) -> None:
    """Note a new refresh and whom it is to replace."""
    request = refresh.desired or requested_template(step.group)
    ignore_protected = refresh.preferences.scale_in_protected_instances == "Ignore"
    present = list(active(step.members))
    refresh.known_before = {m.instance_id for m in present}
    refresh.to_replace = {
        m.instance_id
        for m in present
        if not (refresh.preferences.skip_matching and matches(step, m, request))
        and not (ignore_protected and m.protected_from_scale_in)
    }
    refresh.total = len(refresh.to_replace)
    refresh.last_progress_at = step.now
    step.record.refreshes.insert(0, refresh)
    step.changed = True
