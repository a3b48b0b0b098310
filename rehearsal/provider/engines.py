"""The engines that are attached, each with its own configuration."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from rehearsal.provider.aws import AwsClients
from rehearsal.provider.call import ProviderCall
from rehearsal.provider.configuration import ProviderConfiguration, check_account
from rehearsal.provider.errors import ConfigurationError

log = logging.getLogger("rehearsal.provider")


@dataclass(slots=True)
class AttachedEngine:
    """One attached engine, told from the others by its connection."""

    configuration: ProviderConfiguration
    aws: AwsClients
    stopped: threading.Event = field(default_factory=threading.Event)

    def call(self, context: Any, timeout_seconds: float = 0.0) -> ProviderCall:
        """The call that this request is; its waits end with the engine or its connection."""
        call = ProviderCall(
            self.aws,
            engine=self.stopped,
            timeout_seconds=timeout_seconds,
        )
        context.add_callback(call.ended.set)
        return call


class Engines:
    """Engines by connection, and the clients they share."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._regions: dict[str, AwsClients] = {}
        self._by_peer: dict[str, AttachedEngine] = {}
        self._latest: AttachedEngine | None = None

    def configure(self, peer: str, configuration: ProviderConfiguration) -> AttachedEngine:
        """Take an engine on.

        Raises:
            ConfigurationError: a role cannot be assumed, or the account is not one that the stack
                allows.
        """
        aws = self._aws(configuration)
        check_account(configuration, aws)
        with self._lock:
            engine = AttachedEngine(configuration, aws)
            self._by_peer[peer] = self._latest = engine
        log.info("%s attached, region %s", peer, configuration.region)
        return engine

    def _aws(self, configuration: ProviderConfiguration) -> AwsClients:
        """The clients of the region; an engine that acts as a role has its own."""
        region, roles = configuration.region, configuration.roles
        if roles:
            return AwsClients(region, self._endpoint, roles)
        with self._lock:
            if region not in self._regions:
                self._regions[region] = AwsClients(region, self._endpoint)
            return self._regions[region]

    def of(self, peer: str) -> AttachedEngine:
        """The engine behind a connection; a reconnected one is the latest that was configured.

        Raises:
            ConfigurationError: none was configured.
        """
        with self._lock:
            engine = self._by_peer.get(peer) or self._latest
        if engine is None:
            raise ConfigurationError("the provider is not configured: no engine sent Configure")
        return engine

    def stop(self, peer: str) -> AttachedEngine | None:
        """End the waits of an engine that leaves or was interrupted; it is not known any more."""
        with self._lock:
            engine = self._by_peer.pop(peer, None)
        if engine is not None:
            log.info("%s left", peer)
            engine.stopped.set()
        return engine
