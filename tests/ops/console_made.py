"""A shop as somebody clicked it together in the console: nothing of it is named or tagged by us.

Seven rules on :443 over hosts, paths, headers, a redirect and fixed responses. Two of them forward
to the groups that a team would adopt.

`python -m tests.ops.console_made` makes it in the rehearsal that the shell uses, to try things on.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from rehearsal.account import images_of, self_signed_certificate

Client = Callable[[str], Any]

WEB_GROUP = "hankooktire-us-prd-web-tg"
PORTAL_GROUP = "hankooktire-us-prd-portal-tg"
HOST = "www.hankooktire.example"
BALANCER = "Shop-Front"
_PATIENCE_SECONDS = 60.0
_TAGS = [{"Key": "Owner", "Value": "shop team"}, {"Key": "Cost Center", "Value": "4711"}]


@dataclass(frozen=True)
class Shop:
    """What was made, by the ids that tests need."""

    client: Client
    balancer_arn: str
    listener_arn: str
    target_groups: dict[str, str]
    """Name to ARN."""

    def rules(self) -> list[Any]:
        """Every rule as AWS describes it, tags included."""
        elb = self.client("elbv2")
        rules = elb.describe_rules(ListenerArn=self.listener_arn)["Rules"]
        arns = [rule["RuleArn"] for rule in rules]
        tags = {
            t["ResourceArn"]: t["Tags"]
            for t in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
        }
        return [{**rule, "Tags": tags.get(rule["RuleArn"], [])} for rule in rules]

    def rule_at(self, priority: int) -> Any:
        (found,) = [rule for rule in self.rules() if rule["Priority"] == str(priority)]
        return found

    def states(self, group: str) -> list[str]:
        described = self.client("elbv2").describe_target_health(
            TargetGroupArn=self.target_groups[group]
        )
        return [d["TargetHealth"]["State"] for d in described["TargetHealthDescriptions"]]

    def wait_until_it_serves(self) -> None:
        """Return when all targets of the groups that are used are healthy."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(set(self.states(n)) != {"healthy"} for n in (WEB_GROUP, PORTAL_GROUP)):
            assert time.monotonic() < deadline, {n: self.states(n) for n in self.target_groups}
            time.sleep(0.1)


def click_together(
    client: Client, images: dict[str, str], *, with_configuration: bool = True
) -> Shop:
    """Make the shop; `with_configuration` gives one group a launch configuration."""
    network = _network(client("ec2"))
    elb = client("elbv2")
    balancer_arn, listener_arn = _balancer(client, network)
    groups = {
        name: _target_group(elb, name, network["vpc"], tuning)
        for name, tuning in {
            WEB_GROUP: {},
            PORTAL_GROUP: {"HealthCheckIntervalSeconds": 6, "HealthyThresholdCount": 3},
            "legacy-admin": {},
        }.items()
    }
    for rule in _rules(groups):
        elb.create_rule(ListenerArn=listener_arn, **rule)
    _fleet(client, network, groups, images, with_configuration=with_configuration)
    return Shop(client, balancer_arn, listener_arn, groups)


def _network(ec2: Any) -> dict[str, Any]:
    vpc = ec2.create_vpc(CidrBlock="172.20.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    zones = ("us-east-1a", "us-east-1b")
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"172.20.{n}.0/24", AvailabilityZone=zones[n % 2])[
            "Subnet"
        ]["SubnetId"]
        for n in range(4)
    ]
    front, back = (
        ec2.create_security_group(GroupName=f"launch-wizard-{n}", Description="made", VpcId=vpc)[
            "GroupId"
        ]
        for n in (1, 2)
    )
    for port in (80, 443):
        ec2.authorize_security_group_ingress(
            GroupId=front, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
        )
    pair = {"UserIdGroupPairs": [{"GroupId": front}]}
    ec2.authorize_security_group_ingress(
        GroupId=back,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, **pair}],
    )
    return {"vpc": vpc, "front": subnets[:2], "back": subnets[2:], "sg": front, "app_sg": back}


def _balancer(client: Client, network: dict[str, Any]) -> tuple[str, str]:
    elb, acm = client("elbv2"), client("acm")
    certificate, key = self_signed_certificate(["*.hankooktire.example"])
    certificate_arn = acm.import_certificate(Certificate=certificate, PrivateKey=key)[
        "CertificateArn"
    ]
    balancer_arn = elb.create_load_balancer(
        Name=BALANCER, Subnets=network["front"], SecurityGroups=[network["sg"]]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(
        LoadBalancerArn=balancer_arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[_redirect(Protocol="HTTPS", Port="443", StatusCode="HTTP_301")],
    )
    listener_arn = elb.create_listener(
        LoadBalancerArn=balancer_arn,
        Port=443,
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate_arn}],
        DefaultActions=[_fixed("404", "nothing here")],
    )["Listeners"][0]["ListenerArn"]
    return balancer_arn, listener_arn


def _target_group(elb: Any, name: str, vpc: str, tuning: dict[str, Any]) -> str:
    settings = {
        "HealthCheckPath": "/healthz",
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 2,
        **tuning,
    }
    arn = elb.create_target_group(Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, **settings)[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "20"}
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
    return arn


def _rules(groups: dict[str, str]) -> list[dict[str, Any]]:
    """Seven, the two that matter among them with tags, and conditions in an order of their own."""
    return [
        {
            "Priority": 10,
            "Conditions": [_host("shop.hankooktire.example", "old.hankooktire.example")],
            "Actions": [_redirect(Host=HOST, StatusCode="HTTP_301")],
        },
        {
            "Priority": 20,
            "Conditions": [_path("/server-status", "/.git/*")],
            "Actions": [_fixed("403", "no")],
        },
        {
            "Priority": 30,
            "Conditions": [_host(HOST), _header("X-Admin", "yes", "on")],
            "Actions": [_forward(groups["legacy-admin"])],
        },
        {
            "Priority": 40,
            "Conditions": [_path("/portal/*", "/portal"), _host(HOST)],
            "Actions": [_forward(groups[PORTAL_GROUP])],
            "Tags": _TAGS,
        },
        {
            "Priority": 50,
            "Conditions": [_header("User-Agent", "*BadBot*"), _path("/*")],
            "Actions": [_fixed("429", "slow down")],
        },
        {
            "Priority": 60,
            "Conditions": [_path("/admin/*"), _host("intern.hankooktire.example")],
            "Actions": [_forward(groups["legacy-admin"])],
        },
        {
            "Priority": 100,
            "Conditions": [_host(HOST, "m.hankooktire.example"), _path("/*")],
            "Actions": [_forward(groups[WEB_GROUP])],
            "Tags": _TAGS,
        },
    ]


def _fleet(
    client: Client,
    network: dict[str, Any],
    groups: dict[str, str],
    images: dict[str, str],
    *,
    with_configuration: bool,
) -> None:
    asg = client("autoscaling")
    _template(client("ec2"), "shop-web", images["v1"], network["app_sg"])
    _template(client("ec2"), "shop-admin", images["v1"], network["app_sg"])
    portal: dict[str, Any]
    if with_configuration:
        asg.create_launch_configuration(
            LaunchConfigurationName="portal-2019",
            ImageId=images["v1"],
            InstanceType="m5.large",
            SecurityGroups=[network["app_sg"]],
        )
        portal = {"LaunchConfigurationName": "portal-2019"}
    else:
        _template(client("ec2"), "shop-portal", images["v1"], network["app_sg"])
        portal = _latest("shop-portal")
    for name, template, target_group, size in (
        ("Web servers", _latest("shop-web"), groups[WEB_GROUP], 2),
        ("portal_asg", portal, groups[PORTAL_GROUP], 2),
        ("admin", _latest("shop-admin"), groups["legacy-admin"], 1),
    ):
        asg.create_auto_scaling_group(
            AutoScalingGroupName=name.replace(" ", "_"),
            MinSize=size,
            MaxSize=size + 2,
            VPCZoneIdentifier=",".join(network["back"]),
            TargetGroupARNs=[target_group],
            HealthCheckType="ELB",
            HealthCheckGracePeriod=30,
            **template,
        )


def _template(ec2: Any, name: str, image: str, security_group: str) -> None:
    text = "#!/bin/sh\nsystemctl start shop\n"
    ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "m5.large",
            "SecurityGroupIds": [security_group],
            "UserData": base64.b64encode(text.encode()).decode(),
        },
    )


def _latest(name: str) -> dict[str, Any]:
    return {"LaunchTemplate": {"LaunchTemplateName": name, "Version": "$Latest"}}


def _host(*values: str) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}


def _path(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def _header(name: str, *values: str) -> dict[str, Any]:
    config = {"HttpHeaderName": name, "Values": list(values)}
    return {"Field": "http-header", "HttpHeaderConfig": config}


def _forward(arn: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": arn}


def _redirect(**config: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": config}


def _fixed(status: str, body: str) -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def main() -> None:
    """Make the shop in the local AWS of the environment."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint.startswith("http://127.0.0.1:"):
        sys.exit('this is for a rehearsal: eval "$(failover rehearse env)"')
    session: Any = boto3.Session()
    shop = click_together(session.client, images_of(endpoint, session.region_name))
    shop.wait_until_it_serves()
    print(f"{BALANCER} serves: {shop.balancer_arn}")


if __name__ == "__main__":
    main()
