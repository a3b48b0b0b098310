"""Whether a load balancer may write its logs to a bucket, as AWS checks when they are enabled.

Source: ELB user guide, "Enable access logs for your Application Load Balancer".
"""

from __future__ import annotations

import fnmatch
import json
from typing import Any

from moto.elbv2.exceptions import ELBClientError, ValidationError
from moto.elbv2.models import ELBv2Backend
from moto.s3.models import s3_backends

DELIVERY_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
_TEST_FILE = "ELBAccessLogTestFile"


def check_log_bucket(backend: ELBv2Backend, bucket_name: str, prefix: str) -> None:
    """Refuse a bucket that is not there, or whose policy does not let the load balancer write.

    Raises:
        ELBClientError: no bucket named, none of that name, or no statement that allows it.
    """
    if not bucket_name:
        raise ValidationError("The access logs S3 bucket must be specified")
    bucket = s3_backends[backend.account_id][backend.partition].buckets.get(bucket_name)
    if bucket is None:
        raise ELBClientError(
            "InvalidConfigurationRequest", f"S3 bucket '{bucket_name}' does not exist"
        )
    folder = f"{prefix}/" if prefix else ""
    written = f"arn:aws:s3:::{bucket_name}/{folder}AWSLogs/{backend.account_id}/{_TEST_FILE}"
    if not any(_allows(statement, written) for statement in _statements(bucket.policy)):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            f"Access Denied for bucket: {bucket_name}. Please check S3bucket permission",
        )


def _statements(policy: bytes | str | None) -> list[dict[str, Any]]:
    if not policy:
        return []
    statements = json.loads(policy).get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _allows(statement: dict[str, Any], written: str) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and _is_load_balancing(statement.get("Principal"))
        and any(fnmatch.fnmatch("s3:PutObject", a) for a in _listed(statement.get("Action")))
        and any(fnmatch.fnmatch(written, r) for r in _listed(statement.get("Resource")))
    )


def _is_load_balancing(principal: Any) -> bool:
    """The log delivery service, or an account: older regions have one of Elastic Load Balancing."""
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    services, accounts = _listed(principal.get("Service")), _listed(principal.get("AWS"))
    return DELIVERY_SERVICE in services or bool(accounts)


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]
