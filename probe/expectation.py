"""Which answers count as good: the statuses, and what the body must hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probe.fault import RequestFault

_PART = re.compile(r"(?:([1-5])xx|([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expectation:
    """The statuses that are right, and a pattern that the body must match, if any."""

    text: str
    """As it was given: `200`, `200,204`, `2xx`, `200-399`."""
    statuses: frozenset[int]
    body: re.Pattern[bytes] | None = None

    @classmethod
    def parse(cls, text: str, body_regex: str | None = None) -> Expectation:
        """Read statuses and the pattern.

        Raises:
            ValueError: not a list of statuses, classes (`2xx`) and ranges (`200-399`).
            re.error: the pattern is no regular expression.
        """
        statuses: set[int] = set()
        for part in text.split(","):
            match = _PART.fullmatch(part.strip())
            if match is None:
                raise ValueError(f"{part!r} is no status")
            if match[1]:
                statuses.update(range(int(match[1]) * 100, int(match[1]) * 100 + 100))
            else:
                statuses.update(range(int(match[2]), int(match[3] or match[2]) + 1))
        if not statuses:
            raise ValueError(f"{text!r} holds no status")
        body = re.compile(body_regex.encode()) if body_regex is not None else None
        return cls(text, frozenset(statuses), body)

    def fault_of(self, status: int, body: bytes) -> tuple[RequestFault, str] | None:
        """The class and words of an answer that is not as expected; None if it is.

        Args:
            status: of the answer.
            body: the whole of it, or b"" where no pattern asks for it.
        """
        if status not in self.statuses:
            return RequestFault.UNEXPECTED_STATUS, f"{status}, expected {self.text}"
        if self.body is not None and not self.body.search(body):
            return RequestFault.UNEXPECTED_BODY, f"no match for {self.body.pattern.decode()!r}"
        return None
