"""Calls to AWS that survive throttling, are counted, and fail in words."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from live.errors import LiveError, NoCredentialsError, translated
from ops.inspect.errors import InspectError, NotReadableError

_RETRIES = Config(
    retries={"mode": "adaptive", "total_max_attempts": 12}, connect_timeout=5, read_timeout=20
)
"""A describe that is throttled waits and asks again, slower and slower, for about a minute."""


class Calls:
    """The clients of one session; counts every request that they send."""

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        """Be ready; no call is made yet.

        Raises:
            InspectError: there is no such profile, or no region.
        """
        # boto3 reads AWS_DEFAULT_REGION alone, where every other tool reads AWS_REGION too.
        with reported():
            self._session = boto3.Session(
                profile_name=profile, region_name=region or os.environ.get("AWS_REGION")
            )
        if not self._session.region_name:
            raise InspectError("no region: say --region us-east-1, or set AWS_REGION")
        self.region = self._session.region_name
        self.count = 0

    def client(self, service: str) -> Any:
        """A client of `service`; the caller closes it."""
        with reported():
            client: Any = self._session.client(service, config=_RETRIES)  # pyright: ignore[reportCallIssue, reportArgumentType]
        client.meta.events.register("before-send", self._sent)
        return client

    def _sent(self, **_about: object) -> None:
        self.count += 1


@contextmanager
def reported() -> Generator[None]:
    """Tell what AWS or its SDK says against a call in words that lead on.

    Raises:
        NotReadableError: there was no answer, or a refusal.
        InspectError: what was asked with is wrong: profile, region, credentials.
    """
    try:
        with translated():
            yield
    except NoCredentialsError as error:
        raise InspectError(str(error)) from error
    except LiveError as error:
        raise NotReadableError(str(error)) from error
