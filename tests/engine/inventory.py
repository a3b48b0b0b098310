"""Everything that the control plane holds, so that a test can say that nothing was left behind."""

from __future__ import annotations

from tests.engine.rehearsed import Rehearsed


def inventory(stack: Rehearsed) -> dict[str, set[str]]:
    """The ids or names of what is there, by kind."""
    elb, groups = stack.client("elbv2"), stack.client("autoscaling")
    ec2, s3, cloudwatch = stack.client("ec2"), stack.client("s3"), stack.client("cloudwatch")
    reservations = ec2.describe_instances()["Reservations"]
    instances = [instance for found in reservations for instance in found["Instances"]]
    return {
        "load balancers": names(elb.describe_load_balancers()["LoadBalancers"], "LoadBalancerName"),
        "target groups": names(elb.describe_target_groups()["TargetGroups"], "TargetGroupName"),
        "groups": names(
            groups.describe_auto_scaling_groups()["AutoScalingGroups"], "AutoScalingGroupName"
        ),
        "scaling policies": names(groups.describe_policies()["ScalingPolicies"], "PolicyName"),
        "templates": names(ec2.describe_launch_templates()["LaunchTemplates"], "LaunchTemplateId"),
        "instances": {i["InstanceId"] for i in instances if i["State"]["Name"] != "terminated"},
        "security groups": names(ec2.describe_security_groups()["SecurityGroups"], "GroupId"),
        "rules": names(
            ec2.describe_security_group_rules()["SecurityGroupRules"], "SecurityGroupRuleId"
        ),
        "networks": names(ec2.describe_vpcs()["Vpcs"], "VpcId"),
        "subnets": names(ec2.describe_subnets()["Subnets"], "SubnetId"),
        "gateways": names(
            ec2.describe_internet_gateways()["InternetGateways"], "InternetGatewayId"
        ),
        "route tables": names(ec2.describe_route_tables()["RouteTables"], "RouteTableId"),
        "buckets": names(s3.list_buckets()["Buckets"], "Name"),
        "alarms": names(cloudwatch.describe_alarms()["MetricAlarms"], "AlarmName"),
        "dashboards": names(cloudwatch.list_dashboards()["DashboardEntries"], "DashboardName"),
    }


def names(things: list[dict[str, str]], key: str) -> set[str]:
    """What each thing has under `key`."""
    return {thing[key] for thing in things}
