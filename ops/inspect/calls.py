"""Calls to AWS that survive throttling, are counted, and fail in words."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from live.errors import LiveError, NoCredentialsError, ProviderConfigError, translated
from live.provider_config import ProviderConfig
from live.session import ProviderSession
from ops.errors import InputError, UnsureError

_ATTEMPTS = 12
"""A describe that is throttled waits and asks again, slower and slower, for about a minute.

Where nothing answers at all, the session gives up after a few seconds.
"""


class Calls:
    """The clients of one session; counts every request that they send."""

    def __init__(
        self,
        profile: str | None = None,
        region: str | None = None,
        aws_config: Mapping[str, str] | None = None,
    ) -> None:
        """Be ready; no call is made yet.

        Args:
            profile: Takes the place of the stack's.
            region: Takes the place of the stack's.
            aws_config: The `aws:` config of a stack, by bare names; its roles are assumed.

        Raises:
            InputError: there is no such profile, no region, or a config that cannot be followed.
        """
        with reported():
            of_stack = ProviderConfig.of_stack(aws_config or {}, os.environ)
            chosen = replace(
                of_stack,
                profile=profile or of_stack.profile,
                region=region or of_stack.region,
            )
            self._session = ProviderSession(chosen, _ATTEMPTS)
        if not self._session.region:
            raise InputError("no region: add --region us-east-1, or set AWS_REGION")
        self.region = self._session.region
        self.profile = profile
        self.count = 0

    def client(self, service: str) -> Any:
        """A client of `service`; the caller closes it."""
        with reported():
            client = self._session.client(service)
        client.meta.events.register("before-send", self._sent)
        return client

    def _sent(self, **_about: object) -> None:
        self.count += 1


@contextmanager
def reported() -> Generator[None]:
    """Turn the errors of AWS and its SDK into ours.

    Raises:
        UnsureError: there was no answer, or a refusal.
        InputError: what was asked with is wrong: profile, region, credentials.
    """
    try:
        with translated():
            yield
    except (NoCredentialsError, ProviderConfigError) as error:
        raise InputError(str(error)) from error
    except LiveError as error:
        raise UnsureError(str(error)) from error
