"""What each kind of exchange counts as, by the lines that the proxy writes, and its connections."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.data_plane.traffic_tally import Connections, Exchange, TrafficTally, parsed

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/alb/1"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/2"
HOST = "127.0.0.1:8080"
STARTED = 1_800_000_030.0


def line(**changed: Any) -> str:
    fields = {
        "balancer": BALANCER,
        "started": f"{STARTED:.6f}",
        "milliseconds": 12,
        "status": 200,
        "flags": "-",
        "cluster": GROUP,
        "host": HOST,
        "answered_us": 9500,
        "healthy": "true",
        "details": "via_upstream",
        **changed,
    }
    return "\t".join(str(value) for value in fields.values()) + "\n"


def counted(text: str) -> dict[str | None, dict[str, int]]:
    """What a line counts as, by target group; None is the load balancer."""
    tally = TrafficTally()
    tally.add(parsed(text))
    return {entry["targetGroupArn"]: entry["counts"] for entry in tally.taken()}


UNCONNECTED: dict[str, Any] = {"status": 502, "flags": "UF", "answered_us": "-"}
NO_TARGET: dict[str, Any] = {"host": "-", "answered_us": "-", "healthy": "-"}
BY_RULE: dict[str, Any] = {**NO_TARGET, "cluster": "-", "details": "direct_response"}


@pytest.mark.parametrize(
    ("changed", "of_group", "of_balancer_only"),
    [
        ({}, {"RequestCount": 1, "HTTPCode_Target_2XX_Count": 1}, {}),
        ({"status": 503}, {"RequestCount": 1, "HTTPCode_Target_5XX_Count": 1}, {}),
        ({"status": 101}, {"RequestCount": 1}, {}),
        (
            {"status": 200, "flags": "UC", "details": "upstream_reset_after_response_started{}"},
            {"RequestCount": 1, "HTTPCode_Target_2XX_Count": 1},
            {},
        ),
        (
            UNCONNECTED,
            {"RequestCount": 1, "TargetConnectionErrorCount": 1},
            {"HTTPCode_ELB_5XX_Count": 1, "HTTPCode_ELB_502_Count": 1},
        ),
        (
            {**UNCONNECTED, "healthy": "false"},
            {
                "RequestCount": 1,
                "TargetConnectionErrorCount": 1,
                "UnhealthyRoutingRequestCount": 1,
            },
            {"HTTPCode_ELB_5XX_Count": 1, "HTTPCode_ELB_502_Count": 1},
        ),
        (
            {"status": 504, "flags": "SI", "answered_us": "-"},
            {"RequestCount": 1},
            {"HTTPCode_ELB_5XX_Count": 1, "HTTPCode_ELB_504_Count": 1},
        ),
        (
            {"status": 0, "flags": "DC", "answered_us": "-"},
            {"RequestCount": 1},
            {"HTTPCode_ELB_4XX_Count": 1},
        ),
        (
            {**NO_TARGET, "status": 503, "flags": "UH", "details": "no_healthy_upstream"},
            {},
            {"HTTPCode_ELB_5XX_Count": 1, "HTTPCode_ELB_503_Count": 1},
        ),
        (
            {**BY_RULE, "status": 301},
            {},
            {"HTTP_Redirect_Count": 1, "HTTPCode_ELB_3XX_Count": 1},
        ),
        (
            {**BY_RULE, "status": 404},
            {},
            {"HTTP_Fixed_Response_Count": 1, "HTTPCode_ELB_4XX_Count": 1},
        ),
        ({**BY_RULE, "status": 200}, {}, {"HTTP_Fixed_Response_Count": 1}),
    ],
)
def test_an_exchange_counts_for_who_made_its_answer(
    changed: dict[str, Any], of_group: dict[str, int], of_balancer_only: dict[str, int]
) -> None:
    found = counted(line(**changed))

    expected: dict[str | None, dict[str, int]] = {None: {**of_group, **of_balancer_only}}
    if of_group:
        expected[GROUP] = of_group
    assert found == expected


def test_an_exchange_belongs_to_the_minute_in_which_it_ended() -> None:
    tally = TrafficTally()
    tally.add(parsed(line(milliseconds=29_999)))
    tally.add(parsed(line(milliseconds=30_000)))

    assert {entry["minute"] for entry in tally.taken()} == {1_800_000_000, 1_800_000_060}


def test_what_was_taken_is_not_taken_again() -> None:
    tally = TrafficTally()
    tally.add(parsed(line()))

    assert tally.taken()
    assert tally.taken() == []


seconds = st.floats(0.000_001, 120.0)


@given(st.lists(seconds, min_size=1, max_size=50))
def test_response_times_keep_their_number_sum_and_bounds(waits: list[float]) -> None:
    tally = TrafficTally()
    for wait in waits:
        tally.add(Exchange(BALANCER, None, STARTED, 200, True, True, True, wait, "via_upstream"))

    (entry,) = tally.taken()
    times = entry["responseTimes"]
    told: Counter[float] = Counter(dict(times["values"]))

    assert told.total() == len(waits)
    assert (times["minimum"], times["maximum"]) == (min(waits), max(waits))
    assert times["sum"] == pytest.approx(sum(waits))
    assert sorted(told.elements()) == pytest.approx(sorted(waits), rel=0.006)


OWNERS = {"8443": ("alb-1",), "web.01": ("alb-1", "alb-2")}
MINUTE = 1_800_000_000


def stats(clients: int, active: int, targets: int) -> str:
    return "\n".join(
        [
            f"listener.127.0.0.1_8443.downstream_cx_total: {clients}",
            f"listener.127.0.0.1_8443.downstream_cx_active: {active}",
            "listener.127.0.0.1_8443.worker_0.downstream_cx_total: 99",
            "listener.127.0.0.1_8443.ssl.connection_error: 1",
            f"cluster.target_group.web.01.upstream_cx_total: {targets}",
            "cluster.target_group.web.01.upstream_cx_active: 2",
            "cluster.target_group.gone.upstream_cx_total: 7",
        ]
    )


def told(connections: Connections, text: str, now: float) -> dict[str, tuple[object, object]]:
    seen = connections.seen(text, OWNERS, now)
    assert all(entry["minute"] == now // 60 * 60 for entry in seen)
    return {entry["loadBalancerArn"]: (entry["counts"], entry["samples"]) for entry in seen}


def test_new_connections_are_reported_at_each_look_and_open_ones_once_a_minute() -> None:
    connections = Connections()

    first = told(connections, stats(5, 3, 2), MINUTE + 1)
    same = told(connections, stats(5, 3, 2), MINUTE + 6)
    more = told(connections, stats(9, 4, 2), MINUTE + 11)
    later = told(connections, stats(9, 0, 2), MINUTE + 61)

    assert first == {
        "alb-1": (
            {"NewConnectionCount": 7, "ClientTLSNegotiationErrorCount": 1},
            {"ActiveConnectionCount": 5},
        ),
        "alb-2": ({"NewConnectionCount": 2}, {"ActiveConnectionCount": 2}),
    }
    assert same == {}
    assert more == {"alb-1": ({"NewConnectionCount": 4}, {})}
    assert later == {
        "alb-1": ({}, {"ActiveConnectionCount": 2}),
        "alb-2": ({}, {"ActiveConnectionCount": 2}),
    }


def test_a_counter_that_started_again_counts_from_0() -> None:
    connections = Connections()
    told(connections, stats(50, 1, 2), MINUTE + 1)

    again = told(connections, stats(3, 1, 2), MINUTE + 6)

    assert again == {"alb-1": ({"NewConnectionCount": 3}, {})}
