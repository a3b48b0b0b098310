"""The volumes of a slot's instances: the root, those of a copied template, those of the config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DeviceMapping = Mapping[str, Any]
"""An entry of `block_device_mappings`, in the provider's arguments."""

_ARGUMENTS = {
    "sizeGib": "volume_size",
    "type": "volume_type",
    "iops": "iops",
    "throughput": "throughput",
}
_SPEED = ("iops", "throughput")
_NEW = {"volume_type": "gp3", "delete_on_termination": "true"}


def root_volume(device_name: str, size_gib: int) -> DeviceMapping:
    """The root volume of a template of the program's own."""
    return {
        "device_name": device_name,
        "ebs": {
            "encrypted": "true",
            "volume_type": "gp3",
            "volume_size": size_gib,
            "delete_on_termination": "true",
        },
    }


def with_volumes(
    mappings: Sequence[DeviceMapping], volumes: Sequence[Mapping[str, Any]], kms_key_id: str | None
) -> list[DeviceMapping]:
    """`mappings` with the volumes of the config, and with its key for every volume.

    Args:
        mappings: The root, or those of a copied template.
        volumes: As the config has them: each extends the mapping of its device, or is a new one.
        kms_key_id: The ARN of a KMS key; `None` keeps the keys that the mappings have.
    """
    by_device = {mapping["device_name"]: mapping for mapping in mappings}
    for volume in volumes:
        device = volume["deviceName"]
        known = by_device.get(device, {}).get("ebs")
        by_device[device] = {"device_name": device, "ebs": _merged(known, volume)}
    return [_encrypted(mapping, kms_key_id) for mapping in by_device.values()]


def devices_without_size(
    mappings: Sequence[DeviceMapping], volumes: Sequence[Mapping[str, Any]]
) -> list[int]:
    """The places of the volumes that are new on their device and have no size."""
    known = {mapping["device_name"] for mapping in mappings if "ebs" in mapping}
    return [
        n
        for n, volume in enumerate(volumes)
        if volume["deviceName"] not in known and "sizeGib" not in volume
    ]


def _merged(known: Mapping[str, Any] | None, volume: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a volume over those that its device has; another type drops the speed."""
    base = dict(_NEW if known is None else known)
    if volume.get("type", base.get("volume_type")) != base.get("volume_type"):
        base = {name: value for name, value in base.items() if name not in _SPEED}
    given = {_ARGUMENTS[name]: volume[name] for name in _ARGUMENTS if name in volume}
    return {**base, "encrypted": "true", **given}


def _encrypted(mapping: DeviceMapping, kms_key_id: str | None) -> DeviceMapping:
    if kms_key_id is None or "ebs" not in mapping:
        return mapping
    return {**mapping, "ebs": {**mapping["ebs"], "encrypted": "true", "kms_key_id": kms_key_id}}
