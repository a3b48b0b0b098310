from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from live.errors import UnreachableError, WrongAccountError, translated
from live.provider_config import ProviderConfig
from live.session import ATTEMPTS, ProviderSession
from tests.ports import refusing_port

PATIENT = 12


@pytest.fixture
def session() -> Generator[ProviderSession]:
    """One that would ask for a minute, of an address where nothing listens."""
    with refusing_port() as port:
        config = ProviderConfig(
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            endpoints={"elbv2": f"http://127.0.0.1:{port}"},
        )
        yield ProviderSession(config, PATIENT)


def received(client: Any, exception: Exception | None) -> None:
    """What botocore tells after each request."""
    client.meta.events.emit("response-received.elbv2.DescribeRules", exception=exception)


def test_an_aws_that_refuses_the_connection_is_said_so_after_a_few_requests(
    session: ProviderSession,
) -> None:
    client, sent = session.client("elbv2"), list[object]()
    client.meta.events.register("before-send", lambda **about: sent.append(about))

    with pytest.raises(UnreachableError, match="cannot be reached"), translated():
        client.describe_load_balancers()

    assert len(sent) == ATTEMPTS
    client.close()


def test_an_aws_that_has_answered_once_may_be_gone_for_longer(session: ProviderSession) -> None:
    client = session.client("elbv2")
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1")

    received(client, None)

    for _ in range(PATIENT):
        received(client, gone)
    client.close()


def test_all_clients_of_a_session_are_silent_together(session: ProviderSession) -> None:
    clients = [session.client("elbv2"), session.client("sts")]
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1")

    for number in range(1, ATTEMPTS):
        received(clients[number % 2], gone)
    with pytest.raises(EndpointConnectionError):
        received(clients[0], gone)

    for client in clients:
        client.close()


class Caller:
    """STS, which knows whose the credentials are."""

    def __init__(self, account: str) -> None:
        self.account = account

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account, "Arn": f"arn:aws:iam::{self.account}:user/kim"}


class OfAccount(ProviderSession):
    """A session whose credentials are of one account, as STS says."""

    def __init__(self, account: str, config: ProviderConfig) -> None:
        super().__init__(config)
        self._account = account

    def _client(self, service: str) -> Any:
        return Caller(self._account) if service == "sts" else super()._client(service)


def session_of(
    account: str, *, allowed: tuple[str, ...] = (), forbidden: tuple[str, ...] = ()
) -> ProviderSession:
    """A session whose credentials are of `account`."""
    config = ProviderConfig(
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
        allowed_accounts=allowed,
        forbidden_accounts=forbidden,
    )
    return OfAccount(account, config)


def test_credentials_of_another_account_are_said_so_before_anything_is_asked() -> None:
    session = session_of("123456789012", allowed=("999988887777",))

    with pytest.raises(WrongAccountError) as caught:
        session.client("elbv2")

    assert str(caught.value) == (
        "these credentials are of account 123456789012 (arn:aws:iam::123456789012:user/kim), and "
        "this stack is of account 999988887777 (aws:allowedAccountIds): log in to 999988887777, or "
        "name a profile of it (AWS_PROFILE, or the stack's aws:profile)"
    )


def test_credentials_of_a_forbidden_account_are_said_so() -> None:
    session = session_of("123456789012", forbidden=("123456789012",))

    with pytest.raises(WrongAccountError, match="aws:forbiddenAccountIds"):
        session.client("elbv2")


def test_credentials_of_the_stack_s_own_account_are_good() -> None:
    session_of("123456789012", allowed=("123456789012",)).client("elbv2").close()


def test_where_sts_does_not_answer_whoever_asks_for_more_says_so() -> None:
    with refusing_port() as port:
        config = ProviderConfig(
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            endpoints={"sts": f"http://127.0.0.1:{port}", "elbv2": f"http://127.0.0.1:{port}"},
            allowed_accounts=("123456789012",),
        )

        ProviderSession(config).client("elbv2").close()
