"""What the supervisor says of a part that did not start."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rehearsal.errors import NoPortError
from rehearsal.supervisor import not_ready

TRACE = """Traceback (most recent call last):
  File "rehearsal/data_plane/addresses.py", line 26, in of
    holder.bind((HOST, 0))
"""


@pytest.mark.parametrize("number", [errno.EADDRINUSE, errno.EADDRNOTAVAIL])
def test_a_part_that_gets_no_port_is_one_message_without_a_traceback(number: int) -> None:
    words = f"{TRACE}OSError: [Errno {number}] {os.strerror(number)}"

    error = not_ready("data plane", 1, words, Path("data-plane.log"))

    assert isinstance(error, NoPortError)
    assert error.exit_code == 3
    assert str(error).startswith("no port is free on 127.0.0.1 for the data plane\n")
    assert "Traceback" not in str(error)
    assert "OSError" not in str(error)


def test_of_another_fault_the_last_line_and_the_log_are_named() -> None:
    error = not_ready("provider", 2, f"{TRACE}too many open files", Path("/a clone/provider.log"))

    assert "the provider ended with 2 before it was ready: too many open files" in str(error)
    assert "less '/a clone/provider.log'" in str(error)
    assert "Traceback" not in str(error)


def test_a_part_that_wrote_nothing_is_reported_as_such() -> None:
    assert "it wrote nothing" in str(not_ready("provider", 2, "", Path("provider.log")))
