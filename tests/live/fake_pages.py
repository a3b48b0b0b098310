"""boto3's paginator, over the operation of a fake that answers in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FakePages:
    """Follows `NextToken` as boto3 does."""

    call: Callable[..., Mapping[str, Any]]

    def paginate(self, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        arguments.pop("PaginationConfig", None)
        token: dict[str, str] = {}
        while True:
            page = self.call(**arguments, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
