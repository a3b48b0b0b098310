"""One step of one Auto Scaling group: what happens to its instances at a moment."""

from __future__ import annotations

from typing import Any, cast

from moto.autoscaling.models import AutoScalingBackend

from rehearsal.control_plane.autoscaling.group import (
    IN_SERVICE,
    PENDING,
    PENDING_WAIT,
    TERMINATING,
    TERMINATING_WAIT,
    GroupRecord,
    Member,
    active,
)
from rehearsal.control_plane.autoscaling.hooks import ABANDON, LAUNCHING, held_by, outcome
from rehearsal.control_plane.autoscaling.hooks import TERMINATING as HOOKED_END
from rehearsal.control_plane.autoscaling.launches import (
    LaunchError,
    LaunchSpecification,
    launch_instance,
    new_member,
    requested_template,
    resolved,
    specification_of,
    subnet_for_next,
)
from rehearsal.control_plane.autoscaling.purchase import Purchase, next_purchase
from rehearsal.control_plane.autoscaling.refresh import template_to_launch
from rehearsal.control_plane.autoscaling.termination import Candidate, chosen_for_termination
from rehearsal.control_plane.world import World, timestamp

RETRY_SECONDS = 15.0
"""After a launch that failed, the group waits this long before the next try."""


class GroupStep:
    """One step of one group: moto's `group`, seen at `now`."""

    def __init__(self, world: World, backend: AutoScalingBackend, group: Any, now: float) -> None:
        self.world = world
        self.backend = backend
        self.group = group
        self.now = now
        self.record = world.groups.setdefault(group.arn, GroupRecord())
        self.changed = False

    @property
    def members(self) -> list[Member]:
        """The group's instances, terminating ones included."""
        return cast("list[Member]", self.group.instance_states)

    def keep_members(self) -> None:
        """Attach, put into service, check and terminate the members."""
        self._attach_and_detach()
        self._put_into_service()
        self._check_health()
        self._finish_terminations()

    def is_suspended(self, process: str) -> bool:
        """Whether that process of the group is suspended."""
        return any(p["ProcessName"] == process for p in self.group.suspended_processes)

    def _attach_and_detach(self) -> None:
        """Register members with the group's target groups, and deregister them from others."""
        wanted = (
            set[str]()
            if self.is_suspended("AddToLoadBalancer")
            else set(self.group.target_group_arns)
        )
        is_hooked = any(h.transition == LAUNCHING for h in self.record.hooks.values())
        for member in active(self.members):
            # With a hook of the launch, an instance is registered when it is in service.
            if is_hooked and member.lifecycle_state != IN_SERVICE:
                continue
            for arn in sorted(wanted - member.attached):
                target_group = self.backend.elbv2_backend.target_groups.get(arn)
                if target_group is None:
                    continue
                self.world.targets.register(arn, member.instance_id, int(target_group.port))
                member.attached.add(arn)
                self.changed = True
            for arn in sorted(member.attached - set(self.group.target_group_arns)):
                self._deregister(member, arn)

    def _deregister(self, member: Member, arn: str) -> None:
        self.changed |= self.world.targets.deregister(arn, member.instance_id, None, self.now)
        member.attached.discard(arn)

    def _put_into_service(self) -> None:
        """A pending instance that runs is in service, whatever its health in the target groups.

        The load balancer's health checks run in parallel; a group waits for none before InService.
        Source: Auto Scaling user guide, "Set the health check grace period".
        """
        for member in self.members:
            is_new = member.lifecycle_state == PENDING and member.launched_at < self.now
            if is_new and member.is_running:
                member.held_by = held_by(self.record.hooks.values(), LAUNCHING, self.now)
                member.lifecycle_state = PENDING_WAIT
                self.changed = True
            if member.lifecycle_state == PENDING_WAIT:
                self._end_launch(member)

    def _end_launch(self, member: Member) -> None:
        """Put a member into service, or end it, once its hooks have decided."""
        decided = outcome(member.held_by, self.now)
        if decided == ABANDON:
            self.terminate(member, "an instance launch was abandoned by a lifecycle hook.")
        elif decided:
            member.lifecycle_state = IN_SERVICE
            member.in_service_at = self.now
            member.launch.finish(self.now)
            self.changed = True

    def _is_held_at_end(self, member: Member) -> bool:
        """Whether a hook holds a member that its target groups have let go of."""
        if member.lifecycle_state == TERMINATING:
            member.held_by = held_by(self.record.hooks.values(), HOOKED_END, self.now)
            member.lifecycle_state = TERMINATING_WAIT
            self.changed = True
        return not outcome(member.held_by, self.now)

    def _check_health(self) -> None:
        for member in list(active(self.members)):
            if member.health_status == "Healthy" and not self.is_suspended("HealthCheck"):
                member.health_status = "Healthy" if self._is_healthy(member) else "Unhealthy"
                self.changed |= member.health_status == "Unhealthy"
            if member.health_status == "Unhealthy" and not (
                self.is_suspended("ReplaceUnhealthy") or self.is_suspended("Terminate")
            ):
                self.terminate(member, self._unhealthy_cause(member))

    def _is_healthy(self, member: Member) -> bool:
        """EC2's word counts at once, the load balancer's after the grace period."""
        if not member.is_running:
            return False
        if self.group.health_check_type != "ELB" or self.is_in_grace(member):
            return True
        return not any(
            r.state.state == "unhealthy"
            for arn in member.attached
            for r in self.world.targets.active(arn)
            if r.target_id == member.instance_id
        )

    def is_in_grace(self, member: Member) -> bool:
        """Whether the health check grace period of a member is still running."""
        if member.in_service_at is None:
            return True
        return self.now < member.in_service_at + int(self.group.health_check_grace_period or 0)

    def _unhealthy_cause(self, member: Member) -> str:
        checked = "EC2" if not member.is_running else "ELB system"
        if checked == "EC2":
            return (
                "an instance was taken out of service in response to an EC2 health check "
                "indicating it has been terminated or stopped."
            )
        return f"an instance was taken out of service in response to an {checked} health check."

    def terminate(self, member: Member, cause: str) -> None:
        """Take a member out of service; it is terminated when its target groups let go of it."""
        member.lifecycle_state = TERMINATING
        member.termination = self.record.begin(
            f"Terminating EC2 instance: {member.instance_id}", self._at(cause), self.now
        )
        if member.launch.ended_at is None:
            member.launch.finish(self.now, "Cancelled")
        for arn in sorted(member.attached):
            self.changed |= self.world.targets.deregister(arn, member.instance_id, None, self.now)
            member.termination.status = "WaitingForELBConnectionDraining"
        self.changed = True

    def _finish_terminations(self) -> None:
        for member in list(self.members):
            if member.lifecycle_state not in (TERMINATING, TERMINATING_WAIT):
                continue
            is_gone = member.instance.state == "terminated"
            drains = any(
                self.world.targets.is_attached(arn, member.instance_id) for arn in member.attached
            )
            if not is_gone and (drains or self._is_held_at_end(member)):
                continue
            if not is_gone:
                self.backend.ec2_backend.terminate_instances([member.instance_id])
            self.members.remove(member)
            if member.termination is not None:
                member.termination.finish(self.now)
            self.changed = True

    def meet_desired_capacity(self) -> None:
        """Launch or terminate as many as differ from the desired capacity."""
        present = list(active(self.members))
        missing = int(self.group.desired_capacity) - len(present)
        if missing > 0:
            self.launch(missing)
        elif missing < 0:
            self.scale_in(-missing)

    def scale_in(self, count: int) -> None:
        """Terminate `count` instances, chosen by the zones and the termination policies."""
        if self.is_suspended("Terminate"):
            return
        present = {m.instance_id: m for m in active(self.members)}
        candidates = [
            Candidate(
                instance_id=m.instance_id,
                zone=m.availability_zone,
                launched_at=m.launched_at,
                template_age=m.template_age,
                is_protected=m.protected_from_scale_in,
            )
            for m in present.values()
        ]
        chosen = chosen_for_termination(
            candidates, self.group.termination_policies, count, self.now
        )
        cause = self.record.desired_cause or "the desired capacity is lower than the group's size"
        for instance_id in chosen:
            self.terminate(present[instance_id], cause)

    def launch(self, count: int) -> None:
        """Launch `count` instances from the template that is wanted now."""
        if self.is_suspended("Launch") or self.now < self.record.launch_after:
            return
        cause = self._at(
            self.record.desired_cause or "an instance was started to meet the desired capacity."
        )
        for _ in range(count):
            activity = self.record.begin("Launching a new EC2 instance", cause, self.now)
            self.changed = True
            try:
                ec2 = self.backend.ec2_backend
                specification = self._specification().bought(self._purchase())
                subnet_ids = self.group.vpc_zone_identifier.split(",")
                subnet_id = subnet_for_next(ec2, subnet_ids, list(active(self.members)))
                instance = launch_instance(ec2, self.group, specification, subnet_id, self.now)
            except LaunchError as failure:
                activity.finish(self.now, "Failed", str(failure))
                self.record.launch_after = self.now + RETRY_SECONDS
                return
            member = new_member(self.group, instance, specification, activity, self.now)
            self.members.append(member)
        self._attach_and_detach()

    def _purchase(self) -> Purchase | None:
        """What a mixed instances policy launches next; None for a group without one."""
        policy = self.group.mixed_instances_policy
        if not policy:
            return None
        return next_purchase(policy, [m.is_spot for m in active(self.members)])

    def _specification(self) -> LaunchSpecification:
        """What an instance is launched from now, by the refresh that runs or the group itself."""
        ec2, refresh = self.backend.ec2_backend, self.record.active_refresh
        if refresh is None:
            return specification_of(ec2, self.group)
        request = template_to_launch(refresh, requested_template(self.group))
        return LaunchSpecification.of_template(resolved(ec2, request))

    def _at(self, cause: str) -> str:
        return f"At {timestamp(self.now):%Y-%m-%dT%H:%M:%SZ} {cause}"
