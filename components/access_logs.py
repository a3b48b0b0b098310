"""The bucket of the load balancer's access logs."""

from __future__ import annotations

import json
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.context import Context

ACCESS_LOG_PREFIX = "alb"
"""The prefix of every log's key in the bucket."""

_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
"""The service that writes them. Source: ELB user guide, "Enable access logs"."""


class AccessLogsArgs(TypedDict):
    """The arguments of `AccessLogs`."""

    context: Context
    """What all resources of the stack have in common."""


class AccessLogs(pulumi.ComponentResource):
    """A private bucket that only this account's load balancers may write to.

    Where the stack is protected, the bucket survives `destroy` for as long as it holds logs.
    """

    bucket_name: pulumi.Output[str]
    """The bucket's name, once its policy lets the load balancer write: the ALB checks at once."""

    def __init__(
        self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the bucket."""
        super().__init__("failover:index:AccessLogs", name, None, opts)
        context = args["context"]
        bucket_name = context.names.of("alb-logs")
        bucket = aws.s3.Bucket(
            "access-logs",
            bucket=bucket_name,
            # Absent rather than false: present only where a destroy may delete the logs.
            force_destroy=None if context.protection else True,
            tags=context.tags(bucket_name),
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
        # Depends on the block: S3 refuses two concurrent changes of one bucket's access.
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
    """The policy that lets log delivery write the logs of this account's load balancers."""
    statement = {
        "Sid": "LogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": _DELIVERY},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/{ACCESS_LOG_PREFIX}/AWSLogs/{account_id}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
