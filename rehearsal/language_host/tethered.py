"""Run a script or a module in a process that ends when the process that started it does.

    python tethered.py PARENT_PID SCRIPT ARGS…
    python tethered.py PARENT_PID -m MODULE ARGS…

The tether is tied here and not between fork and exec: code run there, in a process whose parent
serves gRPC from threads, crashes.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie the tether, then become the script or module as if it had been run by itself."""
    parent, target, *rest = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit("the language host is gone")
    if target == "-m":
        module, *rest = rest
        # As `python -m` does; this file's own folder must not shadow anyone's modules.
        sys.path[0] = os.getcwd()
        sys.argv = [module, *rest]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(target))
        sys.argv = [target, *rest]
        runpy.run_path(target, run_name="__main__")


if __name__ == "__main__":
    main()
