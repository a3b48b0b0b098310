"""What an ALB does and this data plane does not."""

from __future__ import annotations


class UnsupportedError(Exception):
    """A part of the configuration that cannot be served truthfully; the text names it."""

    def __str__(self) -> str:
        """The text with the words that everything unsupported carries."""
        return f"{super().__str__()}: not supported by the rehearsal"
