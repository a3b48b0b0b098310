"""The machine images that exist in the rehearsal: one per build, with an id that never changes.

An instance behaves as its image's build. The control plane itself only knows `NEVER_HEALTHY`; what
else a build does belongs to `rehearsal.instances.behaviour`.
"""

from __future__ import annotations

from dataclasses import dataclass

BUILD_TAG = "failover:build"
"""Tag of an image that names its build. An image of one's own takes part by the same tag."""

NEVER_HEALTHY = "never-healthy"
"""A build that never passes a health check."""

NEEDS_USER_DATA = "needs-user-data"
"""A build that passes its health check only if its user data writes `NEEDED_FILE`."""

NEEDED_FILE = "/etc/app/ready"


@dataclass(frozen=True, slots=True)
class CatalogueImage:
    """A machine image that exists from the start, in every region."""

    image_id: str
    """`ami-` and 17 hexadecimal digits, as AWS gives them today."""
    build: str
    description: str

    @property
    def name(self) -> str:
        """The image's name; unique in an account and region."""
        return f"failover-build-{self.build}"


GOOD_BUILDS = (
    CatalogueImage("ami-0fa11000000000001", "v1", "Build v1, works"),
    CatalogueImage("ami-0fa11000000000002", "v2", "Build v2, works"),
    CatalogueImage("ami-0fa11000000000003", "v3", "Build v3, works"),
)

BAD_BUILDS = (
    CatalogueImage("ami-0fa11bad000000001", NEVER_HEALTHY, "Starts, never passes a health check"),
    CatalogueImage(
        "ami-0fa11bad000000002", "errors", "Healthy, answers a share of requests with 500"
    ),
    CatalogueImage(
        "ami-0fa11bad000000003", "lost-assets", "Has no assets but those of its own pages"
    ),
    CatalogueImage("ami-0fa11bad000000004", "slow", "Answers each request two seconds late"),
    CatalogueImage("ami-0fa11bad000000005", "early-close", "Gives up kept-alive connections early"),
    CatalogueImage(
        "ami-0fa11bad000000006", "crash-under-load", "Ends when many requests come at once"
    ),
    CatalogueImage(
        "ami-0fa11bad000000007", "crash-later", "Ends some time after it began to serve"
    ),
    CatalogueImage("ami-0fa11bad000000008", "slow-boot", "Boots for a long time, then works"),
    CatalogueImage("ami-0fa11bad000000009", "wrong-build", "Works, and reports another build"),
)

SUBTLE_BUILDS = (
    CatalogueImage("ami-0fa11bad00000000a", "few-errors", "Answers 2 % of requests with 500"),
    CatalogueImage("ami-0fa11bad00000000d", "some-errors", "Answers 5 % of requests with 500"),
    CatalogueImage("ami-0fa11bad00000000b", "background", "Answers 0.05 % of requests with 500"),
    CatalogueImage(
        "ami-0fa11bad00000000c", "dips", "Answers half with 500 for some seconds of each minute"
    ),
)
"""Builds whose fault shows under steady traffic only."""

CONFIGURED_BUILDS = (
    CatalogueImage(
        "ami-0fa11000000000004", NEEDS_USER_DATA, f"Healthy if its user data writes {NEEDED_FILE}"
    ),
)
"""Builds that work where they are configured as they need."""

CATALOGUE = GOOD_BUILDS + BAD_BUILDS
"""Builds that differ within a few requests."""

IMAGES = CATALOGUE + SUBTLE_BUILDS + CONFIGURED_BUILDS
"""Every image that a new region has."""
