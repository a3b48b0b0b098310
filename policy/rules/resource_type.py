"""The resource types that rules ask about, by the tokens that the AWS provider gives them."""

from __future__ import annotations


def _load_balancing(noun: str) -> tuple[str, ...]:
    """Of Elastic Load Balancing: `lb`, and its other names, of which two are deprecated."""
    module = noun[0].lower() + noun[1:]
    packages = ("lb", "alb", "applicationloadbalancing", "elasticloadbalancingv2")
    return tuple(f"aws:{package}/{module}:{noun}" for package in packages)


LOAD_BALANCER = _load_balancing("LoadBalancer")
LISTENER = _load_balancing("Listener")
LISTENER_RULE = _load_balancing("ListenerRule")
TARGET_GROUP = _load_balancing("TargetGroup")
AUTO_SCALING_GROUP = ("aws:autoscaling/group:Group",)
LAUNCH_TEMPLATE = ("aws:ec2/launchTemplate:LaunchTemplate",)
SCALING_POLICY = ("aws:autoscaling/policy:Policy",)
SECURITY_GROUP = ("aws:ec2/securityGroup:SecurityGroup",)
SECURITY_GROUP_RULE = ("aws:ec2/securityGroupRule:SecurityGroupRule",)
INGRESS_RULE = ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",)
EGRESS_RULE = ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",)
NETWORK = (
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
)
"""What a load balancer and its targets lie in, and how requests come there."""
IAM_POLICY = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
BUCKET_POLICY = ("aws:s3/bucketPolicy:BucketPolicy",)
FIREWALL_ASSOCIATION = ("aws:wafv2/webAclAssociation:WebAclAssociation",)
