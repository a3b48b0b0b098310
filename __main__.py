"""The Pulumi program: reads the stack's config, and declares what it says."""

from __future__ import annotations

import gc
import os
import sys
import threading

import pulumi
from pulumi.runtime import get_config_env, get_config_secret_keys_env

from components.guards.engine_log import EngineLog
from components.guards.errors import RefusedUpdateError
from components.guards.memory import RunningEngine
from components.guards.program import ProgramGuards
from components.guards.retry import RETRY_SECONDS, Retry
from components.lookups import ProviderLookups
from components.stack import declare_stack
from live.errors import LiveError
from live.session import check_credentials
from rollout.messages import stopped, unseen
from rollout.notice import NoticeKind
from settings import Settings, SettingsError, Surroundings
from settings.declaration.raw import in_namespace

BAIL = 32
"""The exit code by which a program tells the engine that it has said what is wrong."""


def main() -> None:
    """Declare the stack, or say everything that is wrong with its config or with this update."""
    raw = get_config_env()
    aws_config = in_namespace(raw, "aws")
    voice = EngineLog()
    surroundings = Surroundings(
        stack=pulumi.get_stack(),
        environ=os.environ,
        aws_config=aws_config,
        secret_keys=frozenset(get_config_secret_keys_env()),
        lookups=ProviderLookups(
            Retry(RETRY_SECONDS, voice, threading.Event()),
            lambda: check_credentials(aws_config, os.environ),
        ),
    )
    try:
        settings = Settings.parse(raw, surroundings)
        guards = ProgramGuards(settings, aws_config, os.environ, RunningEngine(), voice)
    except SettingsError as error:
        pulumi.log.error(str(error))
        sys.exit(BAIL)
    except LiveError as error:
        voice.say(unseen(NoticeKind.REFUSED, str(error), "nothing is changed", error.fix))
        sys.exit(BAIL)
    except KeyboardInterrupt:
        voice.say(stopped())
        sys.exit(BAIL)
    except RefusedUpdateError as refusal:
        for notice in refusal.notices:
            voice.say(notice)
        sys.exit(BAIL)
    # The provider's SDK defines thousands of classes as it is imported, bit by bit, from in there;
    # looking for garbage among them again and again is a fifth of that time.
    gc.disable()
    guards.tell(declare_stack(settings, guards.hooks(), guards.last_raised))
    gc.freeze()
    gc.enable()


main()
