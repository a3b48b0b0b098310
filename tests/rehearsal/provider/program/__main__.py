"""Every resource type of the rehearsal's provider, with every property that it knows.

Resources are declared by token and camelCase names, so that they read like the provider's tables.
Several of a type let many properties be changed elsewhere at once, one on each.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pulumi

config = pulumi.Config()
image_id = config.require("imageId")
certificates = json.loads(config.require("certificates"))
weights = [int(part) for part in (config.get("weights") or "100/0").split("/")]
TAGS = {"Name": "drift", "cost center": "1"}


def declare(
    token: str, logical_name: str, /, *outputs: str, after: Any = None, **inputs: Any
) -> Callable[[str], pulumi.Output[Any]]:
    """A resource; the answer gives its outputs by name, and its id."""
    known = {**dict.fromkeys(outputs), **inputs}
    options = pulumi.ResourceOptions(depends_on=after)
    resource = pulumi.CustomResource(token, logical_name, known, options)

    def output(wanted: str) -> pulumi.Output[Any]:
        return resource.id if wanted == "id" else pulumi.get(resource, wanted)

    output.resource = resource  # type: ignore[attr-defined]
    return output


# Network

vpc = declare(
    "aws:ec2/vpc:Vpc",
    "vpc",
    "cidrBlock",
    cidrBlock="10.0.0.0/16",
    enableDnsHostnames=True,
    enableDnsSupport=True,
    tags=TAGS,
)
gateway = declare("aws:ec2/internetGateway:InternetGateway", "gateway", vpcId=vpc("id"), tags=TAGS)
# AWS does not detach a gateway from a network that has public addresses; this one has none.
alone = declare("aws:ec2/vpc:Vpc", "vpc-alone", cidrBlock="10.9.0.0/16")
declare("aws:ec2/internetGateway:InternetGateway", "gateway-alone", vpcId=alone("id"), tags=TAGS)
subnets = [
    declare(
        "aws:ec2/subnet:Subnet",
        f"subnet-{zone}",
        vpcId=vpc("id"),
        cidrBlock=f"10.0.{at}.0/24",
        availabilityZone=f"us-east-1{zone}",
        mapPublicIpOnLaunch=True,
        tags=TAGS,
    )
    for at, zone in enumerate("abc")
]
tables = [
    declare(
        "aws:ec2/routeTable:RouteTable",
        f"table-{at}",
        vpcId=vpc("id"),
        routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway("id")}],
        tags=TAGS,
    )
    for at in range(2)
]
declare(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "association",
    subnetId=subnets[0]("id"),
    routeTableId=tables[0]("id"),
)
groups = [
    declare(
        "aws:ec2/securityGroup:SecurityGroup",
        f"group-{at}",
        name=f"drift-{at}",
        description="a group",
        vpcId=vpc("id"),
        tags=TAGS,
    )
    for at in range(3)
]
for direction in ("Ingress", "Egress"):
    sources = {
        "v4": {"cidrIpv4": "10.1.0.0/16"},
        "v6": {"cidrIpv6": "2001:db8::/32"},
        "group": {"referencedSecurityGroupId": groups[1]("id")},
    }
    for source, declared in sources.items():
        declare(
            f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
            f"{direction.lower()}-{source}",
            securityGroupId=groups[0]("id"),
            description=f"from {source}",
            ipProtocol="tcp",
            fromPort=8000,
            toPort=8010,
            tags=TAGS,
            **declared,
        )

# Storage

buckets = [
    declare(
        "aws:s3/bucket:Bucket",
        f"bucket-{at}",
        "arn",
        bucket=f"drift-logs-{at}",
        forceDestroy=True,
        tags=TAGS,
    )
    for at in range(2)
]
declare(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "access",
    bucket=buckets[0]("id"),
    blockPublicAcls=True,
    blockPublicPolicy=True,
    ignorePublicAcls=True,
    restrictPublicBuckets=True,
)


def delivery_policy(bucket_arn: str) -> str:
    """Lets the load balancer write its access logs."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


policies = [
    declare(
        "aws:s3/bucketPolicy:BucketPolicy",
        f"policy-{at}",
        bucket=bucket("id"),
        policy=bucket("arn").apply(delivery_policy),
    )
    for at, bucket in enumerate(buckets)
]

# Load balancing

balancers = [
    declare(
        "aws:lb/loadBalancer:LoadBalancer",
        f"balancer-{at}",
        "arn",
        "arnSuffix",
        "dnsName",
        name=f"drift-{at}",
        internal=False,
        loadBalancerType="application",
        ipAddressType="ipv4",
        securityGroups=[groups[1]("id")],
        subnets=[subnet("id") for subnet in subnets[:2]],
        idleTimeout=70,
        enableDeletionProtection=False,
        dropInvalidHeaderFields=True,
        desyncMitigationMode="strictest",
        enableHttp2=True,
        accessLogs={"bucket": buckets[0]("id"), "prefix": f"alb-{at}", "enabled": True},
        tags=TAGS,
        after=[policies[0].resource, policies[1].resource],  # type: ignore[attr-defined]
    )
    for at in range(3)
]
target_groups = [
    declare(
        "aws:lb/targetGroup:TargetGroup",
        f"targets-{at}",
        "arn",
        "arnSuffix",
        name=f"drift-{at}-tg",
        port=8080,
        protocol="HTTP",
        protocolVersion="HTTP1",
        vpcId=vpc("id"),
        targetType="instance",
        deregistrationDelay=1,
        slowStart=0 if at == 3 else 30,
        loadBalancingAlgorithmType="weighted_random" if at == 3 else "round_robin",
        loadBalancingAnomalyMitigation="off",
        loadBalancingCrossZoneEnabled="use_load_balancer_configuration",
        stickiness={"enabled": False, "type": "lb_cookie", "cookieDuration": 3600},
        healthCheck={
            "enabled": True,
            "path": "/health",
            "port": "traffic-port",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 15,
            "timeout": 5,
            "healthyThreshold": 2,
            "unhealthyThreshold": 4,
        },
        targetGroupHealth={
            "dnsFailover": {
                "minimumHealthyTargetsCount": "off",
                "minimumHealthyTargetsPercentage": "off",
            },
            "unhealthyStateRouting": {
                "minimumHealthyTargetsCount": 1,
                "minimumHealthyTargetsPercentage": "off",
            },
        },
        tags=TAGS,
    )
    for at in range(4)
]


def actions(*weights: int) -> dict[str, dict[str, Any]]:
    """One action of each form; the weights are those of its forward."""
    return {
        "forward": {
            "type": "forward",
            "order": 1,
            "forward": {
                "targetGroups": [
                    {"arn": target_groups[at]("arn"), "weight": weight}
                    for at, weight in enumerate(weights)
                ],
                "stickiness": {"enabled": False, "duration": 600},
            },
        },
        "short": {"type": "forward", "order": 1, "targetGroupArn": target_groups[0]("arn")},
        "redirect": {
            "type": "redirect",
            "order": 1,
            "redirect": {
                "host": "www.drift.example",
                "path": "/new/#{path}",
                "port": "443",
                "protocol": "HTTPS",
                "query": "a=b",
                "statusCode": "HTTP_301",
            },
        },
        "fixed": {
            "type": "fixed-response",
            "order": 1,
            "fixedResponse": {
                "contentType": "text/plain",
                "messageBody": "no such page",
                "statusCode": "404",
            },
        },
    }


listeners = {
    form: declare(
        "aws:lb/listener:Listener",
        f"listener-{form}",
        "arn",
        loadBalancerArn=balancers[0]("arn"),
        port=8000 + at,
        protocol="HTTP",
        defaultActions=[action],
        tags=TAGS,
    )
    for at, (form, action) in enumerate(actions(100, 0).items())
}
declare(
    "aws:lb/listener:Listener",
    "listener-secure",
    loadBalancerArn=balancers[0]("arn"),
    port=443,
    protocol="HTTPS",
    sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    certificateArn=certificates[0],
    defaultActions=[actions(100, 0)["fixed"]],
    tags=TAGS,
)
SESSION = {
    "authenticationRequestExtraParams": {"display": "page"},
    "onUnauthenticatedRequest": "authenticate",
    "scope": "openid profile",
    "sessionCookieName": "DriftCookie",
    "sessionTimeout": 3600,
}
LOGINS: dict[str, dict[str, Any]] = {
    "oidc": {
        "type": "authenticate-oidc",
        "order": 1,
        "authenticateOidc": {
            "authorizationEndpoint": "https://login.drift.example/authorize",
            "clientId": "drift",
            "clientSecret": "a secret of these tests",
            "issuer": "https://login.drift.example",
            "tokenEndpoint": "https://login.drift.example/token",
            "userInfoEndpoint": "https://login.drift.example/userinfo",
            **SESSION,
        },
    },
    "cognito": {
        "type": "authenticate-cognito",
        "order": 1,
        "authenticateCognito": {
            "userPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_DRIFT",
            "userPoolClientId": "drift",
            "userPoolDomain": "drift",
            **SESSION,
        },
    },
}
logged_in = {
    form: [login, {**actions(100, 0)["forward"], "order": 2}] for form, login in LOGINS.items()
}
for at, (form, chain) in enumerate(logged_in.items()):
    listener = declare(
        "aws:lb/listener:Listener",
        f"listener-{form}",
        "arn",
        loadBalancerArn=balancers[0]("arn"),
        port=9443 + at,
        protocol="HTTPS",
        sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        certificateArn=certificates[0],
        defaultActions=chain,
        tags=TAGS,
    )
    declare(
        "aws:lb/listenerRule:ListenerRule",
        f"rule-{form}",
        listenerArn=listener("arn"),
        priority=10,
        actions=chain,
        conditions=[{"pathPattern": {"values": ["/login"]}}],
        tags=TAGS,
    )
CONDITIONS: dict[str, list[dict[str, Any]]] = {
    "forward": [
        {"hostHeader": {"values": ["www.drift.example", "drift.example"]}},
        {"pathPattern": {"values": ["/b/*", "/a/*"]}},
    ],
    "short": [{"httpHeader": {"httpHeaderName": "x-failover-slot", "values": ["02-b", "02-a"]}}],
    "redirect": [
        {"pathPattern": {"values": ["/redirect"]}},
        {"httpRequestMethod": {"values": ["GET", "HEAD"]}},
        {"sourceIp": {"values": ["192.0.2.0/24", "127.0.0.0/8"]}},
    ],
    "fixed": [
        {"pathPattern": {"values": ["/fixed"]}},
        {"queryStrings": [{"key": "v", "value": "2"}]},
    ],
}
rules = [
    declare(
        "aws:lb/listenerRule:ListenerRule",
        f"rule-{form}",
        "arn",
        listenerArn=listeners["fixed"]("arn"),
        priority=10 + at,
        actions=[action],
        conditions=CONDITIONS[form],
        tags=TAGS,
    )
    for at, (form, action) in enumerate(actions(*weights).items())
]

# Instances

common = {
    "description": "a template",
    "imageId": image_id,
    "instanceType": "t3.micro",
    "userData": b64encode(b"#!/bin/sh\n").decode(),
    "ebsOptimized": "true",
    "metadataOptions": {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 2,
        "httpProtocolIpv6": "enabled",
        "instanceMetadataTags": "enabled",
    },
    "blockDeviceMappings": [
        {
            "deviceName": "/dev/xvda",
            "ebs": {
                "encrypted": "true",
                "volumeSize": 9,
                "volumeType": "gp3",
                "iops": 4000,
                "throughput": 200,
                "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/drift",
                "snapshotId": "snap-0a1b2c3d4e5f60718",
                "deleteOnTermination": "true",
            },
        }
    ],
    "monitoring": {"enabled": True},
    "creditSpecification": {"cpuCredits": "unlimited"},
    "placement": {
        "availabilityZone": "us-east-1a",
        "groupName": "drift",
        "tenancy": "dedicated",
    },
    "tagSpecifications": [
        {"resourceType": "instance", "tags": TAGS},
        {"resourceType": "volume", "tags": TAGS},
    ],
    "updateDefaultVersion": False,
    "tags": TAGS,
}
networks: dict[str, dict[str, Any]] = {
    "interfaces": {
        "networkInterfaces": [
            {
                "associatePublicIpAddress": "false",
                "deleteOnTermination": "true",
                "deviceIndex": 0,
                "securityGroups": [groups[2]("id"), groups[1]("id")],
            }
        ],
    },
    "named": {
        "vpcSecurityGroupIds": [groups[2]("id"), groups[1]("id")],
        "keyName": "drift",
        "iamInstanceProfile": {"name": "drift"},
    },
    "by-arn": {
        "vpcSecurityGroupIds": [groups[2]("id")],
        "iamInstanceProfile": {"arn": "arn:aws:iam::123456789012:instance-profile/drift"},
    },
}
templates = {
    form: declare(
        "aws:ec2/launchTemplate:LaunchTemplate",
        f"template-{form}",
        "latestVersion",
        name=f"drift-{form}",
        **common,
        **network,
    )
    for form, network in networks.items()
}
references: dict[str, dict[str, Any]] = {
    "by-id": {
        "launchTemplate": {
            "id": templates["interfaces"]("id"),
            "version": templates["interfaces"]("latestVersion"),
        },
    },
    "by-name": {"launchTemplate": {"name": "drift-interfaces", "version": "1"}},
    "by-policy": {
        "mixedInstancesPolicy": {
            "instancesDistribution": {
                "onDemandAllocationStrategy": "prioritized",
                "onDemandBaseCapacity": 1,
                "onDemandPercentageAboveBaseCapacity": 50,
                "spotAllocationStrategy": "lowest-price",
                "spotInstancePools": 2,
                "spotMaxPrice": "0.05",
            },
            "launchTemplate": {
                "launchTemplateSpecification": {
                    "launchTemplateId": templates["interfaces"]("id"),
                    "version": "1",
                },
                "overrides": [{"instanceType": "m7i.large"}, {"instanceType": "m6i.large"}],
            },
        },
    },
    "by-policy-name": {
        "mixedInstancesPolicy": {
            "launchTemplate": {
                "launchTemplateSpecification": {
                    "launchTemplateName": "drift-interfaces",
                    "version": "1",
                },
            },
        },
    },
}
scaled = {
    form: declare(
        "aws:autoscaling/group:Group",
        f"scaled-{form}",
        "desiredCapacity",
        name=f"drift-{form}",
        minSize=0,
        maxSize=2,
        vpcZoneIdentifiers=[subnet("id") for subnet in subnets[:2]],
        targetGroupArns=[target_groups[0]("arn")],
        **reference,
        healthCheckType="ELB",
        healthCheckGracePeriod=5,
        defaultCooldown=6,
        defaultInstanceWarmup=7,
        terminationPolicies=["OldestLaunchTemplate", "OldestInstance"],
        suspendedProcesses=["AZRebalance", "ScheduledActions"],
        enabledMetrics=["GroupInServiceInstances", "GroupDesiredCapacity"],
        metricsGranularity="1Minute",
        instanceRefresh={
            "strategy": "Rolling",
            "preferences": {
                "minHealthyPercentage": 100,
                "maxHealthyPercentage": 200,
                "autoRollback": False,
                "skipMatching": True,
                "instanceWarmup": "1",
                "scaleInProtectedInstances": "Refresh",
                "standbyInstances": "Terminate",
            },
            "triggers": ["tag"],
        },
        waitForCapacityTimeout="1m",
        tags=[
            {"key": "Slot", "value": "01", "propagateAtLaunch": True},
            {"key": "Name", "value": "drift", "propagateAtLaunch": True},
        ],
        after=[rule.resource for rule in rules]  # type: ignore[attr-defined]
        + [templates["interfaces"].resource],  # type: ignore[attr-defined]
    )
    for form, reference in references.items()
}
declare(
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    "hook",
    name="drift",
    autoscalingGroupName=scaled["by-id"]("id"),
    lifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
    defaultResult="CONTINUE",
    heartbeatTimeout=60,
    notificationMetadata="drift",
    notificationTargetArn="arn:aws:sqs:us-east-1:123456789012:drift",
    roleArn="arn:aws:iam::123456789012:role/drift",
)
metrics: dict[str, dict[str, Any]] = {
    "cpu": {"predefinedMetricType": "ASGAverageCPUUtilization"},
    "requests": {
        "predefinedMetricType": "ALBRequestCountPerTarget",
        "resourceLabel": pulumi.Output.concat(
            balancers[0]("arnSuffix"), "/", target_groups[0]("arnSuffix")
        ),
    },
}
for form, metric in metrics.items():
    declare(
        "aws:autoscaling/policy:Policy",
        f"policy-{form}",
        name=f"drift-{form}",
        autoscalingGroupName=scaled["by-id"]("id"),
        policyType="TargetTrackingScaling",
        estimatedInstanceWarmup=60,
        targetTrackingConfiguration={
            "predefinedMetricSpecification": metric,
            "targetValue": 60.5,
            "disableScaleIn": False,
        },
    )

# CloudWatch

TOPICS = [f"arn:aws:sns:us-east-1:123456789012:{name}" for name in ("b", "a")]
for at, statistic in enumerate([{"statistic": "Sum"}, {"extendedStatistic": "p99"}] * 2):
    declare(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        f"alarm-{at}",
        name=f"drift-{at}",
        alarmDescription="an alarm",
        actionsEnabled=True,
        namespace="AWS/ApplicationELB",
        metricName="TargetResponseTime",
        dimensions={"LoadBalancer": balancers[0]("arnSuffix")},
        period=60,
        evaluationPeriods=3,
        datapointsToAlarm=2,
        threshold=0.5,
        comparisonOperator="GreaterThanThreshold",
        treatMissingData="notBreaching",
        alarmActions=TOPICS,
        okActions=TOPICS,
        insufficientDataActions=TOPICS,
        tags=TAGS,
        **statistic,
    )
declare(
    "aws:cloudwatch/dashboard:Dashboard",
    "dashboard",
    dashboardName="drift",
    dashboardBody=json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "a"}}]}),
)

pulumi.export("dnsName", balancers[0]("dnsName"))
pulumi.export("rule", rules[0]("arn"))
