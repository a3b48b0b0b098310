"""The load balancer and its listeners, made by us or there already."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.access_logs import ACCESS_LOG_PREFIX, AccessLogs
from components.tags import Tags
from settings.load_balancer import ExistingLoadBalancer, NewLoadBalancer
from settings.names import LOAD_BALANCER_PART, Names

_HTTPS_PORT = 443
_HTTP_PORT = 80
_EVERYONE = "0.0.0.0/0"


class LoadBalancerArgs(TypedDict):
    """What a load balancer is made from."""

    names: Names
    """The convention of every name."""
    tags: Tags
    """The tags of every resource."""
    load_balancer: NewLoadBalancer | ExistingLoadBalancer
    """One to make, or one that is there, of which nothing is declared."""
    vpc_id: pulumi.Input[str]
    """Where it lies."""
    subnet_ids: pulumi.Input[list[str]]
    """Its public subnets, in at least two Availability Zones."""
    has_access_logs: bool
    """Whether it writes access logs to a bucket of its own."""
    protection: bool
    """Whether AWS refuses to delete it, and the logs are kept."""


class LoadBalancer(pulumi.ComponentResource):
    """An ALB whose HTTPS listener answers 404 to what no rule takes, and HTTP redirects to it."""

    arn_suffix: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the load balancer, or pass the existing one on."""
        super().__init__("failover:index:LoadBalancer", name, None, opts)
        self._args = args
        load_balancer = args["load_balancer"]
        if isinstance(load_balancer, NewLoadBalancer):
            self._declare(load_balancer)
        else:
            self.arn_suffix = pulumi.Output.from_input(load_balancer.arn_suffix)
            self.dns_name = pulumi.Output.from_input(load_balancer.dns_name)
            self.listener_arn = pulumi.Output.from_input(load_balancer.listener_arn)
            self.security_group_id = pulumi.Output.from_input(load_balancer.security_group_id)
        self.register_outputs({"dnsName": self.dns_name, "listenerArn": self.listener_arn})

    def _declare(self, settings: NewLoadBalancer) -> None:
        args = self._args
        name = args["names"].of(LOAD_BALANCER_PART)
        self.security_group_id = self._declare_security_group()
        balancer = aws.lb.LoadBalancer(
            "alb",
            name=name,
            internal=False,
            load_balancer_type="application",
            security_groups=[self.security_group_id],
            subnets=args["subnet_ids"],
            idle_timeout=settings.idle_timeout_seconds,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_deletion_protection=args["protection"],
            access_logs=self._access_logs(),
            tags=args["tags"].of(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn_suffix = balancer.arn_suffix
        self.dns_name = balancer.dns_name
        self.listener_arn = self._declare_https_listener(balancer, settings).arn
        self._declare_http_listener(balancer)

    def _declare_security_group(self) -> pulumi.Output[str]:
        """Lets everyone reach the two listeners. What leaves goes to the instances only."""
        name = self._args["names"].of("alb-sg")
        group = aws.ec2.SecurityGroup(
            "alb",
            name=name,
            description="Requests from everyone to the load balancer",
            vpc_id=self._args["vpc_id"],
            tags=self._args["tags"].of(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for protocol, port in (("https", _HTTPS_PORT), ("http", _HTTP_PORT)):
            aws.vpc.SecurityGroupIngressRule(
                f"alb-{protocol}",
                security_group_id=group.id,
                description=f"{protocol.upper()} from everyone",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=_EVERYONE,
                opts=pulumi.ResourceOptions(parent=self),
            )
        return group.id

    def _access_logs(self) -> aws.lb.LoadBalancerAccessLogsArgsDict | None:
        if not self._args["has_access_logs"]:
            return None
        logs = AccessLogs(
            "access-logs",
            {
                "names": self._args["names"],
                "tags": self._args["tags"],
                "is_kept": self._args["protection"],
            },
            # Not protected, so that they can be turned off: a destroy comes to the bucket after the
            # load balancer, which is.
            opts=pulumi.ResourceOptions(parent=self, protect=False),
        )
        return {"bucket": logs.bucket_name, "prefix": ACCESS_LOG_PREFIX, "enabled": True}

    def _declare_https_listener(
        self, balancer: aws.lb.LoadBalancer, settings: NewLoadBalancer
    ) -> aws.lb.Listener:
        return aws.lb.Listener(
            "https",
            load_balancer_arn=balancer.arn,
            port=_HTTPS_PORT,
            protocol="HTTPS",
            ssl_policy=settings.ssl_policy,
            certificate_arn=settings.certificate_arn,
            default_actions=[
                {
                    "type": "fixed-response",
                    "fixed_response": {
                        "content_type": "text/plain",
                        "message_body": "Not found",
                        "status_code": "404",
                    },
                }
            ],
            tags=self._args["tags"].of(self._args["names"].of("https")),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_http_listener(self, balancer: aws.lb.LoadBalancer) -> None:
        aws.lb.Listener(
            "http",
            load_balancer_arn=balancer.arn,
            port=_HTTP_PORT,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "redirect",
                    "redirect": {
                        "protocol": "HTTPS",
                        "port": str(_HTTPS_PORT),
                        "status_code": "HTTP_301",
                    },
                }
            ],
            tags=self._args["tags"].of(self._args["names"].of("http")),
            opts=pulumi.ResourceOptions(parent=self),
        )
