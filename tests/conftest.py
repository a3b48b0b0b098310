from __future__ import annotations

from hypothesis import settings

# A machine that is busy with something else must not fail a test of pure code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
