"""Recordings of whole stacks, for the tests of the components in them."""

from __future__ import annotations

import functools

from components.guards.hooks import NO_HOOKS
from components.stack import LastRaised, declare_stack
from tests.components.recording import Override, Recording, recorded
from tests.configs import Config, FakeLookups, parsed, stack_config


@functools.cache
def recording_of(stack: str) -> Recording:
    """What a stack of the repo registers."""
    return declared(stack_config(stack), stack=stack)


def declared(
    config: Config,
    *,
    stack: str = "prod",
    lookups: FakeLookups | None = None,
    override: Override | None = None,
    last_raised: LastRaised = lambda _service, _split: None,
) -> Recording:
    """What a config registers."""
    settings = parsed(config, lookups, stack)
    return recorded(lambda: declare_stack(settings, NO_HOOKS, last_raised), stack, override)
