"""An instance as it presents itself: who it is, and the pages that it serves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rehearsal.instances.behaviour import Behaviour

_VARIABLE = re.compile(r"^\s*FAILOVER_([A-Z]+)=['\"]?([^'\"\s]*)['\"]?\s*$", re.MULTILINE)
"""A line of the identity file that the user data writes."""

_ASSET = re.compile(r"/assets/app\.([A-Za-z0-9_-]+)\.js$")
NO_BUILD = "none"
"""An asset of this name is nowhere."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers."""

    instance_id: str
    build: str
    service: str | None
    slot: str | None
    port: int | None
    """The port that the application listens on, by the user data; None where it does not."""


def identity_from(instance_id: str, build: str, user_data: str) -> Identity:
    """The identity of an instance that booted with `user_data`."""
    given = dict(_VARIABLE.findall(user_data))
    port = given.get("PORT")
    return Identity(
        instance_id, build, given.get("SERVICE"), given.get("SLOT"), int(port) if port else None
    )


@dataclass(frozen=True, slots=True)
class SitePage:
    """A short answer."""

    status: str
    content_type: str
    body: bytes


def page_at(path: str, identity: Identity, behaviour: Behaviour) -> SitePage:
    """The page or asset at `path`.

    While two builds serve side by side a browser asks one of them for what the other's page named,
    so a build that is fit for a cutover has the assets of both, as if all lay in one place: those
    of every build, whatever its name.
    """
    build = behaviour.reported_build or identity.build
    if (asset := _ASSET.search(path)) is not None:
        is_shared = behaviour.has_shared_assets and asset[1] != NO_BUILD
        if asset[1] != build and not is_shared:
            return SitePage("404 Not Found", "text/plain", b"no such asset\n")
        return SitePage("200 OK", "text/javascript", f'console.log("{asset[1]}");\n'.encode())
    title = f"{identity.service or 'service'} {build}"
    script = f'<script src="/assets/app.{build}.js"></script>'
    text = f"<!doctype html><title>{title}</title>{script}<h1>{title}</h1>\n"
    return SitePage("200 OK", "text/html; charset=utf-8", text.encode())
