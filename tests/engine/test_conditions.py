"""Services that differ by what their rules look at beside hosts and paths, on the local AWS."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ops.traffic.page import PageAnswer, fetched
from ops.traffic.plan import ConnectionRoute
from rollout.split import Slot, Split
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.engine.test_guards import configure

pytestmark = [pytest.mark.engine, pytest.mark.long]

STAGE = {"X-Stage": "beta-2"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    """Two services of one host and all paths; portal takes what has a header and a query string."""
    with rehearsed(tmp_path_factory.mktemp("conditions"), "dev", only_serves=True) as made:
        conditions = {
            "headers": {"X-Stage": ["beta*"]},
            "queryStrings": [{"key": "stage", "value": "b?ta"}],
        }
        configure(
            made,
            {
                "weights": "100/0",
                "services/portal/paths": ["/*"],
                "services/portal/conditions": conditions,
            },
        )
        made.engine.run("up", "--yes", "--skip-preview")
        yield made


def asked(stack: Rehearsed, path: str, headers: dict[str, str]) -> PageAnswer:
    address = f"127.0.0.1:{stack.running.https_port}"
    way = ConnectionRoute(address, str(stack.workspace.ca_file))
    urls: Any = stack.engine.outputs()["urls"]
    return fetched(urls["web"].rstrip("/") + path, way, headers, 10.0)


def test_a_refresh_finds_the_conditions_as_they_are_declared(stack: Rehearsed) -> None:
    stack.engine.run("preview", "--refresh", "--expect-no-changes")


def test_the_url_of_a_service_has_the_query_string_of_its_rule(stack: Rehearsed) -> None:
    assert stack.engine.outputs()["urls"]["portal"].endswith("/?stage=bxta")


def test_a_request_goes_by_its_header_and_its_query_string(stack: Rehearsed) -> None:
    answers = [
        asked(stack, "/?stage=beta", STAGE),
        asked(stack, "/?stage=beta", {}),
        asked(stack, "/", STAGE),
    ]

    assert [each.headers["x-service"] for each in answers] == ["portal", "web", "web"]


def test_a_ramp_reaches_a_service_by_what_its_rule_looks_at(stack: Rehearsed) -> None:
    ramping.configure(stack, {**ramping.PROMPT, "stages": "[100]"})
    stack.engine.write_config({"ramp.gates.smoke.requests": "5", "ramp.gates.smoke.body": "v2"})
    ramping.release(stack, "v2", Slot.SECOND)

    ramp = ramping.failover(stack, "ramp", "--yes")

    assert ramp.returncode == 0, ramp.stdout
    assert ramping.live(stack) == {Split(0, 100)}
    (record,) = stack.root.rglob("probe/users.jsonl")
    assert "/?stage=bxta" in record.read_text()
    assert STAGE["X-Stage"] not in record.read_text()
