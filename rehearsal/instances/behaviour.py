"""What an instance is and does: its behaviour by the build of its image, who it is, its pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rehearsal.control_plane.images import GOOD_BUILDS, NEEDED_FILE, NEEDS_USER_DATA, NEVER_HEALTHY
from rehearsal.instances.cloud_init import files_of, texts_of

KEEP_ALIVE_SECONDS = 4010.0
"""Longer than the longest idle timeout that a load balancer can have, as an application should."""
_VARIABLE = re.compile(r"^\s*FAILOVER_([A-Z]+)=['\"]?([^'\"\s]*)['\"]?\s*$", re.MULTILINE)
"""A line of the identity file that the user data writes."""
_ASSET = re.compile(r"/assets/app\.([A-Za-z0-9_-]+)\.js$")
NO_BUILD = "none"
"""An asset of this name is nowhere."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Differences from a build that works. Health checks meet none of them but `is_healthy`."""

    is_healthy: bool = True
    error_every: int | None = None
    """Every so manieth request is answered with 500."""
    works_at_first: int = 0
    """Requests that are answered well before the first error."""
    has_shared_assets: bool = True
    """Whether it has the assets of the other builds' pages too."""
    dip_seconds: float = 0.0
    """For so long at the beginning of each minute of the clock, every other request is answered
    with 500: all instances dip together, as if what they share were in trouble."""
    delay_seconds: float = 0.0
    """Before each answer."""
    gives_up_idle_seconds: float = KEEP_ALIVE_SECONDS
    """A connection that was idle for longer is closed when the next request comes on it: the race
    between an application's short keep-alive and a load balancer's long one, made certain."""
    crash_per_second: int | None = None
    """More requests than this within a second end the process."""
    crash_after_seconds: float | None = None
    """The process ends so long after it began to serve."""
    boot_factor: float = 1.0
    """How many times as long as others it boots."""
    reported_build: str | None = None
    """The build that it claims to be, where that is not its own."""
    needed_file: str | None = None
    """It is healthy only if its user data writes this file."""


_BY_BUILD = {
    NEVER_HEALTHY: Behaviour(is_healthy=False),
    "errors": Behaviour(error_every=5, works_at_first=20),
    "lost-assets": Behaviour(has_shared_assets=False),
    "slow": Behaviour(delay_seconds=2.0),
    "early-close": Behaviour(gives_up_idle_seconds=0.2),
    "crash-under-load": Behaviour(crash_per_second=50),
    "crash-later": Behaviour(crash_after_seconds=8.0),
    "slow-boot": Behaviour(boot_factor=20.0),
    "few-errors": Behaviour(error_every=50),
    "some-errors": Behaviour(error_every=20),
    "background": Behaviour(error_every=2000),
    "dips": Behaviour(dip_seconds=4.0),
    "wrong-build": Behaviour(reported_build=GOOD_BUILDS[0].build),
    NEEDS_USER_DATA: Behaviour(needed_file=NEEDED_FILE),
}


def behaviour_of(build: str) -> Behaviour:
    """What a build does; one that the catalogue does not know works."""
    return _BY_BUILD.get(build, Behaviour())


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers."""

    instance_id: str
    build: str
    service: str | None
    slot: str | None
    port: int | None
    """The port that the application listens on, by the user data; None where it does not."""
    files: tuple[str, ...] = ()
    """The paths that its user data writes."""


def identity_from(instance_id: str, build: str, user_data: str) -> Identity:
    """The identity of an instance that booted with `user_data`."""
    given = dict(_VARIABLE.findall("\n".join(texts_of(user_data))))
    port = given.get("PORT")
    return Identity(
        instance_id,
        build,
        given.get("SERVICE"),
        given.get("SLOT"),
        int(port) if port else None,
        files_of(user_data),
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
