"""Where the value of a key lands: the property of a resource that has it as it is."""

from __future__ import annotations

from dataclasses import dataclass

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ANY_RESOURCE = ""
AUTO_SCALING_GROUP = "aws:autoscaling/group:Group"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
LISTENER = "aws:lb/listener:Listener"
LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
RULE = "aws:lb/listenerRule:ListenerRule"
SCALING_POLICY = "aws:autoscaling/policy:Policy"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"

OF_SLOT = "<service>-<slot>"
OF_SERVICE = "<service>"
ANY_NAME = "*"


@dataclass(frozen=True, slots=True)
class Landing:
    """A property of a resource; the drift report leads from it back to the key."""

    resource: str
    """A type token, or `ANY_RESOURCE`."""
    property: str
    """Its path; `[*]` is any entry of a list and `.*` any of a map, the last one the key's own."""
    rules: str = ""
    """All that the key rules, where that is more than this property."""
    name: str = OF_SLOT
    """The logical names of the resources that have it."""
