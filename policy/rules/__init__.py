"""The rules of the pack, a file per subject.

Every policy is a value, asks about one resource and reads that resource's inputs and options only;
the one exception, the firewall, gives its reason. What depends on an input that a preview does not
know yet is reported as not evaluated, and evaluated in the update.
"""

from pulumi_policy import Policy

from . import (
    auto_scaling_group,
    iam_policy,
    launch_template,
    listener,
    listener_rule,
    load_balancer,
    name,
    protection,
    security_group,
    target_group,
)

POLICIES: tuple[Policy, ...] = (
    *listener_rule.POLICIES,
    *target_group.POLICIES,
    *auto_scaling_group.POLICIES,
    *launch_template.POLICIES,
    *listener.POLICIES,
    *load_balancer.POLICIES,
    *security_group.POLICIES,
    *iam_policy.POLICIES,
    *name.POLICIES,
    *protection.POLICIES,
)
"""Every policy, in the order in which it is shown."""
