"""One round of requests straight to the slots of one service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

from ops.traffic.page import PageAnswer, PageError
from rollout.binomial import Counts, excluded_rate
from rollout.command import config_set_secret
from rollout.sequential_test import above_stable
from rollout.slot_comparison import WORSE
from rollout.split import Slot
from rollout.verdict import Number, Outcome
from settings.gates.smoke import SmokeLimits

ATTEMPTS = 2
"""A single wrong answer is asked for again: a background of rare errors is the probe's business."""

_WAY_BACK = "/oauth2/idpresponse"
MAX_SHOWN = 100
"""Characters of the address that a redirect names."""


@dataclass(frozen=True, slots=True)
class Round:
    """The outcome of one service's round, with its reason and numbers."""

    service: str
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
        limits: SmokeLimits,
        service: str,
        url: str,
        images: Mapping[Slot, str],
        fetch: Callable[[str, Slot], PageAnswer],
        pairs: Pairs,
        *,
        has_login: bool = False,
    ) -> None:
        self._limits = limits
        self._has_login = has_login
        self._service = service
        # Beneath the service's own address: elsewhere on the host another service may answer.
        self._url = _beneath(url, limits.path)
        self._images = images
        self._fetch = fetch
        self._pairs = pairs
        self._answers = Counts()
        self._numbers: dict[str, Number] = {}

    def judged(self, candidate: Slot) -> Round:
        """Do the round."""
        try:
            reason = self._passed(candidate)
        except _NotAsExpectedError as error:
            return Round(self._service, error.outcome, f"{self._service}: {error}", self._named())
        except PageError as error:
            reason = f"{self._service}: the load balancer gives no answer: {error}"
            return Round(self._service, Outcome.INCONCLUSIVE, reason, self._named())
        return Round(self._service, Outcome.PASS, f"{self._service}: {reason}", self._named())

    def _passed(self, candidate: Slot) -> str:
        page, build = self._asked(candidate)
        others, other_build = self._stable_page(candidate.other)
        self._refuse_wrong_build(candidate, build, other_build)
        assets = 0
        if self._limits.assets:
            ours = assets_of(self._url, page.body)
            theirs = assets_of(self._url, others.body) if others is not None else []
            self._refuse_missing_on_stable(candidate, ours, theirs)
            self._refuse_missing_on_candidate(candidate, theirs)
            assets = len(ours) + len(theirs)
        with_build = f" with build {build}" if build else ""
        named = f"; {assets} files of the pages are on both slots" if assets else ""
        answers = self._answers
        excluded = excluded_rate(answers) * 100
        return (
            f"{answers.total - answers.bad} of {answers.total} answers of slot {candidate} are "
            f"right{with_build}; more than {excluded:.2g} % wrong ones is ruled out at 95 %{named}"
        )

    def _asked(self, slot: Slot) -> tuple[PageAnswer, str]:
        """The candidate's page and build, once all its answers are right."""
        wrong: list[str] = []
        pages: list[PageAnswer] = []
        budget = self._limits.requests
        while len(pages) + len(wrong) < budget:
            page = self._fetch(self._url, slot)
            self._refuse_login(page, slot)
            problem = self._problem(page)
            self._refuse_other_slot(page, slot, is_right=problem is None)
            if problem is None:
                pages.append(page)
                continue
            wrong.append(problem)
            if len(wrong) == 1:
                budget += self._limits.requests
                continue
            self._refuse_shared(slot, self._url, page.status)
            asked = len(pages) + len(wrong)
            raise _NotAsExpectedError(
                f"{len(wrong)} of {asked} answers of slot {slot} are wrong: {problem}"
                f"{self._fix_of_both(slot, page.status)}"
            )
        self._answers = Counts(len(wrong), budget)
        self._numbers |= {"requests": budget, "wrong": len(wrong)}
        builds = sorted({page.headers.get(self._limits.build_header.lower(), "") for page in pages})
        if len(builds) > 1:
            raise _NotAsExpectedError(
                f"slot {slot} answers with several builds: {', '.join(builds)}"
            )
        self._numbers["build"] = builds[0]
        return pages[-1], builds[0]

    def _problem(self, page: PageAnswer) -> str | None:
        if page.status != self._limits.status:
            to = page.headers.get("location", "")[:MAX_SHOWN]
            status = f"{page.status} to {to}" if to else f"{page.status}"
            return f"status {status}, expected {self._limits.status}"
        if self._limits.body not in page.body:
            return f"its body does not contain {self._limits.body!r}"
        return None

    def _fix_of_both(self, slot: Slot, status: int) -> str:
        """The fix if both slots answer alike and only the config expects another status."""
        if status == self._limits.status or self._status(self._url, slot.other) != status:
            return ""
        return (
            f"; slot {slot.other} answers {status} as well: if that is right, set "
            f"ramp.gates.smoke.status to {status}, or name another page in ramp.gates.smoke.path"
        )

    def _refuse_login(self, page: PageAnswer, slot: Slot) -> None:
        """A login answers in place of the slot, so nothing is known of the build."""
        if not is_by_a_login(page, self._limits.slot_header, may_deny=self._has_login):
            return
        key = f"failover:services.{self._service}.probe.cookie"
        raise _NotAsExpectedError(
            f"the login of the load balancer answered {page.status} to what was sent to slot "
            f"{slot}, so nothing is known of its build; give the requests the cookies of a session "
            f"that is not over: {config_set_secret(key)}",
            Outcome.INCONCLUSIVE,
        )

    def _refuse_other_slot(self, page: PageAnswer, slot: Slot, *, is_right: bool) -> None:
        """An answer is evidence of the candidate only if the candidate gave it."""
        header = self._limits.slot_header.lower()
        signed = page.headers.get(header)
        if not header or signed == slot.value or (signed is None and not is_right):
            return
        if signed is None:
            raise _NotAsExpectedError(
                f"no answer has the header {header}, so that nothing proves that slot {slot} gave "
                "it; let the application send it, name the one that it sends in "
                'ramp.gates.smoke.slotHeader, or set that to ""',
                Outcome.INCONCLUSIVE,
            )
        raise _NotAsExpectedError(f"{header} {signed} answered what was sent to slot {slot}")

    def _stable_page(self, slot: Slot) -> tuple[PageAnswer | None, str]:
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
        # An adopted slot that the stack does not launch has no image to compare.
        is_another = bool(ours and theirs) and ours != theirs
        if expected is None and build and is_another and build == other_build:
            raise _NotAsExpectedError(
                f"slot {slot} answers with build {build}, as slot {slot.other} does, though its "
                f"image {ours} is not {theirs}; if that is right, map both images to the build in "
                "ramp.gates.smoke.builds"
            )

    def _refuse_missing_on_candidate(self, slot: Slot, urls: Sequence[str]) -> None:
        """A browser that got its page from the stable slot asks the candidate for its files."""
        for url in urls:
            status = self._status(url, slot)
            self._refuse_shared(slot, url, status)
            # A file that is missing on the stable slot too is not the candidate's fault.
            if _is_missing(status) and not _is_missing(self._status(url, slot.other)):
                raise _missing(slot, url, status)

    def _refuse_missing_on_stable(
        self, slot: Slot, urls: Sequence[str], known: Sequence[str]
    ) -> None:
        """The other way round; `known` is what the stable slot's own page names."""
        for url in urls:
            status = self._status(url, slot.other)
            if _is_failure(status):
                raise _NotAsExpectedError(
                    f"slot {slot.other} answers {status} for {urlsplit(url).path}, and it is "
                    "the stable one",
                    Outcome.INCONCLUSIVE,
                )
            if not _is_missing(status) or (url in known and _is_missing(self._status(url, slot))):
                continue
            raise _missing(slot.other, url, status)

    def _refuse_shared(self, slot: Slot, url: str, status: int) -> None:
        """After a failure ask both in turn; inconclusive unless the candidate is worse."""
        if not _is_failure(status):
            return
        pairs = self._pairs
        if not pairs.is_candidate_worse(slot, lambda of: _is_failure(self._fetch(url, of).status)):
            ours, theirs = pairs.candidate, pairs.stable
            raise _NotAsExpectedError(
                f"{ours.bad} of {ours.total} answers of slot {slot} for {urlsplit(url).path} are "
                f"failures, and {theirs.bad} of {theirs.total} of slot {slot.other}, asked in "
                "turn: not known to be caused by the candidate",
                Outcome.INCONCLUSIVE,
            )

    def _status(self, url: str, slot: Slot) -> int:
        """The status of a file; a wrong one is asked for again."""
        status = self._fetch(url, slot).status
        return self._fetch(url, slot).status if status >= HTTPStatus.BAD_REQUEST else status

    def _named(self) -> dict[str, Number]:
        return {f"{self._service}.{name}": value for name, value in self._numbers.items()}


def is_by_a_login(page: PageAnswer, slot_header: str, *, may_deny: bool) -> bool:
    """Whether the load balancer answered for want of a session: its redirect, or a bare 401.

    Source: ELB user guide, "Authenticate users": every login returns to `/oauth2/idpresponse`.
    """
    if page.status == HTTPStatus.FOUND:
        asked = parse_qs(urlsplit(page.headers.get("location", "")).query)
        return any(each.endswith(_WAY_BACK) for each in asked.get("redirect_uri", []))
    is_signed = bool(slot_header) and slot_header.lower() in page.headers
    return may_deny and page.status == HTTPStatus.UNAUTHORIZED and not is_signed


def _beneath(url: str, path: str) -> str:
    """The URL with `path` behind its own path; its query, which its rule may need, stays."""
    if path == "/":
        return url
    parts, added = urlsplit(url), urlsplit(path)
    query = "&".join(each for each in (parts.query, added.query) if each)
    whole = parts.path.rstrip("/") + added.path
    return urlunsplit(parts._replace(path=whole, query=query, fragment=""))


def _is_missing(status: int) -> bool:
    return status >= HTTPStatus.BAD_REQUEST


def _is_failure(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _missing(slot: Slot, url: str, status: int) -> _NotAsExpectedError:
    return _NotAsExpectedError(
        f"slot {slot} answers {status} for {urlsplit(url).path}, which the page of slot "
        f"{slot.other} names: while both have weight, its users' browsers lose such requests"
    )


MOST_PAIRS = 40
"""Of one call. A candidate that fails always is known after seven, five in six of those that fail
each fifth time within forty; where both slots fail each fifth time one call in ninety is wrong."""


class Pairs:
    """What one service's slots answered in turn, from the start of the ramp.

    A wrong answer is the candidate's fault only where the stable slot, asked in the same moment,
    gives fewer of them: what both depend on breaks for both. The evidence is kept as a bet, as the
    gate `probe` does, so that it stays valid however many rounds there are.
    """

    def __init__(self) -> None:
        self._worse = above_stable()
        self.candidate = Counts()
        """Answers of the candidate in the newest call."""
        self.stable = Counts()

    def is_candidate_worse(self, candidate: Slot, is_wrong: Callable[[Slot], bool]) -> bool:
        """Ask both in turn until the candidate is known to be worse, or is not.

        Raises:
            PageError: no whole answer came.
        """
        self.candidate = self.stable = Counts()
        for _ in range(MOST_PAIRS):
            theirs = Counts(is_wrong(candidate.other), 1)
            ours = Counts(is_wrong(candidate), 1)
            self.candidate += ours
            self.stable += theirs
            self._worse.add(ours, theirs)
            if self._worse.log_evidence >= WORSE:
                return True
        return False


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
