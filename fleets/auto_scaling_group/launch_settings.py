"""What the config sets of a slot's launch template beside image and instance type."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleets.auto_scaling_group.user_data import rejected
from fleets.kind import SlotSections
from settings.capacity import Capacity
from settings.declaration.key import Key
from settings.declaration.section import Section
from settings.launch_template import LaunchTemplate, UserData
from settings.lookup import LookupFailedError


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """The launch template of a slot, as far as the config sets it."""

    user_data: str | None = field(default=None, repr=False)
    """A shell script or cloud-config; `None` for the slot's identity alone."""


def read_launch(sections: SlotSections) -> LaunchSettings:
    """A slot's own values over the service's; problems are recorded in the sections."""
    own = sections.capacity.section(Capacity.of_slot[sections.slot])
    of_slot, of_service = (
        each.section(Capacity.launch_template) for each in (own, sections.capacity)
    )
    launch = of_slot if of_slot.has(LaunchTemplate.user_data) else of_service
    if not launch.has(LaunchTemplate.user_data):
        return LaunchSettings()
    return LaunchSettings(_read_user_data(launch.section(LaunchTemplate.user_data), sections))


def _read_user_data(section: Section, sections: SlotSections) -> str | None:
    given = UserData.read(section)
    if section.has(UserData.file) and section.has(UserData.text):
        section.reject_idle("file: user data is from a file or here as text", UserData.text)
        return None
    if not section.is_sound(UserData.file, UserData.text):
        return None
    if given.file is None and given.text is None:
        section.reject(UserData.file, f"{UserData.file.kind.expected}; or text in its place")
        return None
    key: Key[str | None] = UserData.file if given.file is not None else UserData.text
    text = given.text if given.file is None else _read_file(given.file, section, sections)
    if text is None:
        return None
    expected = rejected(text, sections.names.environment, sections.service, sections.slot)
    if expected is not None:
        section.reject(key, expected)
    return text


def _read_file(path: str, section: Section, sections: SlotSections) -> str | None:
    """The text of a file; `None` where it cannot be had, or where nothing is looked up."""
    if sections.lookups is None:
        return None
    try:
        return sections.lookups.project_file(path).decode()
    except LookupFailedError as error:
        section.reject(UserData.file, f"a file that can be read; {error}")
    except UnicodeDecodeError:
        section.reject(UserData.file, "a text file in UTF-8; compressed user data is not taken")
    return None
