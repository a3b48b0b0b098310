"""The load balancer and its listeners: new, or existing ones."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.access_logs import ACCESS_LOG_PREFIX, AccessLogs
from components.context import Context
from settings.load_balancer import ExistingLoadBalancer, NewLoadBalancer
from settings.names import LOAD_BALANCER_PART

_HTTPS_PORT = 443
_HTTP_PORT = 80
_EVERYONE = "0.0.0.0/0"


class LoadBalancerArgs(TypedDict):
    """The arguments of `LoadBalancer`."""

    context: Context
    """What all resources of the stack have in common."""
    load_balancer: NewLoadBalancer | ExistingLoadBalancer
    """One to create, or an existing one, of which nothing is declared."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    """Its public subnets, in at least two Availability Zones."""
    has_access_logs: bool
    """Whether it writes access logs to a bucket of the stack's."""


class LoadBalancer(pulumi.ComponentResource):
    """An ALB; its HTTPS listener answers 404 where no rule matches, its HTTP listener redirects."""

    arn_suffix: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the load balancer, or pass on the existing one."""
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
        args, context = self._args, self._args["context"]
        name = context.names.of(LOAD_BALANCER_PART)
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
            enable_deletion_protection=context.protection,
            access_logs=self._access_logs(),
            tags=context.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn_suffix = balancer.arn_suffix
        self.dns_name = balancer.dns_name
        self.listener_arn = self._declare_https_listener(balancer, settings).arn
        self._declare_http_listener(balancer)

    def _declare_security_group(self) -> pulumi.Output[str]:
        """Everyone may reach the two listeners; requests leave to the instances only."""
        context = self._args["context"]
        name = context.names.of("alb-sg")
        group = aws.ec2.SecurityGroup(
            "alb",
            name=name,
            description="Requests from everyone to the load balancer",
            vpc_id=self._args["vpc_id"],
            tags=context.tags(name),
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
            {"context": self._args["context"]},
            # Not protected, so that the config can turn it off. A destroy reaches the bucket after
            # the load balancer, which is protected.
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
            tags=self._tags("https"),
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
            tags=self._tags("http"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _tags(self, part: str) -> dict[str, str]:
        context = self._args["context"]
        return context.tags(context.names.of(part))
