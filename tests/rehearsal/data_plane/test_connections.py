"""Connections are told of once, for the load balancers whose they are."""

from __future__ import annotations

from rehearsal.data_plane.connections import Connections

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
