"""The bucket of the load balancer's access logs."""

from __future__ import annotations

import json
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.tags import Tags
from settings.names import Names

ACCESS_LOG_PREFIX = "alb"
"""Where in the bucket the logs lie."""

_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
"""Who writes them. Source: ELB user guide, "Enable access logs"."""


class AccessLogsArgs(TypedDict):
    """What the bucket is made from."""

    names: Names
    """The convention of every name."""
    tags: Tags
    """The tags of every resource."""
    is_kept: bool
    """Whether the bucket survives `destroy` for as long as it has logs in it."""


class AccessLogs(pulumi.ComponentResource):
    """A private bucket that the load balancer of this account, and nobody else, may write to."""

    bucket_name: pulumi.Output[str]
    """The bucket, once its policy lets the load balancer write: the ALB checks that at once."""

    def __init__(
        self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the bucket."""
        super().__init__("failover:index:AccessLogs", name, None, opts)
        bucket_name = args["names"].of("alb-logs")
        bucket = aws.s3.Bucket(
            "access-logs",
            bucket=bucket_name,
            # Absent rather than false: only its presence says that logs may go with the bucket.
            force_destroy=None if args["is_kept"] else True,
            tags=args["tags"].of(bucket_name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        block = aws.s3.BucketPublicAccessBlock(
            "access-logs",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # By way of the block: S3 refuses two changes of one bucket's access at a time.
        policy = aws.s3.BucketPolicy(
            "access-logs",
            bucket=block.bucket,
            policy=pulumi.Output.all(bucket.arn, aws.get_caller_identity_output().account_id).apply(
                lambda known: _policy(known[0], known[1])
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.bucket_name = policy.bucket
        self.register_outputs({"bucketName": self.bucket_name})


def _policy(bucket_arn: str, account_id: str) -> str:
    """Lets log delivery write the logs of this account's load balancers."""
    statement = {
        "Sid": "LogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": _DELIVERY},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/{ACCESS_LOG_PREFIX}/AWSLogs/{account_id}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
