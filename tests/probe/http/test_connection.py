from __future__ import annotations

import asyncio

import pytest

from probe.http.connection import (
    EARLY_IDLE_SECONDS,
    JUST_BEFORE_SECONDS,
    Connection,
    Pool,
    closed_on,
)
from tests.probe.fake_clock import FakeClock


def never_stalled(_: float, __: float) -> float:
    return 0.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def connections(clock: FakeClock) -> list[Connection]:
    loop = asyncio.new_event_loop()
    made = [Connection(loop, clock, set()) for _ in range(4)]
    loop.close()
    return made


def test_a_pool_opens_as_many_as_it_keeps_and_then_uses_them_in_turn(
    clock: FakeClock, connections: list[Connection]
) -> None:
    pool = Pool(2, never_stalled)
    opened = [pool.take(clock.now_s).connection for _ in range(2)]
    for connection in connections[:2]:
        pool.give_back(connection)

    turns: list[Connection | None] = []
    for _ in range(4):
        taken = pool.take(clock.now_s).connection
        turns.append(taken)
        pool.give_back(taken)

    assert opened == [None, None]
    assert turns == [connections[0], connections[1], connections[0], connections[1]]


def test_a_pool_whose_connections_are_all_lent_opens_another(clock: FakeClock) -> None:
    pool = Pool(1, never_stalled)
    pool.take(clock.now_s)

    assert pool.take(clock.now_s).connection is None


def test_a_connection_that_failed_is_replaced_by_a_new_one(
    clock: FakeClock, connections: list[Connection]
) -> None:
    pool = Pool(1, never_stalled)
    pool.take(clock.now_s)
    pool.give_back(None)

    assert pool.take(clock.now_s).connection is None
    pool.give_back(connections[0])
    assert pool.take(clock.now_s).connection is connections[0]


@pytest.mark.parametrize(
    ("idle_s", "before_s", "is_failure"),
    [
        (0.0, 0.5, True),
        (EARLY_IDLE_SECONDS - 0.1, 5.0, True),
        (EARLY_IDLE_SECONDS + 0.1, 5.0, False),
        (60.0, JUST_BEFORE_SECONDS - 0.01, True),
        (60.0, JUST_BEFORE_SECONDS + 0.01, False),
    ],
)
def test_a_close_counts_if_it_came_early_or_just_before_the_request(
    idle_s: float,
    before_s: float,
    is_failure: bool,
    clock: FakeClock,
    connections: list[Connection],
) -> None:
    connection = connections[0]
    clock.run(idle_s)
    connection.eof_received()
    clock.run(before_s)

    closed = closed_on(connection, clock.now_s)

    assert (closed is not None) is is_failure


def test_connections_closed_in_good_time_are_dropped_and_counted(
    clock: FakeClock, connections: list[Connection]
) -> None:
    pool = Pool(2, never_stalled)
    for _ in range(2):
        pool.take(clock.now_s)
    for connection in connections[:2]:
        pool.give_back(connection)
    clock.run(60.0)
    for connection in connections[:2]:
        connection.eof_received()
    clock.run(10.0)

    taken = pool.take(clock.now_s)

    assert (taken.connection, taken.closed, taken.idle_closes) == (None, None, 2)


def test_a_close_while_the_prober_stalled_is_no_fault_of_the_server(
    clock: FakeClock, connections: list[Connection]
) -> None:
    pool = Pool(1, lambda since_s, until_s: until_s - since_s)
    pool.take(clock.now_s)
    pool.give_back(connections[0])
    clock.run(3.0)
    connections[0].eof_received()
    clock.run(JUST_BEFORE_SECONDS / 2)

    taken = pool.take(clock.now_s)

    assert (taken.connection, taken.closed, taken.idle_closes) == (None, None, 1)
