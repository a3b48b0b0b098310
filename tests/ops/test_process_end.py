"""Ctrl-C is heard wherever it comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

IN_A_CALLBACK = """
import sys, threading, weakref
from ops.process_end import deliver_lost_interrupts

class Module: pass

def finalise(_reference): raise KeyboardInterrupt

if sys.argv[1] == "delivered":
    deliver_lost_interrupts()
module = Module()
reference = weakref.ref(module, finalise)
try:
    del module
    threading.Event().wait(float(sys.argv[2]))
    print("lost")
except KeyboardInterrupt:
    print("delivered")
"""
"""An interrupt in the callback of a weakref, as the import machinery has one a module."""


@pytest.mark.parametrize(("outcome", "seconds"), [("lost", "0.2"), ("delivered", "60")])
def test_an_interrupt_that_python_drops_comes_again(outcome: str, seconds: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CALLBACK, outcome, seconds],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == outcome
    assert ("Exception ignored" in done.stderr) == (outcome == "lost")
