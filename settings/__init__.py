"""The config of a stack: what it may hold, and what it says once it is read.

Pure: it knows nothing of Pulumi, and asks AWS only through the `Lookups` it is given.
"""

from rollout.errors import SettingsError
from settings.settings import Settings
from settings.surroundings import Surroundings

__all__ = ["Settings", "SettingsError", "Surroundings"]
