"""Finds in AWS what an update was creating when its engine was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from botocore.exceptions import ClientError

from live.errors import translated
from rollout.json_value import is_list, list_of, map_of
from rollout.pending_creation import Made, PendingCreation

Client = Callable[[str], Any]
"""boto3's client of a service by its name."""
Inputs = Mapping[str, Any]
Found = tuple[str, Sequence[Mapping[str, Any]] | None]
"""An id, and the tags in AWS; None for a resource that takes no tags."""


def made(creations: Sequence[PendingCreation], client: Client) -> list[Made]:
    """What AWS has of each, found by the name or the place that it would have.

    Raises:
        LiveError: AWS cannot be read.
    """
    return [_made(each, client) for each in creations]


def _made(creation: PendingCreation, client: Client) -> Made:
    find = _FINDERS.get(creation.type_token)
    if find is None:
        return Made(creation, None)
    service, finder = find
    with closing(client(service)) as opened, translated():
        found = next(iter(finder(opened, creation.inputs)), None)
    if found is None:
        return Made(creation, None)
    resource_id, tags = found
    return Made(creation, resource_id, tags is None or _has(tags, creation.inputs.get("tags")))


def _has(tags: Sequence[Mapping[str, Any]], wanted: Any) -> bool:
    """Whether all `wanted` tags are there; a group has them as a list, anything else as a map."""
    held = {tag["Key"]: tag["Value"] for tag in tags}
    if is_list(wanted):
        wanted = {tag["key"]: tag["value"] for tag in wanted}
    own: Mapping[str, Any] = wanted or {}
    return all(held.get(key) == value for key, value in own.items())


def _named(inputs: Inputs) -> str:
    return str(inputs.get("name", ""))


def _unless(action: Callable[[], Any], *codes: str) -> Any:
    """The answer; None if AWS returns one of these codes."""
    try:
        return action()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in codes:
            return None
        raise


def _balancer_tags(elb: Any, arn: str) -> Any:
    return elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]


def _target_group(elb: Any, inputs: Inputs) -> Iterator[Found]:
    found = _unless(
        lambda: elb.describe_target_groups(Names=[_named(inputs)]),
        *("TargetGroupNotFound", "TargetGroupNotFoundException"),
    )
    for group in map_of(found).get("TargetGroups", ()):
        yield group["TargetGroupArn"], _balancer_tags(elb, group["TargetGroupArn"])


def _load_balancer(elb: Any, inputs: Inputs) -> Iterator[Found]:
    found = _unless(
        lambda: elb.describe_load_balancers(Names=[_named(inputs)]),
        *("LoadBalancerNotFound", "LoadBalancerNotFoundException"),
    )
    for balancer in map_of(found).get("LoadBalancers", ()):
        yield balancer["LoadBalancerArn"], _balancer_tags(elb, balancer["LoadBalancerArn"])


def _listener(elb: Any, inputs: Inputs) -> Iterator[Found]:
    pages = elb.get_paginator("describe_listeners").paginate(
        LoadBalancerArn=inputs["loadBalancerArn"]
    )
    for listener in (each for page in pages for each in page["Listeners"]):
        if listener["Port"] == inputs.get("port"):
            yield listener["ListenerArn"], _balancer_tags(elb, listener["ListenerArn"])


def _rule(elb: Any, inputs: Inputs) -> Iterator[Found]:
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=inputs["listenerArn"])
    for rule in (each for page in pages for each in page["Rules"]):
        if rule["Priority"] == str(_whole(inputs.get("priority"))):
            yield rule["RuleArn"], _balancer_tags(elb, rule["RuleArn"])


def _group(scaling: Any, inputs: Inputs) -> Iterator[Found]:
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[_named(inputs)])
    for group in found["AutoScalingGroups"]:
        yield group["AutoScalingGroupName"], group.get("Tags", ())


def _template(ec2: Any, inputs: Inputs) -> Iterator[Found]:
    filters = [{"Name": "launch-template-name", "Values": [_named(inputs)]}]
    for template in ec2.describe_launch_templates(Filters=filters)["LaunchTemplates"]:
        yield template["LaunchTemplateId"], template.get("Tags", ())


def _security_group(ec2: Any, inputs: Inputs) -> Iterator[Found]:
    wanted = {"group-name": _named(inputs), "vpc-id": inputs.get("vpcId")}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items() if value]
    for group in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        yield group["GroupId"], group.get("Tags", ())


_RULE_FIELDS = {
    "ipProtocol": "IpProtocol",
    "fromPort": "FromPort",
    "toPort": "ToPort",
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
}


def _security_group_rule(ec2: Any, inputs: Inputs, *, is_egress: bool) -> Iterator[Found]:
    filters = [{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
    pages = ec2.get_paginator("describe_security_group_rules").paginate(Filters=filters)
    for rule in (each for page in pages for each in page["SecurityGroupRules"]):
        held = {ours: _whole(rule.get(theirs)) for ours, theirs in _RULE_FIELDS.items()}
        held["referencedSecurityGroupId"] = rule.get("ReferencedGroupInfo", {}).get("GroupId")
        wanted = {name: _whole(inputs.get(name)) for name in held}
        if rule["IsEgress"] is is_egress and held == wanted:
            yield rule["SecurityGroupRuleId"], rule.get("Tags", ())


def _whole(value: Any) -> Any:
    """A whole number, which the engine may hand over as a float; none or -1 is every port."""
    if value in (None, -1, "-1"):
        return None
    return int(value) if isinstance(value, float) else value


def _ingress(ec2: Any, inputs: Inputs) -> Iterator[Found]:
    return _security_group_rule(ec2, inputs, is_egress=False)


def _egress(ec2: Any, inputs: Inputs) -> Iterator[Found]:
    return _security_group_rule(ec2, inputs, is_egress=True)


def _bucket(s3: Any, inputs: Inputs) -> Iterator[Found]:
    name = str(inputs.get("bucket", ""))
    if _unless(lambda: s3.head_bucket(Bucket=name), "404", "NoSuchBucket") is not None:
        tags = _unless(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet")
        # The tags of a bucket are set by a call of their own, which may not have come about.
        yield name, tags["TagSet"] if tags else None


def _subnet(ec2: Any, inputs: Inputs) -> Iterator[Found]:
    wanted = {"vpc-id": inputs.get("vpcId"), "cidr-block": inputs.get("cidrBlock")}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items() if value]
    for subnet in ec2.describe_subnets(Filters=filters)["Subnets"]:
        yield subnet["SubnetId"], subnet.get("Tags", ())


def _tagged(operation: str, key: str, id_key: str) -> Callable[[Any, Inputs], Iterator[Found]]:
    """Find what EC2 creates with its tags in one call, and what only its tags identify."""

    def find(ec2: Any, inputs: Inputs) -> Iterator[Found]:
        tags: Mapping[str, str] = inputs.get("tags") or {}
        filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()]
        found = list_of(getattr(ec2, operation)(Filters=filters)[key] if tags else None)
        # Of several it is unknown which one is the stack's.
        if len(found) == 1:
            yield found[0][id_key], found[0].get("Tags", ())

    return find


_FINDERS: Mapping[str, tuple[str, Callable[[Any, Inputs], Iterator[Found]]]] = {
    "aws:autoscaling/group:Group": ("autoscaling", _group),
    "aws:ec2/launchTemplate:LaunchTemplate": ("ec2", _template),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2", _security_group),
    "aws:ec2/subnet:Subnet": ("ec2", _subnet),
    "aws:ec2/vpc:Vpc": ("ec2", _tagged("describe_vpcs", "Vpcs", "VpcId")),
    "aws:ec2/internetGateway:InternetGateway": (
        "ec2",
        _tagged("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ),
    "aws:ec2/routeTable:RouteTable": (
        "ec2",
        _tagged("describe_route_tables", "RouteTables", "RouteTableId"),
    ),
    "aws:lb/listener:Listener": ("elbv2", _listener),
    "aws:lb/listenerRule:ListenerRule": ("elbv2", _rule),
    "aws:lb/loadBalancer:LoadBalancer": ("elbv2", _load_balancer),
    "aws:lb/targetGroup:TargetGroup": ("elbv2", _target_group),
    "aws:s3/bucket:Bucket": ("s3", _bucket),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("ec2", _egress),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("ec2", _ingress),
}
"""Type to its service and its finder.

The creation of any other type overwrites what exists: alarms, dashboards, scaling policies, a
bucket's policy and its public access block, the association of a subnet with the same route table.
"""

FINDABLE_TYPES: Mapping[str, frozenset[str]] = {
    **{token: frozenset[str]() for token in _FINDERS},
    "aws:ec2/securityGroup:SecurityGroup": frozenset({"vpcId"}),
    "aws:ec2/subnet:Subnet": frozenset({"vpcId"}),
    "aws:lb/listener:Listener": frozenset({"loadBalancerArn"}),
    "aws:lb/listenerRule:ListenerRule": frozenset({"listenerArn"}),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": frozenset(
        {"securityGroupId", "referencedSecurityGroupId"}
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": frozenset(
        {"securityGroupId", "referencedSecurityGroupId"}
    ),
}
"""The types that can be found, each with the inputs that must be known where it has them."""

FOUND_BY_TAGS = frozenset(
    {
        "aws:ec2/vpc:Vpc",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/routeTable:RouteTable",
    }
)
"""AWS creates a second one of these; of all others it refuses a second one."""
