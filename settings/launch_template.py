"""The launch template of a slot: what its instances boot with beside the program's own settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from settings.arguments import OWNED_BY_TEMPLATE, Arguments
from settings.declaration.key import ConfigMap, Key, KeyGroup, key, optional, required
from settings.declaration.kind import (
    Confidential,
    Fields,
    Json,
    JsonSchema,
    ListOf,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
    arn_of,
)
from settings.declaration.landing import LAUNCH_TEMPLATE, Landing

SHELL_SCRIPT = "#!"
CLOUD_CONFIG = "#cloud-config"


@dataclass(frozen=True, slots=True)
class UserDataText(Confidential):
    """The kind of user data that stands in the stack file, encrypted or not."""

    name: str = "text"
    expected: str = f"a shell script, from `{SHELL_SCRIPT}`, or cloud-config, from `{CLOUD_CONFIG}`"

    @property
    def json_schema(self) -> JsonSchema:
        """The text, or what `pulumi config set --secret` writes."""
        return {
            "type": ["string", "object"],
            "pattern": f"^(?:{SHELL_SCRIPT}|{CLOUD_CONFIG})",
            "patternErrorMessage": f"Expected: {self.expected}",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
        }

    def read(self, value: Json) -> str:
        """The text unchanged."""
        if not isinstance(value, str) or not value.startswith((SHELL_SCRIPT, CLOUD_CONFIG)):
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value


@dataclass(frozen=True, kw_only=True)
class UserData(ConfigMap):
    """User data of the application: from a file, or as it is here."""

    file: Key[str | None] = optional(
        "boot/web.sh",
        Text(
            r"(?![/~])[^\x00-\x1f\x7f]{1,512}",
            "the path of a file, from the folder with Pulumi.yaml",
            "path",
        ),
        "A file of the project: a shell script (`#!`) or cloud-config (`#cloud-config`).",
        offer="SCRIPT_FILE",
    )
    text: Key[str | None] = optional(
        "#!/bin/sh\nsystemctl start web\n",
        UserDataText(),
        "The same as text, which the stack file can hold encrypted, as a secret.",
        offer="SCRIPT_TEXT",
    )


@dataclass(frozen=True, kw_only=True)
class TemplateSource(ConfigMap):
    """A version of an existing launch template, by the id or the name of the template."""

    template_id: Key[str | None] = optional(
        "lt-0a1b2c3d4e5f60718",
        Text(r"lt-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a launch template: lt-..."),
        "The id of the launch template.",
        name="id",
        offer="LAUNCH_TEMPLATE_ID",
    )
    template_name: Key[str | None] = optional(
        "shop-web",
        Text(r"[0-9A-Za-z()./_-]{3,128}", "the name of a launch template"),
        "The name of the launch template, in place of its id.",
        name="name",
        offer="LAUNCH_TEMPLATE_NAME",
    )
    version: Key[int] = required(
        4,
        WholeNumber(1, 1_000_000),
        "The number of the version. With `$Latest` an update could bring another build with it.",
        offer="VERSION",
    )


INSTANCE_TYPE = Text(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "an instance type, such as m7i.large")
DEVICE_NAME = Text(r"/dev/[a-z0-9]+", "a device name, such as /dev/xvda")
_OTHER_DEVICE = "a device name that no other entry of the list has"
_SECURITY_GROUP = Text(r"sg-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a security group: sg-...")
_VOLUME: Mapping[str, Json] = {
    "deviceName": "/dev/sdf",
    "sizeGib": 100,
    "type": "gp3",
    "iops": 6000,
    "throughput": 250,
}
_WITH_IOPS = ("gp3", "io1", "io2")
_NEED_IOPS = ("io1", "io2")


@dataclass(frozen=True, slots=True)
class VolumeFields(Fields):
    """The kind of a volume.

    Source: EC2 API, LaunchTemplateEbsBlockDeviceRequest.
    """

    fields: Mapping[str, Any] = field(
        default_factory=lambda: {
            "deviceName": DEVICE_NAME,
            "sizeGib": WholeNumber(1, 65_536),
            "type": Text(
                r"gp3|gp2|io1|io2|st1|sc1|standard",
                "a type of volume: gp3, gp2, io1, io2, st1, sc1 or standard",
            ),
            "iops": WholeNumber(100, 256_000),
            "throughput": WholeNumber(125, 2000),
        }
    )
    needed: tuple[str, ...] = ("deviceName",)
    examples: Mapping[str, Json] = field(default_factory=lambda: _VOLUME)

    def read(self, value: Json) -> Mapping[str, Any]:
        """A volume whose speed goes with its type."""
        volume = super(VolumeFields, self).read(value)
        problems = list(_volume_problems(volume))
        if problems:
            raise RefusedValueError(*problems)
        return volume


def _volume_problems(volume: Mapping[str, Any]) -> Iterator[ValueProblem]:
    kind = volume.get("type", "gp3")
    if "throughput" in volume and kind != "gp3":
        expected = f"no throughput: {kind} takes none, gp3 does"
        yield ValueProblem(volume["throughput"], expected, ".throughput", is_unknown=True)
    if "iops" in volume and kind not in _WITH_IOPS:
        expected = f"no iops: {kind} takes none; {', '.join(_WITH_IOPS)} do"
        yield ValueProblem(volume["iops"], expected, ".iops", is_unknown=True)
    if "iops" not in volume and kind in _NEED_IOPS:
        yield ValueProblem(None, f"the iops of the volume, which {kind} needs", ".iops", 6000)


@dataclass(frozen=True, slots=True)
class Volumes(ListOf[Mapping[str, Any]]):
    """The kind of a list of volumes, each on a device of its own."""

    def read(self, value: Json) -> tuple[Mapping[str, Any], ...]:
        """The volumes, in order."""
        volumes = super(Volumes, self).read(value)
        devices = [volume["deviceName"] for volume in volumes]
        problems = [
            ValueProblem(name, _OTHER_DEVICE, f"[{n}].deviceName", f"/dev/sd{'fghijklmnop'[n]}")
            for n, name in enumerate(devices)
            if name in devices[:n]
        ]
        if problems:
            raise RefusedValueError(*problems)
        return volumes


@dataclass(frozen=True, kw_only=True)
class LaunchTemplate(ConfigMap):
    """What the launch template of a slot has beside image, instance type and network."""

    user_data: KeyGroup[UserData | None] = KeyGroup(
        "What the instances boot with, after the slot's identity: from a file or as text, one of "
        "them. It is a secret of the stack and a part of the revision, so a change is a release "
        "of the slot. A slot's own replaces its service's.",
        UserData,
        is_optional=True,
    )
    source: KeyGroup[TemplateSource | None] = KeyGroup(
        "A version of an existing launch template that the slot's is made from: all of its data, "
        "beside the image, the instance type, the tags and the slot's identity. The instances "
        "have its security groups and the stack's. A slot's own replaces its service's.",
        TemplateSource,
        name="from",
        is_optional=True,
    )
    security_group_ids: Key[tuple[str, ...]] = key(
        (),
        ListOf(_SECURITY_GROUP, 1, 15),
        "Security groups of the instances beside the stack's, and beside those of `from`. A slot's "
        "own list replaces its service's.",
        example=("sg-0a1b2c3d4e5f60718",),
    )
    key_name: Key[str | None] = optional(
        "ops",
        Text(r"[!-~]([ -~]{0,253}[!-~])?", "the name of an EC2 key pair"),
        "The key pair of the instances; it replaces that of `from`. A slot's own replaces its "
        "service's.",
        offer="KEY_PAIR_NAME",
        lands=Landing(LAUNCH_TEMPLATE, "keyName"),
    )
    kms_key_id: Key[str | None] = optional(
        "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        arn_of("kms", r"(key/[0-9A-Za-z-]+|alias/[0-9A-Za-z/_-]+)", "a KMS key"),
        "The KMS key of every volume: the root, those of `volumes`, and those of `from`, whose "
        "keys it replaces. A slot's own replaces its service's.",
        lands=Landing(LAUNCH_TEMPLATE, "blockDeviceMappings[*].ebs.kmsKeyId"),
    )
    arguments: Key[Mapping[str, Any] | None] = optional(
        {"monitoring": {"enabled": True}},
        Arguments("launchTemplate", OWNED_BY_TEMPLATE),
        "Any other argument of `aws.ec2.LaunchTemplate`, under its own name. A map extends what "
        "the program or `from` sets, and a network interface that of its device index; anything "
        "else replaces it. A slot's own map replaces its service's.",
    )
    volumes: Key[tuple[Mapping[str, Any], ...]] = key(
        (),
        Volumes(VolumeFields(), 1, 11),
        "Volumes, encrypted, of type gp3 where none is named. On a device that the image's root "
        "or a volume of `from` has, the fields here replace its own; on any other device it is a "
        "further volume, which needs sizeGib. A slot's own list replaces its service's.",
        example=(_VOLUME,),
    )
