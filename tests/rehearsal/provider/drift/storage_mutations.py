"""Changes to buckets."""

from __future__ import annotations

import json
from typing import Any

from tests.rehearsal.provider.drift.mutation import (
    PROVIDER_ONLY,
    REPLACED,
    Mutation,
    Subject,
    Table,
    Undo,
)


def _tag(subject: Subject) -> Undo:
    s3 = subject.client("s3")

    def put(tags: dict[str, str]) -> None:
        told = [{"Key": key, "Value": value} for key, value in tags.items()]
        s3.put_bucket_tagging(Bucket=subject.id, Tagging={"TagSet": told})

    put({**subject.inputs["tags"], "Name": "elsewhere"})
    return lambda: put(subject.inputs["tags"])


_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def _allow(argument: str) -> Mutation:
    def apply(subject: Subject) -> Undo:
        s3 = subject.client("s3")
        blocked: Any = dict.fromkeys(_BLOCKS, True)

        def put(configuration: Any) -> None:
            s3.put_public_access_block(
                Bucket=subject.id, PublicAccessBlockConfiguration=configuration
            )

        put({**blocked, argument: False})
        return lambda: put(blocked)

    return Mutation(apply)


def _deny(subject: Subject) -> Undo:
    s3 = subject.client("s3")
    policy = json.loads(subject.inputs["policy"])
    policy["Statement"][0]["Effect"] = "Deny"
    s3.put_bucket_policy(Bucket=subject.id, Policy=json.dumps(policy))
    return lambda: s3.put_bucket_policy(Bucket=subject.id, Policy=subject.inputs["policy"])


STORAGE: dict[str, Table] = {
    "aws:s3/bucket:Bucket": {
        "bucket": REPLACED,
        "forceDestroy": PROVIDER_ONLY,
        "tags": Mutation(_tag, shows=frozenset({"tags.Name"})),
    },
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "bucket": REPLACED,
        "blockPublicAcls": _allow("BlockPublicAcls"),
        "blockPublicPolicy": _allow("BlockPublicPolicy"),
        "ignorePublicAcls": _allow("IgnorePublicAcls"),
        "restrictPublicBuckets": _allow("RestrictPublicBuckets"),
    },
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket": REPLACED, "policy": Mutation(_deny)},
}
