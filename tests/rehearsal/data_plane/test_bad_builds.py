"""Each bad build shows the symptom that it is named for, and no other build's.

Every symptom is looked for in every build: the row of a build is what it shows.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from rehearsal.control_plane.images import CATALOGUE, NEVER_HEALTHY, CatalogueImage
from tests.rehearsal.data_plane.browser import Connection
from tests.rehearsal.data_plane.world import Rehearsed, eventually

pytestmark = pytest.mark.long

SYMPTOMS = {
    "v1": set[str](),
    "v2": set[str](),
    "v3": set[str](),
    NEVER_HEALTHY: {"unhealthy"},
    "errors": {"500"},
    "lost-assets": {"404 on the other build's asset"},
    "slow": {"late"},
    "early-close": {"502 on kept-alive connections"},
    "crash-under-load": {"dead after load"},
    "crash-later": {"dead after a while"},
    "slow-boot": {"long boot"},
    "wrong-build": {"another build's name"},
}
LATE_SECONDS = 0.9
"""Most answers of a slow build take a second more; of others a busy machine may delay a few."""
BOOT_SECONDS = 5.0
"""Beyond the usual: the slow one boots for 10 s here, the others for half a second."""
RECOVERY_SECONDS = 13.0
"""More than two passed checks, 5 s apart, by which an unhealthy target is healthy again."""
LOAD = 150
"""Requests in a row, three times what the weak build bears in a second."""
NOT_LOADED = {"slow", "crash-later", NEVER_HEALTHY}
"""Builds that cannot be asked so quickly, or that are ended and replaced again and again anyway."""
MOST_LOAD_SECONDS = 60.0
WATCHED_SECONDS = 14.0
"""From the creation of the groups, in which the one that crashes after 8 s has done so."""


def host_of(image: CatalogueImage) -> str:
    return f"{image.build}.builds.example.test"


def boot_seconds(aws: Rehearsed, groups: dict[str, str]) -> dict[str, float]:
    """How long the instance of each build took until it served, by its target group."""
    began = time.monotonic()
    took: dict[str, float] = {}

    def all_serve() -> bool:
        serving = {instance["build"] for instance in aws.report()["instances"]}
        for build in set(groups) & serving - set(took):
            took[build] = time.monotonic() - began
        return len(took) == len(groups)

    eventually(all_serve, "every build serves")
    return took


def wait_for_verdict(aws: Rehearsed, image: CatalogueImage, group: str) -> None:
    """Wait until its target is healthy, or has served for as long as an ill one takes to recover.

    While a build boots its target may be called unhealthy too; that says nothing of the build.
    """
    served_since: list[float] = []

    def is_judged() -> bool:
        serving = {instance["build"] for instance in aws.report()["instances"]}
        if image.build in serving and not served_since:
            served_since.append(time.monotonic())
        if aws.states(group)[0] == "healthy":
            return True
        return bool(served_since) and time.monotonic() - served_since[0] > RECOVERY_SECONDS

    eventually(is_judged, "a verdict on its health")


def symptoms_of(aws: Rehearsed, image: CatalogueImage, group: str, until: float) -> set[str]:
    """What one instance of a build shows to somebody who uses it for a while."""
    wait_for_verdict(aws, image, group)
    found = set(aws.states(group)) - {"healthy"}
    first = running(aws, group)
    with closing(Connection(host_of(image), aws.https_port, aws.ca)) as kept:
        found |= shown_by_requests(kept, image)
        found |= shown_on_kept_connections(kept)
    while time.monotonic() < until:
        if first - running(aws, group) or not first:
            return found | {"dead after a while"}
        time.sleep(0.2)
    return found


def dies_of_load(aws: Rehearsed, image: CatalogueImage, group: str) -> bool:
    """Whether its instance ends under more requests a second than the catalogue's weak one bears.

    A busy machine may take more than a second for so many: it is tried until they came in one.
    """
    first = running(aws, group)
    tried = time.monotonic()
    with closing(Connection(host_of(image), aws.https_port, aws.ca)) as kept:
        while time.monotonic() - tried < MOST_LOAD_SECONDS:
            began = time.monotonic()
            for _ in range(LOAD):
                # One 502 may be a connection that an early closer gave up.
                if kept.get().status == 502 and is_dead(kept):
                    return True
            if time.monotonic() - began < 1.0:
                break
    return bool(first - running(aws, group))


def running(aws: Rehearsed, group: str) -> set[str]:
    """The ids of the instances that have a process."""
    return {instance["instanceId"] for instance in aws.instances(group)}


def is_dead(kept: Connection) -> bool:
    """Whether nobody is there who could answer, also on a connection of its own."""
    return all(kept.get().status == 502 for _ in range(3))


def shown_by_requests(kept: Connection, image: CatalogueImage) -> set[str]:
    """Symptoms of single requests; what a 502 means is told by what comes after this."""
    found: set[str] = set()
    late = 0
    answer = kept.get()
    named = answer["x-build"]
    number = 2 if image.build == "slow" else 40
    for _ in range(number):
        sent = time.monotonic()
        answer = kept.get()
        if answer.status not in {200, 502}:
            found.add(str(answer.status))
        late += time.monotonic() - sent > LATE_SECONDS
        if answer.status == 200 and answer["x-build"] != image.build:
            found.add("another build's name")
        time.sleep(0.025 if image.build != "slow" else 0)
    if late > number / 2:
        found.add("late")
    other = "v1" if image.build != "v1" else "v2"
    if kept.get(f"/assets/app.{other}.js").status == 404:
        found.add("404 on the other build's asset")
    if kept.get(f"/assets/app.{named}.js").status == 404:
        found.add("404 on its own asset")
    return found


def shown_on_kept_connections(kept: Connection) -> set[str]:
    """What becomes of requests on a connection to the target that was idle for a moment."""
    for _ in range(4):
        time.sleep(0.3)
        if kept.get().status == 502 and not is_dead(kept):
            return {"502 on kept-alive connections"}
    return set()


@pytest.fixture(scope="session")
def shown(aws: Rehearsed) -> dict[str, set[str]]:
    groups = {image.build: aws.target_group() for image in CATALOGUE}
    for image in CATALOGUE:
        aws.rule(host_of(image), (groups[image.build], 1))
        aws.group(image.image_id, groups[image.build])
    until = time.monotonic() + WATCHED_SECONDS
    with ThreadPoolExecutor(len(CATALOGUE) + 1) as pool:
        booted = pool.submit(boot_seconds, aws, groups)
        found = pool.map(
            lambda image: symptoms_of(aws, image, groups[image.build], until), CATALOGUE
        )
        rows = {image.build: row for image, row in zip(CATALOGUE, found, strict=True)}
    for image in CATALOGUE:  # one after the other, so that this machine has it all for each
        if image.build not in NOT_LOADED and dies_of_load(aws, image, groups[image.build]):
            rows[image.build].add("dead after load")
    boots = booted.result()
    usual = statistics.median(boots.values())
    for build, seconds in boots.items():
        if seconds > usual + BOOT_SECONDS:
            rows[build].add("long boot")
    return rows


@pytest.mark.parametrize("image", CATALOGUE, ids=lambda image: image.build)
def test_a_build_shows_its_symptom_and_no_other(
    shown: dict[str, set[str]], image: CatalogueImage
) -> None:
    assert shown[image.build] == SYMPTOMS[image.build]


def test_every_build_of_the_catalogue_is_tried(shown: dict[str, set[str]]) -> None:
    assert set(shown) == set(SYMPTOMS) == {image.build for image in CATALOGUE}
