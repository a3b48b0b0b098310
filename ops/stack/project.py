"""Where the Pulumi project is."""

from __future__ import annotations

from pathlib import Path

from ops.errors import InputError

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


class NoProjectError(InputError):
    """There is no Pulumi project here."""


def found_project(start: Path) -> Path | None:
    """The nearest folder with a Pulumi.yaml, from `start` upwards, as the CLI looks for it."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in _PROJECT_FILES):
            return folder
    return None


def project_folder(start: Path) -> Path:
    """The same where there has to be one.

    Raises:
        NoProjectError: there is none.
    """
    found = found_project(start)
    if found is None:
        raise NoProjectError(
            f"no Pulumi.yaml in {start} or above it",
            expected="the folder of a Pulumi project, or one below it",
            fixes=["cd to the project's folder, then type it again"],
        )
    return found
