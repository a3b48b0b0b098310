"""One round of requests straight to the slots of one service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from ops.gates.assets import assets_of
from ops.traffic.page import Page
from rollout.split import Slot
from rollout.verdict import Number, Outcome
from settings.gates import SmokeGate as Limits

ATTEMPTS = 2
"""A single wrong answer is asked for again: a background of rare errors is the probe's business."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one service's round says."""

    outcome: Outcome
    reason: str
    numbers: dict[str, Number]


class _NotAsExpectedError(Exception):
    """Something that ends the round, with its outcome."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.FAIL) -> None:
        super().__init__(reason)
        self.outcome = outcome


class SmokeRound:
    """Asks the candidate, then the stable slot, then each for what the other's page names."""

    def __init__(
        self,
        limits: Limits,
        service: str,
        url: str,
        images: Mapping[Slot, str],
        fetch: Callable[[str, Slot], Page],
    ) -> None:
        self._limits = limits
        self._service = service
        self._url = urljoin(url, limits.path) if limits.path != "/" else url
        self._images = images
        self._fetch = fetch
        self._numbers: dict[str, Number] = {}

    def judged(self, candidate: Slot) -> Round:
        """Do the round.

        Raises:
            PageError: no whole answer came.
        """
        try:
            reason = self._passed(candidate)
        except _NotAsExpectedError as error:
            return Round(error.outcome, f"{self._service}: {error}", self._named())
        return Round(Outcome.PASS, f"{self._service}: {reason}", self._named())

    def _passed(self, candidate: Slot) -> str:
        page, build = self._asked(candidate)
        others, other_build = self._stable_page(candidate.other)
        self._refuse_wrong_build(candidate, build, other_build)
        assets = 0
        if self._limits.assets:
            assets += self._refuse_missing(candidate, page, of=candidate.other)
            if others is not None:
                assets += self._refuse_missing(candidate.other, others, of=candidate)
        count = self._limits.requests
        said = f" with build {build}" if build else ""
        named = f"; {assets} files of the pages are on both slots" if assets else ""
        return f"{count} of {count} answers of slot {candidate} are right{said}{named}"

    def _asked(self, slot: Slot) -> tuple[Page, str]:
        """The candidate's page and build, once all its answers are right."""
        wrong: list[str] = []
        pages: list[Page] = []
        budget = self._limits.requests
        while len(pages) + len(wrong) < budget:
            page = self._fetch(self._url, slot)
            problem = self._problem(page)
            self._refuse_other_slot(page, slot, is_right=problem is None)
            if problem is None:
                pages.append(page)
                continue
            wrong.append(problem)
            if len(wrong) == 1:
                budget += self._limits.requests
            else:
                raise _NotAsExpectedError(
                    f"{len(wrong)} of {len(pages) + len(wrong)} answers of slot {slot} are wrong: "
                    f"{wrong[-1]}"
                )
        self._numbers |= {"requests": budget, "wrong": len(wrong)}
        builds = sorted({page.headers.get(self._limits.build_header.lower(), "") for page in pages})
        if len(builds) > 1:
            raise _NotAsExpectedError(
                f"slot {slot} answers with several builds: {', '.join(builds)}"
            )
        self._numbers["build"] = builds[0]
        return pages[-1], builds[0]

    def _problem(self, page: Page) -> str | None:
        if page.status != self._limits.status:
            return f"status {page.status}, expected {self._limits.status}"
        if self._limits.body not in page.body:
            return f"its body does not contain {self._limits.body!r}"
        return None

    def _refuse_other_slot(self, page: Page, slot: Slot, *, is_right: bool) -> None:
        """An answer proves something of the candidate only if the candidate gave it."""
        header = self._limits.slot_header.lower()
        said = page.headers.get(header)
        if not header or said == slot.value or (said is None and not is_right):
            return
        if said is None:
            raise _NotAsExpectedError(
                f"no answer has the header {header}, so that nothing proves that slot {slot} gave "
                "it; let the application send it, name the one that it sends in "
                'ramp.gates.smoke.slotHeader, or set that to ""',
                Outcome.INCONCLUSIVE,
            )
        raise _NotAsExpectedError(f"{header} {said} answered what was sent to slot {slot}")

    def _stable_page(self, slot: Slot) -> tuple[Page | None, str]:
        """The stable slot's page, where it has a right one; the gate does not judge it."""
        for _ in range(ATTEMPTS):
            page = self._fetch(self._url, slot)
            if page.status == self._limits.status:
                return page, page.headers.get(self._limits.build_header.lower(), "")
        return None, ""

    def _refuse_wrong_build(self, slot: Slot, build: str, other_build: str) -> None:
        ours, theirs = self._images.get(slot, ""), self._images.get(slot.other, "")
        expected = self._limits.builds.get(ours)
        if expected is not None and build != expected:
            raise _NotAsExpectedError(
                f"slot {slot} answers with build {build or 'of no name'}, its image {ours} is "
                f"build {expected}"
            )
        # Of an adopted slot that the stack does not launch, the image is nobody's to compare.
        is_another = bool(ours and theirs) and ours != theirs
        if expected is None and build and is_another and build == other_build:
            raise _NotAsExpectedError(
                f"slot {slot} answers with build {build}, as slot {slot.other} does, though its "
                f"image {ours} is another than {theirs}; if that is right, say so in "
                "ramp.gates.smoke.builds"
            )

    def _refuse_missing(self, owner: Slot, page: Page, of: Slot) -> int:
        """A browser that got its page from one slot asks the other for the files it names."""
        urls = assets_of(self._url, page.body)
        for url in urls:
            statuses = self._statuses(url, of)
            if statuses and statuses[-1] >= HTTPStatus.BAD_REQUEST:
                path = urlsplit(url).path
                raise _NotAsExpectedError(
                    f"slot {of} answers {statuses[-1]} for {path}, which the page of slot {owner} "
                    "names: while both have weight, its users' browsers lose such requests"
                )
        return len(urls)

    def _statuses(self, url: str, slot: Slot) -> list[int]:
        statuses: list[int] = []
        while len(statuses) < ATTEMPTS:
            statuses.append(self._fetch(url, slot).status)
            if statuses[-1] < HTTPStatus.BAD_REQUEST:
                break
        return statuses

    def _named(self) -> dict[str, Number]:
        return {f"{self._service}.{name}": value for name, value in self._numbers.items()}
