"""The existing launch template that a slot's is made from: read, checked, and compared."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleets.auto_scaling_group.template_data import (
    changed_fields,
    template_arguments,
    template_tags,
    untranslated,
)
from fleets.auto_scaling_group.user_data import MOST_BYTES, copied_kind, size_of, user_data
from fleets.kind import SlotSections
from settings.declaration import command
from settings.declaration.section import Section
from settings.launch_template import TemplateSource
from settings.lookup import LaunchTemplateVersion, LookupFailedError, TemplateFacts

_ROOM = 2048
"""More bytes than the identity of any slot takes."""


@dataclass(frozen=True, slots=True)
class LaterVersion:
    """The latest version of a template, where a copy of it would be another one."""

    number: int
    changed: tuple[str, ...]
    """The fields of AWS in which it differs from the version that is copied."""
    setting: str
    """The command that takes it over."""


@dataclass(frozen=True, slots=True)
class CopiedTemplate:
    """A version of an existing launch template, as the slot's takes it over."""

    version: LaunchTemplateVersion
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Those of `aws.ec2.LaunchTemplate`, without what the stack sets."""
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """By the type of the resource that is launched."""
    user_data: str | None = field(default=None, repr=False)
    """Decoded; `None` where it has none."""
    later: LaterVersion | None = None
    """`None` where the latest version makes the same."""

    @property
    def notes(self) -> tuple[str, ...]:
        """A line on the later version, with the command that takes it over."""
        if self.later is None:
            return ()
        return (
            f"its launch template is a copy of {self.version}, and version {self.later.number}, "
            f"the latest, has other {', '.join(self.later.changed)}\n"
            f"  fix: {self.later.setting}   # takes it over, which is a release of the slot",
        )


def read_source(
    section: Section, sections: SlotSections, *, has_own_data: bool
) -> CopiedTemplate | None:
    """The template that is copied, with its data where AWS is asked.

    Args:
        section: The map `from`; problems are recorded in it.
        sections: Of the slot.
        has_own_data: Whether the config has user data of its own, in place of the template's.
    """
    version = _version(section)
    if version is None or sections.lookups is None:
        return None
    try:
        found = sections.lookups.launch_template(version)
    except LookupFailedError as error:
        key = TemplateSource.template_name if version.id is None else TemplateSource.template_id
        section.reject(key, f"a launch template that can be read; {error}")
        return CopiedTemplate(version)
    if found.data is None:
        section.reject(
            TemplateSource.version,
            f"a version that {version.template} has; its latest one is {found.latest}",
        )
        return CopiedTemplate(version)
    text, expected = None, _not_copied(found.data)
    if expected is None and not has_own_data:
        text, expected = _copied_user_data(found.data, sections)
    if expected is not None:
        section.reject(TemplateSource.version, expected)
    return CopiedTemplate(
        version,
        template_arguments(found.data),
        template_tags(found.data),
        text,
        _later(found, section, has_own_data=has_own_data),
    )


def is_copied_whole(data: Mapping[str, Any]) -> bool:
    """Whether any slot could have the user data of a template, with its identity."""
    encoded = data.get("UserData", "")
    try:
        text = base64.b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    fits = size_of(encoded) <= MOST_BYTES - _ROOM
    return not text or (copied_kind(text) is not None and fits)


def _version(section: Section) -> LaunchTemplateVersion | None:
    """What the config names; `None` where that is not one version of one template."""
    given = TemplateSource.read(section)
    by_id, by_name = TemplateSource.template_id, TemplateSource.template_name
    if section.has(by_id) and section.has(by_name):
        section.reject_idle("id: one of them names the template", by_name)
    elif not section.has(by_id) and not section.has(by_name):
        section.reject(by_id, f"{by_id.kind.expected}; or a name in its place")
    if not section.is_sound(by_id, by_name, TemplateSource.version):
        return None
    return LaunchTemplateVersion(given.template_id, given.template_name, given.version)


def _later(found: TemplateFacts, section: Section, *, has_own_data: bool) -> LaterVersion | None:
    """The latest version, where what is copied of it differs."""
    changed = changed_fields(found.data or {}, found.latest_data)
    if has_own_data:
        changed = tuple(name for name in changed if name != "UserData")
    if not changed:
        return None
    path = command.joined(section.path, TemplateSource.version.name)
    return LaterVersion(found.latest, changed, str(command.setting(path, found.latest)))


def _not_copied(data: Mapping[str, Any]) -> str | None:
    """What is expected of a template with fields that cannot be copied; `None` without any."""
    fields = untranslated(data)
    if not fields:
        return None
    return f"a version without {', '.join(fields)}, which the stack cannot copy"


def _copied_user_data(
    data: Mapping[str, Any], sections: SlotSections
) -> tuple[str | None, str | None]:
    """The user data of a template as text, or what is expected of it."""
    encoded = data.get("UserData")
    if not encoded:
        return None, None
    beside = "; or userData in its place"
    try:
        text = base64.b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None, f"a version whose user data is text in UTF-8, not compressed{beside}"
    if copied_kind(text) is None:
        return None, f"a version whose user data is of a kind of cloud-init{beside}"
    names, service = sections.names, sections.service
    size = size_of(user_data(names.environment, service, sections.slot, 65_535, copied=text))
    if size > MOST_BYTES:
        return None, (
            f"a version whose user data has at most {MOST_BYTES} bytes with the slot's identity, "
            f"which is the limit of EC2; this is {size}{beside}"
        )
    return text, None
