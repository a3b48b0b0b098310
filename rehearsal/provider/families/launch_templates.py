"""Launch template, its data, and a group's reference to a version of it.

Source: hashicorp/aws 6 internal/service/ec2/ec2_launch_template.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_list, as_map, on_creation
from rehearsal.provider.table import (
    AutoName,
    Block,
    MapOf,
    Property,
    ResourceType,
    SchemaListOf,
    SetOf,
    Values,
)
from rehearsal.provider.values import (
    BOOLEAN,
    INTEGER,
    STRING,
    arn,
    between,
    every,
    length,
    matching,
    one_of,
)

# Texts "true" and "false" are the official provider's: they tell "off" from "not given".
_TEXT_FLAG = Property(STRING, valid=one_of("true", "false"))

_NETWORK_INTERFACE = Block(
    {
        "associatePublicIpAddress": _TEXT_FLAG,
        "deleteOnTermination": _TEXT_FLAG,
        "deviceIndex": Property(INTEGER),
        "securityGroups": Property(SetOf(STRING)),
    }
)
_METADATA_OPTIONS = Block(
    {
        "httpEndpoint": Property(STRING, computed=True, valid=one_of("enabled", "disabled")),
        "httpTokens": Property(STRING, computed=True, valid=one_of("optional", "required")),
        "httpPutResponseHopLimit": Property(INTEGER, computed=True, valid=between(1, 64)),
        "httpProtocolIpv6": Property(STRING, computed=True, valid=one_of("enabled", "disabled")),
        "instanceMetadataTags": Property(
            STRING, computed=True, valid=one_of("enabled", "disabled")
        ),
    }
)
_VOLUME_TYPES = ("standard", "gp2", "gp3", "io1", "io2", "sc1", "st1")
_DEVICE_MAPPING = Block(
    {
        "deviceName": Property(STRING),
        "ebs": Property(
            Block(
                {
                    "encrypted": _TEXT_FLAG,
                    "deleteOnTermination": _TEXT_FLAG,
                    "volumeSize": Property(INTEGER, computed=True, valid=between(1, 65536)),
                    "volumeType": Property(STRING, computed=True, valid=one_of(*_VOLUME_TYPES)),
                    "iops": Property(INTEGER, computed=True),
                    "throughput": Property(INTEGER, computed=True),
                    "kmsKeyId": Property(STRING, valid=arn),
                    "snapshotId": Property(STRING),
                }
            )
        ),
    }
)
_PLACEMENT = Block(
    {
        "availabilityZone": Property(STRING),
        "groupName": Property(STRING),
        "tenancy": Property(STRING, valid=one_of("dedicated", "default", "host")),
    }
)
_TAG_SPECIFICATION = Block(
    {
        "resourceType": Property(
            STRING,
            valid=one_of("instance", "volume", "network-interface", "spot-instances-request"),
        ),
        "tags": Property(MapOf(STRING)),
    }
)

DATA_PROPERTIES: dict[str, Property] = {
    "imageId": Property(STRING),
    "instanceType": Property(STRING),
    "userData": Property(STRING),
    "ebsOptimized": _TEXT_FLAG,
    "keyName": Property(STRING),
    "networkInterfaces": Property(SchemaListOf(_NETWORK_INTERFACE)),
    "vpcSecurityGroupIds": Property(SetOf(STRING)),
    "metadataOptions": Property(_METADATA_OPTIONS, computed=True),
    "blockDeviceMappings": Property(SchemaListOf(_DEVICE_MAPPING)),
    "monitoring": Property(Block({"enabled": Property(BOOLEAN)})),
    "iamInstanceProfile": Property(Block({"name": Property(STRING), "arn": Property(STRING)})),
    "creditSpecification": Property(
        Block({"cpuCredits": Property(STRING, valid=one_of("standard", "unlimited"))})
    ),
    "placement": Property(_PLACEMENT),
    "tagSpecifications": Property(SchemaListOf(_TAG_SPECIFICATION)),
}

_PLAIN = {
    "imageId": "ImageId",
    "instanceType": "InstanceType",
    "userData": "UserData",
    "keyName": "KeyName",
    "vpcSecurityGroupIds": "SecurityGroupIds",
}

_BLOCKS = {
    "metadataOptions": "MetadataOptions",
    "iamInstanceProfile": "IamInstanceProfile",
    "creditSpecification": "CreditSpecification",
    "placement": "Placement",
}

LAUNCH_REFERENCE = Block(
    {
        "id": Property(STRING, computed=True),
        "name": Property(STRING, computed=True),
        "version": Property(STRING, computed=True),
    }
)

_NOT_FOUND = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException")
_VERSIONED = frozenset(DATA_PROPERTIES) | {"description"}
_UNVERSIONED = frozenset({"name", "description", "updateDefaultVersion"})
"""What a preview does not expect a new version from. Source: CustomizeDiff of the resource."""


def _capitalised(block: Values) -> dict[str, Any]:
    return {name[0].upper() + name[1:]: value for name, value in block.items() if value is not None}


def _lowered(block: Any, table: Block) -> Values:
    shown = {name[0].lower() + name[1:]: value for name, value in block.items()}
    return {name: value for name, value in shown.items() if name in table.properties}


def _flagged(block: Values, *names: str) -> Values:
    """With the texts of flags as AWS's booleans."""
    return {name: value == "true" if name in names else value for name, value in block.items()}


def _unflagged(block: Values, *names: str) -> Values:
    """With AWS's booleans as the texts of flags."""
    return {
        name: str(value).lower() if name in names and value is not None else value
        for name, value in block.items()
    }


def data_as_aws(inputs: Values) -> Any:
    """Declared data as AWS's `LaunchTemplateData`, the whole of it."""
    data: dict[str, Any] = {aws: inputs[name] for name, aws in _PLAIN.items() if inputs.get(name)}
    if "ebsOptimized" in inputs:
        data["EbsOptimized"] = inputs["ebsOptimized"] == "true"
    if inputs.get("networkInterfaces"):
        data["NetworkInterfaces"] = [_interface(one) for one in inputs["networkInterfaces"]]
    if inputs.get("blockDeviceMappings"):
        data["BlockDeviceMappings"] = [_mapping(one) for one in inputs["blockDeviceMappings"]]
    if inputs.get("monitoring"):
        data["Monitoring"] = {"Enabled": bool(inputs["monitoring"].get("enabled"))}
    for name, aws in _BLOCKS.items():
        if inputs.get(name):
            data[aws] = _capitalised(inputs[name])
    if inputs.get("tagSpecifications"):
        data["TagSpecifications"] = [
            {"ResourceType": one.get("resourceType"), "Tags": as_list(one.get("tags"))}
            for one in inputs["tagSpecifications"]
        ]
    return data


def _interface(declared: Values) -> dict[str, Any]:
    sent = _flagged(declared, "associatePublicIpAddress", "deleteOnTermination")
    groups = sent.pop("securityGroups", None)
    if groups:
        sent["groups"] = groups
    return _capitalised({"deviceIndex": 0, **sent})


def _mapping(declared: Values) -> dict[str, Any]:
    sent: dict[str, Any] = {"DeviceName": declared.get("deviceName")}
    if declared.get("ebs"):
        sent["Ebs"] = _capitalised(_flagged(declared["ebs"], "encrypted", "deleteOnTermination"))
    return sent


def data_from_aws(data: Any) -> Values:
    """AWS's `LaunchTemplateData` as properties."""
    shown: Values = {name: data.get(aws) or None for name, aws in _PLAIN.items()}
    if "EbsOptimized" in data:
        shown["ebsOptimized"] = str(data["EbsOptimized"]).lower()
    shown["networkInterfaces"] = [
        {
            **_unflagged(
                _lowered(one, _NETWORK_INTERFACE),
                "associatePublicIpAddress",
                "deleteOnTermination",
            ),
            "securityGroups": list(one.get("Groups") or ()),
        }
        for one in data.get("NetworkInterfaces") or ()
    ]
    if data.get("MetadataOptions"):
        shown["metadataOptions"] = _lowered(data["MetadataOptions"], _METADATA_OPTIONS)
    shown["blockDeviceMappings"] = [
        _mapping_from_aws(one) for one in data.get("BlockDeviceMappings") or ()
    ]
    if data.get("Monitoring"):
        shown["monitoring"] = {"enabled": bool(data["Monitoring"].get("Enabled"))}
    if data.get("IamInstanceProfile"):
        profile = data["IamInstanceProfile"]
        shown["iamInstanceProfile"] = {"name": profile.get("Name"), "arn": profile.get("Arn")}
    if data.get("CreditSpecification"):
        shown["creditSpecification"] = {"cpuCredits": data["CreditSpecification"]["CpuCredits"]}
    if data.get("Placement"):
        shown["placement"] = _lowered(data["Placement"], _PLACEMENT)
    shown["tagSpecifications"] = [
        {"resourceType": one.get("ResourceType"), "tags": as_map(one.get("Tags"))}
        for one in data.get("TagSpecifications") or ()
    ]
    return shown


def _mapping_from_aws(mapping: Any) -> Values:
    shown: Values = {"deviceName": mapping.get("DeviceName")}
    if mapping.get("Ebs"):
        table = _DEVICE_MAPPING.properties["ebs"].kind
        assert isinstance(table, Block)
        ebs = _lowered(mapping["Ebs"], table)
        shown["ebs"] = _unflagged(ebs, "encrypted", "deleteOnTermination")
    return shown


def reference_as_aws(declared: Values) -> Any:
    """AWS takes an id or a name, not both."""
    sent: dict[str, Any] = {}
    if declared.get("id"):
        sent["LaunchTemplateId"] = declared["id"]
    elif declared.get("name"):
        sent["LaunchTemplateName"] = declared["name"]
    if declared.get("version"):
        sent["Version"] = declared["version"]
    return sent


def reference_from_aws(reference: Any) -> Values | None:
    """The reference as a property."""
    if not reference:
        return None
    return {
        "id": reference.get("LaunchTemplateId"),
        "name": reference.get("LaunchTemplateName"),
        "version": reference.get("Version"),
    }


def _described(inputs: Values) -> dict[str, Any]:
    return {"VersionDescription": inputs["description"]} if inputs.get("description") else {}


def _create(call: ProviderCall, inputs: Values) -> str:
    answer = call.aws.ec2.create_launch_template(
        LaunchTemplateName=inputs["name"],
        LaunchTemplateData=data_as_aws(inputs),
        **_described(inputs),
        **on_creation("launch-template", inputs.get("tags")),
    )
    return answer["LaunchTemplate"]["LaunchTemplateId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _update(
    call: ProviderCall, template_id: str, old: Values, new: Values, changed: frozenset[str]
) -> None:
    ec2 = call.aws.ec2
    latest = old["latestVersion"]
    if changed & _VERSIONED:
        answer: Any = ec2.create_launch_template_version(
            LaunchTemplateId=template_id, LaunchTemplateData=data_as_aws(new), **_described(new)
        )
        latest = answer["LaunchTemplateVersion"]["VersionNumber"]
    if new.get("updateDefaultVersion"):
        ec2.modify_launch_template(LaunchTemplateId=template_id, DefaultVersion=str(latest))


def _read(call: ProviderCall, template_id: str) -> Values | None:
    found: Any = unless_gone(
        lambda: call.aws.ec2.describe_launch_templates(LaunchTemplateIds=[template_id]),
        *_NOT_FOUND,
    )
    if not found or not found["LaunchTemplates"]:
        return None
    template = found["LaunchTemplates"][0]
    latest = template["LatestVersionNumber"]
    versions: Any = call.aws.ec2.describe_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[str(latest)]
    )
    version = versions["LaunchTemplateVersions"][0]
    account = call.aws.account_id
    return {
        "arn": f"arn:aws:ec2:{call.aws.region}:{account}:launch-template/{template_id}",
        "name": template["LaunchTemplateName"],
        "description": version.get("VersionDescription") or None,
        "defaultVersion": int(template["DefaultVersionNumber"]),
        "latestVersion": int(latest),
        **data_from_aws(version.get("LaunchTemplateData") or {}),
        "tags": as_map(template.get("Tags")),
    }


def _delete(call: ProviderCall, template_id: str, _state: Values) -> None:
    unless_gone(
        lambda: call.aws.ec2.delete_launch_template(LaunchTemplateId=template_id), *_NOT_FOUND
    )


def _recomputed(changed: frozenset[str], inputs: Values) -> Iterable[str]:
    if changed - _UNVERSIONED:
        yield "latestVersion"
        if inputs.get("updateDefaultVersion"):
            yield "defaultVersion"


LAUNCH_TEMPLATE = ResourceType(
    token="aws:ec2/launchTemplate:LaunchTemplate",
    properties={
        "name": Property(
            STRING,
            replaces=True,
            valid=every(
                length(3, 125),
                matching(r"[0-9A-Za-z()./_-]+", "letters, digits and the characters ()./_-"),
            ),
        ),
        "description": Property(STRING, valid=length(0, 255)),
        **DATA_PROPERTIES,
        "updateDefaultVersion": Property(BOOLEAN, provider_only=True),
        "tags": TAGS,
    },
    outputs=("arn", "defaultVersion", "latestVersion"),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    tagging=EC2_TAGGING,
    autoname=AutoName(most=125),
    recomputed=_recomputed,
)
