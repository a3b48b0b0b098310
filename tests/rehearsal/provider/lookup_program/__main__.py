"""Looks everything up with the SDK's own functions."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
ids = json.loads(config.require("ids"))

vpc = aws.ec2.get_vpc(id=ids["vpc"])
subnet = aws.ec2.get_subnet(id=ids["subnet"])
balancer = aws.lb.get_load_balancer(arn=ids["balancer"])
named_balancer = aws.lb.get_load_balancer(name=ids["name"])
listener = aws.lb.get_listener(arn=ids["listener"])
targets = aws.lb.get_target_group(arn=ids["targets"])
named_targets = aws.lb.get_target_group(name=ids["name"])
group = aws.autoscaling.get_group(name=ids["name"])
image = aws.ssm.get_parameter(name="/image:1")
caller = aws.get_caller_identity()

pulumi.export("vpc", vpc.cidr_block)
pulumi.export("subnet", [subnet.availability_zone, subnet.vpc_id])
pulumi.export("balancer", [balancer.dns_name, balancer.internal, balancer.security_groups])
pulumi.export("namedBalancer", named_balancer.arn)
pulumi.export("listener", [listener.port, listener.protocol, listener.load_balancer_arn])
pulumi.export("targets", [targets.port, targets.health_check.path, targets.arn_suffix])
pulumi.export("namedTargets", named_targets.arn)
pulumi.export("group", [group.min_size, group.max_size, group.desired_capacity])
pulumi.export("image", [image.insecure_value, image.version, image.type])
pulumi.export("secret", pulumi.Output.from_input(image.value))
pulumi.export("asked", aws.ssm.get_parameter_output(name="/image").value)
pulumi.export("caller", caller.account_id)
if config.get("missing"):
    aws.lb.get_target_group(name=config.require("missing"))
