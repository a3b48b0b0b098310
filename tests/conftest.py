from __future__ import annotations

import signal

from hypothesis import settings

# A machine that is busy with something else must not fail a test of pure code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
