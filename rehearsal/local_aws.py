"""What a test asks of the local AWS beside its API: how often it was called, and to be faulty."""

from __future__ import annotations

import contextlib
import json
import urllib.parse
import urllib.request
from collections.abc import Generator
from typing import Any


class LocalAws:
    """The rehearsal's own interface at `endpoint`; see `control_plane/own_api.py`."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def mark(self) -> int:
        """A mark of now, for `calls`."""
        return int(self._ask("GET", "calls")["mark"])

    def calls(self, after: int = 0, access_key_id: str | None = None) -> dict[str, int]:
        """How often each operation was asked for since a mark: `{"ModifyRule": 2}`."""
        query = {"after": str(after), **({"accessKey": access_key_id} if access_key_id else {})}
        return self._ask("GET", f"calls?{urllib.parse.urlencode(query)}")["calls"]

    def inject(self, *faults: dict[str, Any]) -> None:
        """Put these faults in the place of all others.

        Args:
            faults: Each with `answer` (`Throttling`, `RequestLimitExceeded`, `ExpiredToken`,
                `AccessDenied`, `ServiceUnavailable`, `InternalFailure`, `silent`) and, where it is
                not for everything and for ever, `operations` (`["elbv2:Describe*"]`), `seconds`,
                `calls`, `accessKeys`.

        Raises:
            urllib.error.HTTPError: not a fault; its body has the reason.
        """
        self._ask("PUT", "faults", list(faults))

    def met(self) -> list[int]:
        """How many requests each fault has met, in their order."""
        return [int(fault["met"]) for fault in self._ask("GET", "faults")]

    def lift(self) -> None:
        """End all faults."""
        self._ask("DELETE", "faults")

    @contextlib.contextmanager
    def faulty(self, *faults: dict[str, Any]) -> Generator[None]:
        """These faults for as long as the block runs."""
        self.inject(*faults)
        try:
            yield
        finally:
            self.lift()

    def _ask(self, method: str, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self._endpoint}/_rehearsal/{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
