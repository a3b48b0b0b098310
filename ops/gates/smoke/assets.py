"""What a page makes a browser ask for next, from the same host."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

MAX_ASSETS = 20

_NAMING = {"script": "src", "img": "src", "link": "href"}
_LINKS = frozenset({"stylesheet", "modulepreload", "preload", "icon"})


def assets_of(url: str, html: str) -> list[str]:
    """The URLs of scripts, styles and images of a page, each once, as it names them.

    Those of other hosts are left out: they do not depend on the slot that answers.
    """
    collector = _Collector()
    collector.feed(html)
    host = urlsplit(url).netloc
    found = dict.fromkeys(urljoin(url, name).partition("#")[0] for name in collector.names)
    return [each for each in found if urlsplit(each).netloc == host][:MAX_ASSETS]


class _Collector(HTMLParser):
    """Collects what the tags name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attribute that names a file."""
        given = dict(attrs)
        name = given.get(_NAMING.get(tag, ""))
        is_file = tag != "link" or bool(_LINKS & set((given.get("rel") or "").lower().split()))
        if name and is_file:
            self.names.append(name)
