"""The driver's waits, and the signals that end them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest

from ops.ramp.driver.clock import Signals, SystemRampClock

NUDGED_OFTEN = """
import signal
from ops.ramp.driver.clock import SystemRampClock

clock, nudges = SystemRampClock(), 0

def nudge(number, frame):
    global nudges
    nudges += 1
    clock.nudge()

signal.signal(signal.SIGALRM, nudge)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
while nudges < 5000:
    clock.wait(0.0002)
signal.setitimer(signal.ITIMER_REAL, 0)
"""
"""A wait that cannot be interrupted anywhere never ends under this."""


@pytest.fixture
def ignored_hangup() -> Generator[None]:
    """What `nohup` leaves to the command."""
    with disposed(signal.SIGHUP, signal.SIG_IGN):
        yield


@pytest.fixture
def heeded_signals() -> Generator[None]:
    """What a terminal leaves to the command, however this suite was started."""
    with ExitStack() as stack:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            stack.enter_context(disposed(number, signal.SIG_DFL))
        yield


@contextmanager
def disposed(number: signal.Signals, action: signal.Handlers) -> Generator[None]:
    """Have this process take a signal so within the block, and as before after it."""
    before = signal.signal(number, action)
    blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(number, before)


def test_a_signal_may_come_at_any_moment_of_a_wait() -> None:
    done = subprocess.run([sys.executable, "-c", NUDGED_OFTEN], timeout=60, check=False)

    assert done.returncode == 0


@pytest.mark.usefixtures("heeded_signals")
def test_a_signal_ends_the_wait_and_is_counted() -> None:
    clock = SystemRampClock()
    signals = Signals(clock)

    with signals.caught():
        os.kill(os.getpid(), signal.SIGHUP)
        clock.wait(600)

    assert (signals.asked, signals.by) == (1, "SIGHUP")


@pytest.mark.usefixtures("heeded_signals")
def test_a_sigterm_is_meant_at_once() -> None:
    signals = Signals(SystemRampClock())

    with signals.caught():
        os.kill(os.getpid(), signal.SIGTERM)

    assert (signals.asked, signals.by) == (2, "SIGTERM")


@pytest.mark.usefixtures("ignored_hangup")
def test_a_ramp_under_nohup_outlives_its_terminal() -> None:
    signals = Signals(SystemRampClock())

    with signals.caught():
        os.kill(os.getpid(), signal.SIGHUP)

    assert signals.asked == 0
