"""One download that is held open until it is released, and then finished."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from rehearsal.errors import RehearsalError
from rehearsal.traffic.run import LoadBalancerAddress

BYTES = 32 << 20
"""More than a proxy and the kernel hold, so that the target must be there until the end."""
_BUFFER_BYTES = 32 << 10
_SIP_BYTES = 16 << 10
_SIP_SECONDS = 0.25
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A download that is over."""

    slot: str
    build: str
    bytes: int
    problem: str | None
    """Why it is not whole; None if it is."""


class HeldDownload:
    """Reads in small pieces until it may finish."""

    def __init__(self, address: LoadBalancerAddress, url: str) -> None:
        """Begin, and return when the head of the answer is there.

        Raises:
            RehearsalError: no download begins there.
        """
        parts = urlsplit(url)
        self._connection = _Connection(parts.hostname or "", address)
        path = f"{parts.path.rstrip('/')}/download?bytes={BYTES}"
        try:
            self._connection.request("GET", path)
            self._response = self._connection.getresponse()
        except OSError as error:
            raise RehearsalError(f"no download from {url}: {error}") from error
        if self._response.status != http.client.OK:
            raise RehearsalError(f"no download from {url}: {self._response.status}")
        self.slot = self._response.headers["X-Slot"]
        self._bytes = 0
        self._problem: str | None = None
        self._is_to_finish = threading.Event()
        self._thread = threading.Thread(target=self._read_all, name="download", daemon=True)
        self._thread.start()

    def finish(self) -> Finished:
        """Read what is left."""
        self._is_to_finish.set()
        self._thread.join()
        self._connection.close()
        if self._problem is None and self._bytes != BYTES:
            self._problem = f"ended after {self._bytes:,} of {BYTES:,} bytes"
        build = self._response.headers["X-Build"]
        return Finished(self.slot, build, self._bytes, self._problem)

    def _read_all(self) -> None:
        try:
            while sip := self._response.read(_SIP_BYTES):
                self._bytes += len(sip)
                self._is_to_finish.wait(_SIP_SECONDS)
        except (OSError, http.client.HTTPException) as error:
            self._problem = f"broke after {self._bytes:,} of {BYTES:,} bytes: {error}"


class _Connection(http.client.HTTPSConnection):
    """To the load balancer's loopback port, with a small buffer, whatever the host's name is."""

    def __init__(self, host: str, address: LoadBalancerAddress) -> None:
        super().__init__(host, address.port, timeout=_TIMEOUT_SECONDS)
        self._address = address

    def connect(self) -> None:
        """Connect and shake hands."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        plain.settimeout(_TIMEOUT_SECONDS)
        plain.connect((self._address.host, self._address.port))
        trusting = ssl.create_default_context(cafile=str(self._address.ca_file))
        self.sock = trusting.wrap_socket(plain, server_hostname=self.host)
