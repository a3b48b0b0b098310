"""Bucket, its public access block and its policy.

Source: hashicorp/aws 6 internal/service/s3, bucket*.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.tags import TAGS, as_list, as_map
from rehearsal.provider.table import AutoName, Property, ResourceType, Tagging, Values
from rehearsal.provider.values import (
    BOOLEAN,
    POLICY_TEXT,
    STRING,
    every,
    json_document,
    length,
    matching,
)

MAX_DELETED_OBJECTS = 1000
"""Objects in one DeleteObjects call. Source: S3 API Reference, DeleteObjects."""

_NO_BUCKET = ("NoSuchBucket", "404", "NotFound")

# Source: AWS General Reference, "Amazon S3 website endpoints": hosted zone ids of two regions.
_HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-northeast-2": "Z3W03O7B5YMIYP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
}


# Bucket


def _create_bucket(call: ProviderCall, inputs: Values) -> str:
    arguments: dict[str, Any] = {"Bucket": inputs["bucket"]}
    if call.aws.region != "us-east-1":
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": call.aws.region}
    call.aws.s3.create_bucket(**arguments)
    return inputs["bucket"]


def _settle_bucket(call: ProviderCall, bucket: str, inputs: Values) -> None:
    if inputs.get("tags"):
        _put_tags(call, bucket, inputs["tags"])


def _put_tags(call: ProviderCall, bucket: str, tags: Mapping[str, str]) -> None:
    if tags:
        call.aws.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": as_list(tags)})
    else:
        call.aws.s3.delete_bucket_tagging(Bucket=bucket)


def _tags(call: ProviderCall, bucket: str) -> dict[str, str]:
    found = unless_gone(lambda: call.aws.s3.get_bucket_tagging(Bucket=bucket), "NoSuchTagSet")
    return as_map(found["TagSet"]) if found else {}


def _add_tags(call: ProviderCall, bucket: str, tags: dict[str, str]) -> None:
    _put_tags(call, bucket, {**_tags(call, bucket), **tags})


def _remove_tags(call: ProviderCall, bucket: str, keys: list[str]) -> None:
    kept = {key: value for key, value in _tags(call, bucket).items() if key not in keys}
    _put_tags(call, bucket, kept)


def _has_bucket(call: ProviderCall, bucket: str) -> bool:
    return unless_gone(lambda: call.aws.s3.head_bucket(Bucket=bucket), *_NO_BUCKET) is not None


def _read_bucket(call: ProviderCall, bucket: str) -> Values | None:
    if not _has_bucket(call, bucket):
        return None
    region = call.aws.region
    return {
        "arn": f"arn:aws:s3:::{bucket}",
        "bucket": bucket,
        "bucketDomainName": f"{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
        "bucketRegion": region,
        "hostedZoneId": _HOSTED_ZONES.get(region),
        "tags": _tags(call, bucket),
    }


def _delete_bucket(call: ProviderCall, bucket: str, state: Values) -> None:
    if state.get("forceDestroy") and _has_bucket(call, bucket):
        _empty_bucket(call, bucket)
    unless_gone(lambda: call.aws.s3.delete_bucket(Bucket=bucket), *_NO_BUCKET)


def _empty_bucket(call: ProviderCall, bucket: str) -> None:
    """Delete every object, every version and every delete marker."""
    pages = call.aws.s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": MAX_DELETED_OBJECTS}
    )
    for page in pages:
        listed: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects: list[Any] = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in listed]
        if objects:
            call.aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


BUCKET = ResourceType(
    token="aws:s3/bucket:Bucket",
    properties={
        "bucket": Property(
            STRING,
            replaces=True,
            valid=every(
                length(3, 63),
                matching(
                    r"[a-z0-9][a-z0-9.-]*[a-z0-9]",
                    "lowercase letters, digits, dots and hyphens, a letter or digit at both ends",
                ),
            ),
        ),
        "forceDestroy": Property(BOOLEAN, default=False, provider_only=True),
        "tags": TAGS,
    },
    outputs=(
        "arn",
        "bucketDomainName",
        "bucketRegion",
        "bucketRegionalDomainName",
        "hostedZoneId",
    ),
    create=_create_bucket,
    read=_read_bucket,
    delete=_delete_bucket,
    settle=_settle_bucket,
    tagging=Tagging(_add_tags, _remove_tags),
    autoname=AutoName(property="bucket", most=63),
)


# Public access block

_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _put_access_block(call: ProviderCall, inputs: Values) -> str:
    configuration: Any = {aws: bool(inputs[name]) for name, aws in _BLOCKS.items()}
    call.aws.s3.put_public_access_block(
        Bucket=inputs["bucket"], PublicAccessBlockConfiguration=configuration
    )
    return inputs["bucket"]


def _read_access_block(call: ProviderCall, bucket: str) -> Values | None:
    found = unless_gone(
        lambda: call.aws.s3.get_public_access_block(Bucket=bucket),
        *_NO_BUCKET,
        "NoSuchPublicAccessBlockConfiguration",
    )
    if not found:
        return None
    shown: Any = found["PublicAccessBlockConfiguration"]
    return {"bucket": bucket, **{name: shown.get(aws, False) for name, aws in _BLOCKS.items()}}


def _delete_access_block(call: ProviderCall, bucket: str, _state: Values) -> None:
    unless_gone(lambda: call.aws.s3.delete_public_access_block(Bucket=bucket), *_NO_BUCKET)


BUCKET_PUBLIC_ACCESS_BLOCK = ResourceType(
    token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    properties={
        "bucket": Property(STRING, required=True, replaces=True),
        **{name: Property(BOOLEAN, default=False) for name in _BLOCKS},
    },
    outputs=(),
    create=_put_access_block,
    read=_read_access_block,
    update=lambda call, _id, _old, new, _changed: _put_access_block(call, new),
    delete=_delete_access_block,
)


# Policy


def _put_policy(call: ProviderCall, inputs: Values) -> str:
    call.aws.s3.put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])
    return inputs["bucket"]


def _read_policy(call: ProviderCall, bucket: str) -> Values | None:
    found = unless_gone(
        lambda: call.aws.s3.get_bucket_policy(Bucket=bucket), *_NO_BUCKET, "NoSuchBucketPolicy"
    )
    return {"bucket": bucket, "policy": found["Policy"]} if found else None


def _delete_policy(call: ProviderCall, bucket: str, _state: Values) -> None:
    unless_gone(lambda: call.aws.s3.delete_bucket_policy(Bucket=bucket), *_NO_BUCKET)


BUCKET_POLICY = ResourceType(
    token="aws:s3/bucketPolicy:BucketPolicy",
    properties={
        "bucket": Property(STRING, required=True, replaces=True),
        "policy": Property(POLICY_TEXT, required=True, valid=json_document),
    },
    outputs=(),
    create=_put_policy,
    read=_read_policy,
    update=lambda call, _id, _old, new, _changed: _put_policy(call, new),
    delete=_delete_policy,
)
