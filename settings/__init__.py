"""The config of a stack: its keys, and their values once they are read.

Pure: it knows nothing of Pulumi, and asks AWS only through the `Lookups` it is given.
"""

from rollout.errors import SettingsError
from settings.settings import Settings
from settings.surroundings import Surroundings

__all__ = ["Settings", "SettingsError", "Surroundings"]
