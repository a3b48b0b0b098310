"""Room for sockets: the limit on open files, raised as far as this process may."""

from __future__ import annotations

import resource

from probe.errors import OptionsError
from rollout.problem import Problem

OTHER_FILES = 64
"""Standard streams, the record, the event loop, libraries."""


def raise_file_limit(max_in_flight: int, kept: int) -> None:
    """Allow as many open files as the run may need at once.

    Raises:
        OptionsError: the hard limit is below that.
    """
    needed = max_in_flight + kept + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            allowed = max(hard - kept - OTHER_FILES, 1)
            problem = Problem(
                "--max-in-flight",
                str(max_in_flight),
                f"at most {allowed}, since this process may open no more than {hard} files",
                f"--max-in-flight {allowed}, or a higher `ulimit -Hn`",
            )
            raise OptionsError((problem,))
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
