"""The data of a launch template as AWS returns it, in the provider's arguments, field by field.

Nothing is left out in silence: a field is translated, set by the program, or named as one that
cannot be copied. Source: EC2 API, ResponseLaunchTemplateData; pulumi-aws, ec2.LaunchTemplate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.json_value import is_list, is_map

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A field of AWS: the provider's name of it, and the form of its value."""

    argument: str
    fields: Mapping[str, TemplateField] | None = None
    """The fields of a map, or of each map in a list; `None` for a plain value."""
    is_text_flag: bool = False
    """Whether the provider takes a boolean as `true` or `false` in text."""


def _plain(**arguments: str) -> dict[str, TemplateField]:
    return {name: TemplateField(argument) for name, argument in arguments.items()}


def _text_flags(**arguments: str) -> dict[str, TemplateField]:
    return {
        name: TemplateField(argument, is_text_flag=True) for name, argument in arguments.items()
    }


_EBS = {
    **_text_flags(Encrypted="encrypted", DeleteOnTermination="delete_on_termination"),
    **_plain(
        Iops="iops",
        KmsKeyId="kms_key_id",
        SnapshotId="snapshot_id",
        VolumeSize="volume_size",
        VolumeType="volume_type",
        Throughput="throughput",
        VolumeInitializationRate="volume_initialization_rate",
    ),
}
_INTERFACE = {
    **_text_flags(
        AssociateCarrierIpAddress="associate_carrier_ip_address",
        AssociatePublicIpAddress="associate_public_ip_address",
        DeleteOnTermination="delete_on_termination",
        PrimaryIpv6="primary_ipv6",
    ),
    **_plain(
        Description="description",
        DeviceIndex="device_index",
        Groups="security_groups",
        InterfaceType="interface_type",
        Ipv6AddressCount="ipv6_address_count",
        NetworkInterfaceId="network_interface_id",
        PrivateIpAddress="private_ip_address",
        SecondaryPrivateIpAddressCount="ipv4_address_count",
        SubnetId="subnet_id",
        NetworkCardIndex="network_card_index",
        Ipv4PrefixCount="ipv4_prefix_count",
        Ipv6PrefixCount="ipv6_prefix_count",
        EnaQueueCount="ena_queue_count",
    ),
    "EnaSrdSpecification": TemplateField(
        "ena_srd_specification",
        {
            **_plain(EnaSrdEnabled="ena_srd_enabled"),
            "EnaSrdUdpSpecification": TemplateField(
                "ena_srd_udp_specification", _plain(EnaSrdUdpEnabled="ena_srd_udp_enabled")
            ),
        },
    ),
    "ConnectionTrackingSpecification": TemplateField(
        "connection_tracking_specification",
        _plain(
            TcpEstablishedTimeout="tcp_established_timeout",
            UdpTimeout="udp_timeout",
            UdpStreamTimeout="udp_stream_timeout",
        ),
    ),
}
TRANSLATED: Mapping[str, TemplateField] = {
    **_text_flags(EbsOptimized="ebs_optimized"),
    **_plain(
        KernelId="kernel_id",
        KeyName="key_name",
        RamDiskId="ram_disk_id",
        DisableApiTermination="disable_api_termination",
        DisableApiStop="disable_api_stop",
        InstanceInitiatedShutdownBehavior="instance_initiated_shutdown_behavior",
        SecurityGroupIds="vpc_security_group_ids",
    ),
    "IamInstanceProfile": TemplateField("iam_instance_profile", _plain(Arn="arn", Name="name")),
    "BlockDeviceMappings": TemplateField(
        "block_device_mappings",
        {
            **_plain(DeviceName="device_name", VirtualName="virtual_name", NoDevice="no_device"),
            "Ebs": TemplateField("ebs", _EBS),
        },
    ),
    "NetworkInterfaces": TemplateField("network_interfaces", _INTERFACE),
    "Monitoring": TemplateField("monitoring", _plain(Enabled="enabled")),
    "Placement": TemplateField(
        "placement",
        _plain(
            AvailabilityZone="availability_zone",
            Affinity="affinity",
            GroupName="group_name",
            GroupId="group_id",
            HostId="host_id",
            Tenancy="tenancy",
            SpreadDomain="spread_domain",
            HostResourceGroupArn="host_resource_group_arn",
            PartitionNumber="partition_number",
        ),
    ),
    "InstanceMarketOptions": TemplateField(
        "instance_market_options",
        {
            **_plain(MarketType="market_type"),
            "SpotOptions": TemplateField(
                "spot_options",
                _plain(
                    MaxPrice="max_price",
                    SpotInstanceType="spot_instance_type",
                    BlockDurationMinutes="block_duration_minutes",
                    InstanceInterruptionBehavior="instance_interruption_behavior",
                ),
            ),
        },
    ),
    "CreditSpecification": TemplateField("credit_specification", _plain(CpuCredits="cpu_credits")),
    "CpuOptions": TemplateField(
        "cpu_options",
        _plain(
            CoreCount="core_count",
            ThreadsPerCore="threads_per_core",
            AmdSevSnp="amd_sev_snp",
            NestedVirtualization="nested_virtualization",
        ),
    ),
    "CapacityReservationSpecification": TemplateField(
        "capacity_reservation_specification",
        {
            **_plain(CapacityReservationPreference="capacity_reservation_preference"),
            "CapacityReservationTarget": TemplateField(
                "capacity_reservation_target",
                _plain(
                    CapacityReservationId="capacity_reservation_id",
                    CapacityReservationResourceGroupArn="capacity_reservation_resource_group_arn",
                ),
            ),
        },
    ),
    "LicenseSpecifications": TemplateField(
        "license_specifications", _plain(LicenseConfigurationArn="license_configuration_arn")
    ),
    "HibernationOptions": TemplateField("hibernation_options", _plain(Configured="configured")),
    "MetadataOptions": TemplateField(
        "metadata_options",
        _plain(
            HttpTokens="http_tokens",
            HttpPutResponseHopLimit="http_put_response_hop_limit",
            HttpEndpoint="http_endpoint",
            HttpProtocolIpv6="http_protocol_ipv6",
            InstanceMetadataTags="instance_metadata_tags",
        ),
    ),
    "EnclaveOptions": TemplateField("enclave_options", _plain(Enabled="enabled")),
    "PrivateDnsNameOptions": TemplateField(
        "private_dns_name_options",
        _plain(
            HostnameType="hostname_type",
            EnableResourceNameDnsARecord="enable_resource_name_dns_a_record",
            EnableResourceNameDnsAAAARecord="enable_resource_name_dns_aaaa_record",
        ),
    ),
    "MaintenanceOptions": TemplateField(
        "maintenance_options", _plain(AutoRecovery="auto_recovery")
    ),
    "NetworkPerformanceOptions": TemplateField(
        "network_performance_options", _plain(BandwidthWeighting="bandwidth_weighting")
    ),
}
"""What is copied, by the name of AWS."""
SET_BY_US = frozenset(
    {
        "ImageId",
        "InstanceType",
        # Of a group that chooses among types; ours has one.
        "InstanceRequirements",
        # Joined with the slot's identity.
        "UserData",
        # Joined with those of the stack.
        "TagSpecifications",
        # What AWS did with it, and not what was declared.
        "MetadataOptions.State",
    }
)
"""What is not copied, because the config or the stack has it."""

_NOT_COMPARED = SET_BY_US - {"UserData", "TagSpecifications"}


def template_arguments(data: Values) -> dict[str, Any]:
    """What of a template's data is copied, as arguments of `aws.ec2.LaunchTemplate`."""
    return _arguments(data, TRANSLATED)


def is_primary(interface: Values) -> bool:
    """Whether an interface, in the provider's arguments, is the one that a target is reached by."""
    return not interface.get("device_index") and not interface.get("network_card_index")


def template_tags(data: Values) -> dict[str, dict[str, str]]:
    """The tags of what is launched, by the type of the resource."""
    return {
        each["ResourceType"]: {tag["Key"]: tag.get("Value", "") for tag in each.get("Tags", ())}
        for each in data.get("TagSpecifications", ())
    }


def untranslated(data: Values) -> tuple[str, ...]:
    """The fields that have a value and cannot be copied, such as `Placement.AvailabilityZoneId`.

    EC2 launches nothing with security groups beside network interfaces. Source: EC2 API,
    RunInstances, SecurityGroupId.
    """
    found = [*_untranslated(data, TRANSLATED, "")]
    if data.get("NetworkInterfaces") and data.get("SecurityGroupIds"):
        found.append("SecurityGroupIds beside NetworkInterfaces")
    return tuple(dict.fromkeys(found))


def changed_fields(data: Values, other: Values) -> tuple[str, ...]:
    """The fields of AWS in which a copy of `other` would differ from one of `data`.

    The image and the instance type of a template are not copied, so they make no difference.
    """
    return tuple(
        name
        for name in dict.fromkeys([*data, *other])
        if name not in _NOT_COMPARED and data.get(name) != other.get(name)
    )


def _arguments(data: Values, fields: Mapping[str, TemplateField]) -> dict[str, Any]:
    return {
        known.argument: _argument(value, known)
        for name, value in data.items()
        if (known := fields.get(name)) is not None and value not in (None, "", [], {})
    }


def _argument(value: Any, known: TemplateField) -> Any:
    if known.fields is not None:
        if is_list(value):
            return [_arguments(each, known.fields) for each in value]
        return _arguments(value, known.fields)
    if known.is_text_flag:
        return "true" if value else "false"
    return list(value) if is_list(value) else value


def _untranslated(data: Values, fields: Mapping[str, TemplateField], way: str) -> Iterator[str]:
    for name, value in data.items():
        path = f"{way}{name}"
        known = fields.get(name)
        if known is not None and known.fields is not None:
            for each in value if is_list(value) else [value]:
                yield from _untranslated(each, known.fields, f"{path}.")
        elif known is None and path not in SET_BY_US and _has_value(value):
            yield path


def _has_value(value: Any) -> bool:
    """Whether anything is set in it: AWS returns `false` and empty maps where nothing is."""
    if is_map(value):
        return any(_has_value(each) for each in value.values())
    if is_list(value):
        return any(_has_value(each) for each in value)
    return value not in (None, "", False)
