"""Changes to launch templates, Auto Scaling groups and scaling policies."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.rehearsal.provider.drift.mutation import (
    PROVIDER_ONLY,
    REPLACED,
    Fixed,
    Mutation,
    Subject,
    Table,
    Undo,
)
from tests.rehearsal.provider.drift.network_mutations import EC2_TAGS


def _new_version(subject: Subject, data: Any, description: str) -> None:
    subject.client("ec2").create_launch_template_version(
        LaunchTemplateId=subject.id, LaunchTemplateData=data, VersionDescription=description
    )


def _data(edit: Callable[[Subject, Any], object]) -> Mutation:
    """A new version with other data, as a person would make one in the console."""

    def apply(subject: Subject) -> Undo:
        versions = subject.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=subject.id, Versions=["$Latest"]
        )
        latest = versions["LaunchTemplateVersions"][0]
        before, description = latest["LaunchTemplateData"], latest["VersionDescription"]
        after = copy.deepcopy(before)
        edit(subject, after)
        _new_version(subject, after, description)
        return lambda: _new_version(subject, before, description)

    return Mutation(apply)


def _set(**changed: Any) -> Mutation:
    return _data(lambda _, data: data.update(changed))


def _set_in(name: str, **changed: Any) -> Mutation:
    return _data(lambda _, data: data[name].update(changed))


def _set_in_first(name: str, **changed: Any) -> Mutation:
    return _data(lambda _, data: data[name][0].update(changed))


def _set_ebs(**changed: Any) -> Mutation:
    return _data(lambda _, data: data["BlockDeviceMappings"][0]["Ebs"].update(changed))


def _redescribe(subject: Subject) -> Undo:
    versions = subject.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=subject.id, Versions=["$Latest"]
    )
    data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    _new_version(subject, data, "elsewhere")
    return lambda: _new_version(subject, data, subject.inputs["description"])


def _group(argument: str, value: Any, leaf: str) -> Mutation:
    def apply(subject: Subject) -> Undo:
        autoscaling = subject.client("autoscaling")

        def put(wanted: Any) -> None:
            autoscaling.update_auto_scaling_group(
                AutoScalingGroupName=subject.id, **{argument: wanted}
            )

        put(value)
        return lambda: put(subject.inputs[leaf])

    return Mutation(apply)


def _shrink_subnets(subject: Subject) -> Undo:
    autoscaling = subject.client("autoscaling")

    def put(subnets: list[str]) -> None:
        autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=subject.id, VPCZoneIdentifier=",".join(subnets)
        )

    declared = subject.inputs["vpcZoneIdentifiers"]
    put([*reversed(declared), subject.ids["subnet-c"]])
    return lambda: put(declared)


def _attach_group(subject: Subject) -> Undo:
    autoscaling = subject.client("autoscaling")
    told = {
        "AutoScalingGroupName": subject.id,
        "TargetGroupARNs": [subject.ids["targets-2"]],
    }
    autoscaling.attach_load_balancer_target_groups(**told)
    return lambda: autoscaling.detach_load_balancer_target_groups(**told)


def _reference(other: Callable[[Subject], dict[str, str]]) -> Callable[[Subject], Undo]:
    def apply(subject: Subject) -> Undo:
        autoscaling = subject.client("autoscaling")
        declared = subject.inputs["launchTemplate"]

        def put(reference: dict[str, str]) -> None:
            autoscaling.update_auto_scaling_group(
                AutoScalingGroupName=subject.id, LaunchTemplate=reference
            )

        names = {"id": "LaunchTemplateId", "name": "LaunchTemplateName", "version": "Version"}
        before = {aws: declared[name] for name, aws in names.items() if name in declared}
        put({**before, **other(subject)})
        return lambda: put(before)

    return apply


def _mixed(edit: Callable[[Subject, Any], object]) -> Mutation:
    """Another mixed instances policy, as a person would set one in the console."""

    def apply(subject: Subject) -> Undo:
        autoscaling = subject.client("autoscaling")

        def put(policy: Any) -> None:
            autoscaling.update_auto_scaling_group(
                AutoScalingGroupName=subject.id, MixedInstancesPolicy=policy
            )

        described = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[subject.id])
        before = described["AutoScalingGroups"][0]["MixedInstancesPolicy"]
        # AWS returns both names of a template, and takes one.
        del before["LaunchTemplate"]["LaunchTemplateSpecification"]["LaunchTemplateName"]
        after = copy.deepcopy(before)
        edit(subject, after)
        put(after)
        return lambda: put(before)

    return Mutation(apply, on="scaled-by-policy")


def _distributed(**changed: Any) -> Mutation:
    return _mixed(lambda _, policy: policy["InstancesDistribution"].update(changed))


def _specified(changed: Callable[[Subject], dict[str, str]]) -> Mutation:
    def edit(subject: Subject, policy: Any) -> None:
        policy["LaunchTemplate"]["LaunchTemplateSpecification"].update(changed(subject))

    return _mixed(edit)


def _other_types(_subject: Subject, policy: Any) -> None:
    policy["LaunchTemplate"]["Overrides"][1]["InstanceType"] = "m5.large"


def _later_version(subject: Subject) -> dict[str, str]:
    ec2 = subject.client("ec2")
    template_id = subject.ids["template-interfaces"]
    # As the latest one is: another property of the template may be changed in the same round.
    (latest,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=template_id, Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    made = ec2.create_launch_template_version(
        LaunchTemplateId=template_id,
        LaunchTemplateData=latest["LaunchTemplateData"],
        VersionDescription=latest["VersionDescription"],
    )
    return {"Version": str(made["LaunchTemplateVersion"]["VersionNumber"])}


def _collect_less(subject: Subject) -> Undo:
    autoscaling = subject.client("autoscaling")
    autoscaling.disable_metrics_collection(
        AutoScalingGroupName=subject.id, Metrics=["GroupInServiceInstances"]
    )
    return lambda: autoscaling.enable_metrics_collection(
        AutoScalingGroupName=subject.id,
        Metrics=["GroupInServiceInstances"],
        Granularity="1Minute",
    )


def _suspend_others(subject: Subject) -> Undo:
    autoscaling, name = subject.client("autoscaling"), subject.id
    autoscaling.resume_processes(AutoScalingGroupName=name, ScalingProcesses=["AZRebalance"])
    return lambda: autoscaling.suspend_processes(
        AutoScalingGroupName=name, ScalingProcesses=["AZRebalance"]
    )


def _group_tag(subject: Subject, key: str, value: str, *, is_passed_on: bool) -> Any:
    return {
        "ResourceId": subject.id,
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": is_passed_on,
    }


def _tag(key: str, value: str, *, is_passed_on: bool) -> Callable[[Subject], Undo]:
    def apply(subject: Subject) -> Undo:
        autoscaling = subject.client("autoscaling")
        declared = {tag["key"]: tag for tag in subject.inputs["tags"]}
        changed = _group_tag(subject, key, value, is_passed_on=is_passed_on)
        autoscaling.create_or_update_tags(Tags=[changed])
        if key not in declared:
            return lambda: autoscaling.delete_tags(Tags=[changed])
        back = _group_tag(subject, key, declared[key]["value"], is_passed_on=True)
        return lambda: autoscaling.create_or_update_tags(Tags=[back])

    return apply


def _hook(**changed: Any) -> Mutation:
    def apply(subject: Subject) -> Undo:
        autoscaling = subject.client("autoscaling")
        group, name = subject.inputs["autoscalingGroupName"], subject.inputs["name"]
        found = autoscaling.describe_lifecycle_hooks(
            AutoScalingGroupName=group, LifecycleHookNames=[name]
        )
        before = {k: v for k, v in found["LifecycleHooks"][0].items() if k != "GlobalTimeout"}
        autoscaling.put_lifecycle_hook(**{**before, **changed})
        return lambda: autoscaling.put_lifecycle_hook(**before)

    return Mutation(apply)


def _policy(edit: Callable[[Any], object]) -> Mutation:
    def apply(subject: Subject) -> Undo:
        autoscaling = subject.client("autoscaling")
        group, name = subject.inputs["autoscalingGroupName"], subject.inputs["name"]
        told = autoscaling.describe_policies(AutoScalingGroupName=group, PolicyNames=[name])
        kept = (
            "AutoScalingGroupName",
            "PolicyName",
            "PolicyType",
            "EstimatedInstanceWarmup",
            "TargetTrackingConfiguration",
        )
        before = {key: told["ScalingPolicies"][0][key] for key in kept}
        after = copy.deepcopy(before)
        edit(after)
        autoscaling.put_scaling_policy(**after)
        return lambda: autoscaling.put_scaling_policy(**before)

    return Mutation(apply)


def _tracking(**changed: Any) -> Mutation:
    return _policy(lambda policy: policy["TargetTrackingConfiguration"].update(changed))


def _metric(on: str, **changed: Any) -> Mutation:
    def edit(policy: Any) -> None:
        policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"].update(changed)

    return Mutation(_policy(edit).apply, on=on)


def _other_balancer(policy: Any) -> None:
    """A label of another load balancer; the target group stays one that the group fills."""
    metric = policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]
    target_group = metric["ResourceLabel"].partition("/targetgroup/")[2]
    metric["ResourceLabel"] = f"app/other/1/targetgroup/{target_group}"


def _other_interface_groups(subject: Subject, data: Any) -> None:
    data["NetworkInterfaces"][0]["Groups"] = [subject.ids["group-1"]]


def _other_groups(subject: Subject, data: Any) -> None:
    data["SecurityGroupIds"] = [*data["SecurityGroupIds"], subject.ids["group-0"]]


_OTHER_TAGS = [{"Key": "Name", "Value": "elsewhere"}, {"Key": "cost center", "Value": "1"}]

_TEMPLATE: Table = {
    "name": REPLACED,
    "description": Mutation(_redescribe),
    "imageId": _set(ImageId="ami-0fa11000000000002"),
    "instanceType": _set(InstanceType="t3.small"),
    "userData": _set(UserData="IyEvYmluL2Jhc2gK"),
    "ebsOptimized": _set(EbsOptimized=False),
    "keyName": _set(KeyName="elsewhere"),
    "networkInterfaces.associatePublicIpAddress": _set_in_first(
        "NetworkInterfaces", AssociatePublicIpAddress=True
    ),
    "networkInterfaces.deleteOnTermination": _set_in_first(
        "NetworkInterfaces", DeleteOnTermination=False
    ),
    "networkInterfaces.deviceIndex": _set_in_first("NetworkInterfaces", DeviceIndex=1),
    "networkInterfaces.securityGroups": _data(_other_interface_groups),
    "vpcSecurityGroupIds": _data(_other_groups),
    "metadataOptions.httpEndpoint": _set_in("MetadataOptions", HttpEndpoint="disabled"),
    "metadataOptions.httpTokens": _set_in("MetadataOptions", HttpTokens="optional"),
    "metadataOptions.httpPutResponseHopLimit": _set_in(
        "MetadataOptions", HttpPutResponseHopLimit=3
    ),
    "metadataOptions.httpProtocolIpv6": _set_in("MetadataOptions", HttpProtocolIpv6="disabled"),
    "metadataOptions.instanceMetadataTags": _set_in(
        "MetadataOptions", InstanceMetadataTags="disabled"
    ),
    "blockDeviceMappings.deviceName": _set_in_first("BlockDeviceMappings", DeviceName="/dev/xvdb"),
    "blockDeviceMappings.ebs.encrypted": _set_ebs(Encrypted=False),
    "blockDeviceMappings.ebs.volumeSize": _set_ebs(VolumeSize=10),
    "blockDeviceMappings.ebs.volumeType": _set_ebs(VolumeType="gp2"),
    "blockDeviceMappings.ebs.iops": _set_ebs(Iops=5000),
    "blockDeviceMappings.ebs.throughput": _set_ebs(Throughput=300),
    "blockDeviceMappings.ebs.kmsKeyId": _set_ebs(
        KmsKeyId="arn:aws:kms:us-east-1:123456789012:key/elsewhere"
    ),
    "blockDeviceMappings.ebs.snapshotId": _set_ebs(SnapshotId="snap-0a1b2c3d4e5f60719"),
    "blockDeviceMappings.ebs.deleteOnTermination": _set_ebs(DeleteOnTermination=False),
    "monitoring.enabled": _set_in("Monitoring", Enabled=False),
    "creditSpecification.cpuCredits": _set_in("CreditSpecification", CpuCredits="standard"),
    "placement.availabilityZone": _set_in("Placement", AvailabilityZone="us-east-1b"),
    "placement.groupName": _set_in("Placement", GroupName="elsewhere"),
    "placement.tenancy": _set_in("Placement", Tenancy="default"),
    "iamInstanceProfile.name": _set_in("IamInstanceProfile", Name="elsewhere"),
    "iamInstanceProfile.arn": _set_in(
        "IamInstanceProfile", Arn="arn:aws:iam::123456789012:instance-profile/elsewhere"
    ),
    "tagSpecifications.resourceType": _set_in_first(
        "TagSpecifications", ResourceType="network-interface"
    ),
    "tagSpecifications.tags": Mutation(
        _set_in_first("TagSpecifications", Tags=_OTHER_TAGS).apply,
        shows=frozenset({"tagSpecifications.tags.Name"}),
    ),
    "updateDefaultVersion": PROVIDER_ONLY,
    "tags": EC2_TAGS,
}

_REFRESH = ("strategy", "triggers")
_PREFERENCES = (
    "minHealthyPercentage",
    "maxHealthyPercentage",
    "autoRollback",
    "skipMatching",
    "instanceWarmup",
    "scaleInProtectedInstances",
    "standbyInstances",
)

_DISTRIBUTION = "mixedInstancesPolicy.instancesDistribution"
_MIXED: Table = {
    f"{_DISTRIBUTION}.onDemandAllocationStrategy": Fixed("the rehearsal supports one strategy"),
    f"{_DISTRIBUTION}.onDemandBaseCapacity": _distributed(OnDemandBaseCapacity=2),
    f"{_DISTRIBUTION}.onDemandPercentageAboveBaseCapacity": _distributed(
        OnDemandPercentageAboveBaseCapacity=60
    ),
    f"{_DISTRIBUTION}.spotAllocationStrategy": _distributed(
        SpotAllocationStrategy="capacity-optimized"
    ),
    f"{_DISTRIBUTION}.spotInstancePools": _distributed(SpotInstancePools=3),
    f"{_DISTRIBUTION}.spotMaxPrice": _distributed(SpotMaxPrice="0.06"),
    "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId": _specified(
        lambda subject: {"LaunchTemplateId": subject.ids["template-named"]}
    ),
    "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateName": Fixed(
        "it changes with the id, by which the template is declared"
    ),
    "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version": _specified(
        _later_version
    ),
    "mixedInstancesPolicy.launchTemplate.overrides.instanceType": _mixed(_other_types),
}

_GROUP: Table = {
    **_MIXED,
    "name": REPLACED,
    "minSize": _group("MinSize", 1, "minSize"),
    "maxSize": _group("MaxSize", 3, "maxSize"),
    "desiredCapacity": Fixed("left to the group: not declared, so no value of it is drift"),
    "vpcZoneIdentifiers": Mutation(_shrink_subnets),
    "targetGroupArns": Mutation(_attach_group),
    "launchTemplate.id": Mutation(
        _reference(lambda subject: {"LaunchTemplateId": subject.ids["template-named"]})
    ),
    "launchTemplate.name": Mutation(
        _reference(lambda _: {"LaunchTemplateName": "drift-named"}), on="scaled-by-name"
    ),
    "launchTemplate.version": Mutation(_reference(_later_version)),
    "healthCheckType": _group("HealthCheckType", "EC2", "healthCheckType"),
    "healthCheckGracePeriod": _group("HealthCheckGracePeriod", 8, "healthCheckGracePeriod"),
    "defaultCooldown": _group("DefaultCooldown", 9, "defaultCooldown"),
    "defaultInstanceWarmup": _group("DefaultInstanceWarmup", 10, "defaultInstanceWarmup"),
    "terminationPolicies": _group(
        "TerminationPolicies", ["OldestLaunchTemplate", "NewestInstance"], "terminationPolicies"
    ),
    "suspendedProcesses": Mutation(_suspend_others),
    "enabledMetrics": Mutation(_collect_less),
    "metricsGranularity": Fixed("1Minute is the only granularity that AWS has"),
    **{f"instanceRefresh.{name}": PROVIDER_ONLY for name in _REFRESH},
    **{f"instanceRefresh.preferences.{name}": PROVIDER_ONLY for name in _PREFERENCES},
    "waitForCapacityTimeout": PROVIDER_ONLY,
    "tags.key": Mutation(_tag("More", "x", is_passed_on=True), shows=frozenset({"tags"})),
    "tags.value": Mutation(_tag("Slot", "elsewhere", is_passed_on=True)),
    "tags.propagateAtLaunch": Mutation(_tag("Slot", "01", is_passed_on=False)),
}

INSTANCES: dict[str, Table] = {
    "aws:ec2/launchTemplate:LaunchTemplate": _TEMPLATE,
    "aws:autoscaling/group:Group": _GROUP,
    "aws:autoscaling/lifecycleHook:LifecycleHook": {
        "name": REPLACED,
        "autoscalingGroupName": REPLACED,
        "lifecycleTransition": _hook(LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING"),
        "defaultResult": _hook(DefaultResult="ABANDON"),
        "heartbeatTimeout": _hook(HeartbeatTimeout=61),
        "notificationMetadata": _hook(NotificationMetadata="elsewhere"),
        "notificationTargetArn": _hook(
            NotificationTargetARN="arn:aws:sqs:us-east-1:123456789012:elsewhere"
        ),
        "roleArn": _hook(RoleARN="arn:aws:iam::123456789012:role/elsewhere"),
    },
    "aws:autoscaling/policy:Policy": {
        "name": REPLACED,
        "autoscalingGroupName": REPLACED,
        "policyType": Fixed("target tracking is the only type that the rehearsal supports"),
        "estimatedInstanceWarmup": _policy(
            lambda policy: policy.update(EstimatedInstanceWarmup=61)
        ),
        "targetTrackingConfiguration.predefinedMetricSpecification.predefinedMetricType": _metric(
            "policy-cpu", PredefinedMetricType="ASGAverageNetworkIn"
        ),
        "targetTrackingConfiguration.predefinedMetricSpecification.resourceLabel": Mutation(
            _policy(_other_balancer).apply, on="policy-requests"
        ),
        "targetTrackingConfiguration.targetValue": _tracking(TargetValue=70.0),
        "targetTrackingConfiguration.disableScaleIn": _tracking(DisableScaleIn=True),
    },
}
