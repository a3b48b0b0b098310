from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ops.gates import smoke
from ops.gates.smoke import Fetch, Site, SmokeGate
from ops.gates.smoke_round import assets_of
from ops.traffic.page import PageAnswer, PageError, fetched
from ops.traffic.plan import ConnectionRoute
from rollout.split import Slot
from rollout.verdict import Outcome, Verdict
from settings.gates.smoke import SmokeLimits
from tests.ops.gates.marks import FakeClock, stage
from tests.ops.gates.waiting import judged
from tests.ops.traffic.slot_server import HEADERS, SlotServer, slot_server

LIMITS = SmokeLimits()
IMAGES = {Slot.FIRST: "ami-01", Slot.SECOND: "ami-02"}
PAGE = '<script src="/assets/app.js"></script><link rel="stylesheet" href="/assets/app.css">'


@pytest.fixture
def server() -> Generator[SlotServer]:
    with slot_server() as state:
        state.weight_of_02 = 0
        state.bodies = {"/": PAGE, "/assets/app.js": "1", "/assets/app.css": "2"}
        yield state


def now() -> datetime:
    return datetime.now(UTC)


def verdict_by(fetch: Fetch, *services: str) -> Verdict:
    """The first verdict on services whose pages are as `fetch` has them."""
    sites = [Site(name, f"http://any/{name}", IMAGES) for name in services]
    gate = SmokeGate(LIMITS, sites, fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0, services=services))
    try:
        return judged(gate)
    finally:
        gate.close()


def verdict_of(
    server: SlotServer,
    limits: SmokeLimits = LIMITS,
    images: Mapping[Slot, str] = IMAGES,
    url: str | None = None,
) -> Verdict:
    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        name, _, value = HEADERS[slot].partition(": ")
        return fetched(url, ConnectionRoute(), {name: value}, 5.0)

    sites = [Site("web", url or server.url, images)]
    gate = SmokeGate(limits, sites, fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0))
    try:
        return judged(gate)
    finally:
        gate.close()


def test_a_candidate_at_weight_0_that_answers_rightly_passes_with_its_build(
    server: SlotServer,
) -> None:
    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason == (
        "web: 10 of 10 answers of slot 02 are right with build v2; "
        "more than 26 % wrong ones is ruled out at 95 %; 4 files of the pages are on both slots"
    )
    assert verdict.numbers == {"web.requests": 10, "web.wrong": 0, "web.build": "v2"}


def test_a_candidate_that_answers_500_fails(server: SlotServer) -> None:
    server.failing.add(Slot.SECOND)

    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.FAIL
    assert "slot 02 are wrong: status 500, expected 200" in verdict.reason


def test_a_path_is_beneath_the_services_own_address(server: SlotServer) -> None:
    server.bodies = {"/portal/healthz": "portal is well", "/healthz": "web is well"}
    limits = replace(LIMITS, path="/healthz", body="portal is well")

    verdict = verdict_of(server, limits, url=f"{server.url}portal")

    assert verdict.outcome is Outcome.PASS, verdict.reason


def test_a_status_that_both_slots_give_is_told_with_the_key_that_expects_another(
    server: SlotServer,
) -> None:
    verdict = verdict_of(server, replace(LIMITS, path="/gone"))

    assert verdict.outcome is Outcome.FAIL
    assert "status 404, expected 200; slot 01 answers 404 as well" in verdict.reason
    assert "ramp.gates.smoke.status" in verdict.reason


def test_a_redirect_tells_where_to() -> None:
    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        status = 302 if slot is Slot.SECOND else 200
        return PageAnswer(status, {"x-slot": slot.value, "location": "/login"}, "")

    verdict = verdict_by(fetch, "web")

    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason.endswith("status 302 to /login, expected 200")


TO_THE_LOGIN = (
    "https://login.example/authorize?client_id=shop&redirect_uri="
    "https%3A%2F%2Fwww.example%2Foauth2%2Fidpresponse"
)


@pytest.mark.parametrize(("status", "headers"), [(302, {"location": TO_THE_LOGIN}), (401, {})])
def test_an_answer_of_the_login_says_nothing_of_the_build(
    status: int, headers: dict[str, str]
) -> None:
    sites = [Site("web", "http://any/web", IMAGES, has_login=True)]
    gate = SmokeGate(LIMITS, sites, lambda *_: PageAnswer(status, headers, ""), now)
    gate.begin(stage(0, number=0))
    try:
        verdict = judged(gate)
    finally:
        gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == (
        f"web: the login of the load balancer answered {status} to what was sent to slot 02, so "
        "nothing is known of its build; give the requests the cookies of a session that is not "
        "over: pulumi config set --secret --path 'failover:services.web.probe.cookie'"
    )


def test_a_redirect_of_the_application_to_a_login_of_its_own_counts() -> None:
    own = {"location": "https://login.example/?redirect_uri=https://www.example/back"}

    verdict = verdict_by(lambda *_: PageAnswer(302, {"x-slot": "02", **own}, ""), "web")

    assert verdict.outcome is Outcome.FAIL


def test_a_service_that_gives_no_answer_hides_no_failure_of_another() -> None:
    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        if "portal" in url:
            raise PageError("connection refused")
        return PageAnswer(404 if slot is Slot.SECOND else 200, {"x-slot": slot.value}, "")

    both, portal = verdict_by(fetch, "portal", "web"), verdict_by(fetch, "portal")

    assert both.outcome is Outcome.FAIL
    assert both.reason.startswith("web: ")
    assert portal.outcome is Outcome.INCONCLUSIVE
    assert portal.reason == "portal: the load balancer gives no answer: connection refused"


def test_a_round_that_is_old_says_nothing() -> None:
    clock = FakeClock()
    pages = [PageAnswer(200, {"x-slot": slot.value, "x-build": f"v{slot}"}, "") for slot in Slot]
    sites = [Site("web", "http://any/", IMAGES)]
    gate = SmokeGate(LIMITS, sites, lambda _, __, slot: pages[slot is Slot.SECOND], clock.now)
    gate.begin(stage())
    assert judged(gate).outcome is Outcome.PASS
    gate.close()

    clock.advance(smoke.LOOKS.stale_seconds + 20)

    assert gate.judge().outcome is Outcome.INCONCLUSIVE
    assert "the newest round ended 200 s ago" in gate.judge().reason


def test_a_body_without_the_expected_text_fails(server: SlotServer) -> None:
    verdict = verdict_of(server, replace(LIMITS, body="Welcome"))

    assert verdict.outcome is Outcome.FAIL
    assert "does not contain 'Welcome'" in verdict.reason


def test_an_answer_of_the_other_slot_proves_nothing_and_fails(server: SlotServer) -> None:
    server.misrouted = True

    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.FAIL
    assert "x-slot 01 answered what was sent to slot 02" in verdict.reason


def test_answers_that_no_slot_signs_prove_nothing(server: SlotServer) -> None:
    server.says_slot = False

    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "ramp.gates.smoke.slotHeader" in verdict.reason


def test_an_application_that_signs_nothing_passes_once_the_config_says_so(
    server: SlotServer,
) -> None:
    server.says_slot = False

    verdict = verdict_of(server, replace(LIMITS, slot_header=""))

    assert verdict.outcome is Outcome.PASS


def test_another_build_than_the_images_fails(server: SlotServer) -> None:
    verdict = verdict_of(server, replace(LIMITS, builds={"ami-02": "v3"}))

    assert verdict.outcome is Outcome.FAIL
    assert "answers with build v2, its image ami-02 is build v3" in verdict.reason


def test_the_stable_slots_build_from_another_image_fails_without_any_setting(
    server: SlotServer,
) -> None:
    server.builds[Slot.SECOND] = "v1"

    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.FAIL
    assert "answers with build v1, as slot 01 does" in verdict.reason


def test_an_adopted_slot_whose_image_the_stack_does_not_hold_may_run_the_same_build(
    server: SlotServer,
) -> None:
    server.builds[Slot.SECOND] = "v1"

    verdict = verdict_of(server, images={Slot.SECOND: "ami-02"})

    assert verdict.outcome is Outcome.PASS, verdict.reason


@pytest.mark.parametrize("slot", list(Slot))
def test_a_slot_without_the_files_of_the_others_page_fails(server: SlotServer, slot: Slot) -> None:
    server.missing.add((slot, "/assets/app.css"))

    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.FAIL
    assert f"slot {slot} answers 404 for /assets/app.css" in verdict.reason


def test_the_files_of_pages_are_nobodys_business_where_the_config_says_so(
    server: SlotServer,
) -> None:
    server.missing.add((Slot.SECOND, "/assets/app.css"))

    assert verdict_of(server, replace(LIMITS, assets=False)).outcome is Outcome.PASS


def test_no_answer_at_all_is_no_verdict_on_the_candidate(server: SlotServer) -> None:
    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        raise PageError("connection refused")

    gate = SmokeGate(LIMITS, [Site("web", server.url, IMAGES)], fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "connection refused" in verdict.reason


def test_a_single_wrong_answer_of_a_background_of_errors_does_not_fail(server: SlotServer) -> None:
    asked: list[Slot] = []

    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        asked.append(slot)
        status = 500 if len(asked) == 3 else 200
        return PageAnswer(status, {"x-slot": slot.value, "x-build": f"v{slot}"}, "")

    gate = SmokeGate(LIMITS, [Site("web", server.url, IMAGES)], fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.PASS
    assert verdict.numbers["web.wrong"] == 1
    assert asked.count(Slot.SECOND) == 20


def test_failures_that_the_stable_slot_has_as_well_are_not_the_candidates_doing(
    server: SlotServer,
) -> None:
    server.failing |= {Slot.FIRST, Slot.SECOND}

    verdict = verdict_of(server)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == (
        "web: 40 of 40 answers of slot 02 for / are failures, and 40 of 40 of slot 01, asked in "
        "turn: not known to be caused by the candidate"
    )


@pytest.mark.parametrize("dips", [{Slot.FIRST}, {Slot.FIRST, Slot.SECOND}])
def test_a_dip_that_takes_files_of_the_stable_slot_is_no_verdict_on_the_candidate(
    dips: set[Slot],
) -> None:
    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        status = 503 if "/assets/" in url and slot in dips else 200
        return PageAnswer(status, {"x-slot": slot.value, "x-build": f"v{slot}"}, PAGE)

    gate = SmokeGate(LIMITS, [Site("web", "http://any/", IMAGES)], fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.reason


def test_a_file_that_only_the_candidate_fails_to_give_fails(server: SlotServer) -> None:
    def fetch(_: str, url: str, slot: Slot) -> PageAnswer:
        status = 503 if "/assets/" in url and slot is Slot.SECOND else 200
        return PageAnswer(status, {"x-slot": slot.value, "x-build": f"v{slot}"}, PAGE)

    gate = SmokeGate(LIMITS, [Site("web", server.url, IMAGES)], fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.FAIL
    assert "slot 02 answers 503 for /assets/app.js" in verdict.reason


def test_a_file_that_the_stable_slots_page_names_in_vain_is_no_doing_of_the_candidates(
    server: SlotServer,
) -> None:
    server.missing |= {(slot, "/assets/app.css") for slot in Slot}

    assert verdict_of(server).outcome is Outcome.PASS


def test_assets_are_those_that_a_browser_fetches_from_the_same_host() -> None:
    html = """
      <link rel="stylesheet" href="/a.css"><link rel="canonical" href="/page">
      <script src="app.js#x"></script><script>1</script><img src="https://cdn.example/x.png">
      <img src="../logo.svg?v=2"><script src="/a.css"></script>
    """

    assert assets_of("https://www.example.com/portal/", html) == [
        "https://www.example.com/a.css",
        "https://www.example.com/portal/app.js",
        "https://www.example.com/logo.svg?v=2",
    ]


@pytest.mark.parametrize(
    ("url", "path", "asked"),
    [
        ("https://a.example/shop/?v=2", "/health?b=1", "https://a.example/shop/health?v=2&b=1"),
        ("https://a.example/?v=2", "/", "https://a.example/?v=2"),
        ("https://a.example", "/health", "https://a.example/health"),
    ],
)
def test_the_query_string_that_a_rule_looks_at_stays_behind_the_path_of_the_gate(
    url: str, path: str, asked: str
) -> None:
    seen: list[tuple[str, str]] = []

    def fetch(service: str, url: str, slot: Slot) -> PageAnswer:
        seen.append((service, url))
        return PageAnswer(200, {"x-slot": slot.value}, "")

    limits = replace(LIMITS, path=path, assets=False)
    gate = SmokeGate(limits, [Site("web", url, IMAGES)], fetch, lambda: datetime.now(UTC))
    gate.begin(stage(0, number=0))
    try:
        judged(gate)
    finally:
        gate.close()

    assert set(seen) == {("web", asked)}
