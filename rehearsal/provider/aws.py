"""boto3 clients of one region, as one identity, made once and shared by all threads."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from live.provider_config import AssumedRole
from live.session import session_as
from rehearsal.provider.errors import ConfigurationError, described

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

MAX_CONNECTIONS = 64
"""As many as calls that the provider serves at once."""

THROTTLED_ATTEMPTS = 25
"""How often a call that AWS throttles is made again, in silence, before it is reported.

Source: hashicorp/aws, provider argument `max_retries`.
"""

LONGEST_BACKOFF_SECONDS = 20.0

_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
)

# The local AWS ignores credentials; with these set, boto3 looks for no others.
REHEARSAL_CREDENTIAL = "test"


class AwsClients:
    """The services that the resource types call.

    A client takes up to half a second to make and is thread-safe after; making one is not, so the
    first use of each takes a lock. Source: boto3 guide, "Multithreading or multiprocessing".
    """

    def __init__(self, region: str, endpoint: str, roles: Sequence[AssumedRole] = ()) -> None:
        self.region = region
        self.endpoint = endpoint
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        source = botocore.session.Session()
        source.set_credentials(REHEARSAL_CREDENTIAL, REHEARSAL_CREDENTIAL)
        for role in roles:
            source = session_as(role, source, self._creator(source), partial(_as_refused, role.arn))
        self._create = self._creator(source)

    def _creator(self, source: botocore.session.Session) -> Callable[..., Any]:
        return partial(source.create_client, region_name=self.region, endpoint_url=self.endpoint)

    def client(self, service: str) -> Any:
        """The client of a service."""
        found = self._clients.get(service)
        if found is not None:
            return found
        with self._lock:
            if service not in self._clients:
                config = Config(
                    max_pool_connections=MAX_CONNECTIONS,
                    retries={"mode": "standard"},
                    s3={"addressing_style": "path"},
                    tcp_keepalive=True,
                )
                client = self._create(service, config=config)
                client.meta.events.register_first("needs-retry", throttling_backoff)
                self._clients[service] = client
            return self._clients[service]

    @cached_property
    def account_id(self) -> str:
        """The account that the credentials belong to."""
        return str(self.sts.get_caller_identity()["Account"])

    @property
    def autoscaling(self) -> AutoScalingClient:
        """Auto Scaling."""
        return self.client("autoscaling")

    @property
    def cloudwatch(self) -> CloudWatchClient:
        """CloudWatch."""
        return self.client("cloudwatch")

    @property
    def ec2(self) -> EC2Client:
        """EC2, with the VPC's parts."""
        return self.client("ec2")

    @property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """Elastic Load Balancing, version 2."""
        return self.client("elbv2")

    @property
    def s3(self) -> S3Client:
        """S3."""
        return self.client("s3")

    @property
    def ssm(self) -> SSMClient:
        """Systems Manager."""
        return self.client("ssm")

    @property
    def sts(self) -> STSClient:
        """Security Token Service."""
        return self.client("sts")


def _as_refused(role_arn: str, ask: Callable[[], Any]) -> Callable[[], Any]:
    """`ask`, with the official provider's message where AWS refuses the role.

    Raises:
        ConfigurationError: the role may not be assumed, by these credentials or at all.
    """

    def asked() -> Any:
        try:
            return ask()
        except ClientError as error:
            raise ConfigurationError(
                f"IAM Role ({role_arn}) cannot be assumed: {described(error)}: the credentials "
                "need sts:AssumeRole on it, and its trust policy must name them"
            ) from error

    return asked


def throttling_backoff(
    response: tuple[Any, dict[str, Any]] | None = None, attempts: int = 1, **_rest: Any
) -> float | None:
    """Seconds until a throttled call is made again; None where another handler decides.

    Only throttling is retried so often: an AWS that cannot be reached is reported at once.
    """
    code = "" if response is None else response[1].get("Error", {}).get("Code", "")
    if code not in _THROTTLED or attempts > THROTTLED_ATTEMPTS:
        return None
    return random.random() * min(2.0 ** (attempts - 1), LONGEST_BACKOFF_SECONDS)
