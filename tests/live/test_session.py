from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from live.errors import UnreachableError, translated
from live.provider_config import ProviderConfig
from live.session import ATTEMPTS, Session
from tests.ports import refusing_port

PATIENT = 12


@pytest.fixture
def session() -> Generator[Session]:
    """One that would ask for a minute, of an address where nothing listens."""
    with refusing_port() as port:
        config = ProviderConfig(
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            endpoints={"elbv2": f"http://127.0.0.1:{port}"},
        )
        yield Session(config, PATIENT)


def received(client: Any, exception: Exception | None) -> None:
    """What botocore tells after each request."""
    client.meta.events.emit("response-received.elbv2.DescribeRules", exception=exception)


def test_an_aws_that_refuses_the_connection_is_said_so_after_a_few_requests(
    session: Session,
) -> None:
    client, sent = session.client("elbv2"), list[object]()
    client.meta.events.register("before-send", lambda **about: sent.append(about))

    with pytest.raises(UnreachableError, match="cannot be reached"), translated():
        client.describe_load_balancers()

    assert len(sent) == ATTEMPTS
    client.close()


def test_an_aws_that_has_answered_once_may_be_gone_for_longer(session: Session) -> None:
    client = session.client("elbv2")
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1")

    received(client, None)

    for _ in range(PATIENT):
        received(client, gone)
    client.close()


def test_all_clients_of_a_session_are_silent_together(session: Session) -> None:
    clients = [session.client("elbv2"), session.client("sts")]
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1")

    for number in range(1, ATTEMPTS):
        received(clients[number % 2], gone)
    with pytest.raises(EndpointConnectionError):
        received(clients[0], gone)

    for client in clients:
        client.close()
