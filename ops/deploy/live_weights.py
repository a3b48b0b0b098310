"""The weights of a stack's rules as AWS has them now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from live.address import ServiceAddress
from live.clients import Clients
from live.errors import LiveError
from live.provider_config import ProviderConfig
from live.rules import read_rules
from live.session import ProviderSession
from ops.errors import UnsureError
from ops.stack.aws_config import read_aws_config
from pulumi_cli.errors import NoStackError, StackError
from pulumi_cli.pulumi import Pulumi


def read_live_weights(folder: Path, stack: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Service -> live weights, such as `75/25`; empty before the first deployment.

    The rules are found by the stack's outputs and read as the stack's own provider would.

    Raises:
        NoStackError: there is no such stack.
        UnsureError: the backend or AWS cannot be read, so nothing may be deployed.
    """
    pulumi = Pulumi(folder, stack, environ)
    try:
        services = ServiceAddress.of_outputs(pulumi.outputs().get("services") or {})
        if not services:
            return {}
        session = ProviderSession(ProviderConfig.of_stack(read_aws_config(pulumi), environ))
        rules = read_rules(Clients.of(session).balancing, services)
    except NoStackError:
        raise
    except (StackError, LiveError) as error:
        raise UnsureError(
            f"nothing may be deployed: the live weights of stack {stack} cannot be read: {error}"
        ) from error
    return {rule.service: rule.weights for rule in rules}
