"""The guard of the images: whether AWS can launch what the slots would launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader
from components.guards.recorded_state import RememberedService
from fleets.auto_scaling_group.launch import IMAGE, INSTANCE_TYPE
from live.errors import LiveError
from rollout.command import Command
from rollout.fleet import WantedFleet
from rollout.guard_case import WantedService
from rollout.images import image_problem
from rollout.notice import ALL_SERVICES, Notice, NoticeKind
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class _Launch:
    """What a slot would launch, and what it launches by the state."""

    service: str
    slot: Slot
    image_id: str
    instance_type: str
    known: tuple[str, str] | None
    """Image and instance type, by the state."""

    @property
    def is_new(self) -> bool:
        """Whether this update changes the image or the instance type."""
        return self.known != (self.image_id, self.instance_type)

    @property
    def fix(self) -> str:
        """The command that restores the image, or that lists images."""
        if self.known is None or self.known[0] in ("", self.image_id):
            own = Command.of("aws", "ec2", "describe-images", "--owners", "self")
            return f"{own}   # lists the images of this account"
        key = f'failover:images.{self.service}["{self.slot}"]'
        back = Command.of("pulumi", "config", "set", "--path", key, self.known[0])
        return f"{back}   # the current image"


class ImageCheck:
    """Looks images up before anything is declared.

    An update fails halfway if an Auto Scaling group cannot launch its image, and its rules then do
    not move. Only an image that this update brings is refused; an image that has disappeared since
    its release is a line in every preview.
    """

    def __init__(
        self,
        services: Mapping[str, WantedService],
        remembered: Mapping[str, RememberedService],
        reader: GuardReader,
        *,
        is_preview: bool,
    ) -> None:
        """Collect what the slots would launch; AWS is not called before `look`."""
        self._launches = [
            _Launch(name, slot, *launch, _known(remembered.get(name), slot))
            for name, service in services.items()
            for slot, wanted in service.slots.items()
            if (launch := _launched(wanted.fleet)) is not None
        ]
        self._reader = reader
        self._is_preview = is_preview

    def look(self) -> list[Notice]:
        """Look the images up; returns what to report.

        Raises:
            RefusedUpdateError: this update brings an image that cannot be launched.
        """
        launches = [each for each in self._launches if self._is_preview or each.is_new]
        if not launches:
            return []
        try:
            found = self._reader.images(sorted({each.image_id for each in launches}))
        except LiveError as error:
            # Without this permission a rollback must still work; AWS refuses what it cannot launch.
            text = f"the images could not be looked up: {error}"
            note = Notice(NoticeKind.NOTE, ALL_SERVICES, "images", text)
            return [note] if self._is_preview else []
        notices: list[Notice] = []
        for each in launches:
            why = image_problem(found.get(each.image_id), each.instance_type)
            if why:
                notices.append(self._notice(each, why))
        if any(notice.kind is NoticeKind.REFUSED for notice in notices):
            raise RefusedUpdateError(notices)
        return notices

    def _notice(self, launch: _Launch, why: str) -> Notice:
        change, text = f"slot {launch.slot}", f"image {launch.image_id}: {why}"
        if not launch.is_new:
            text += "; no more instances can be launched from it"
            return Notice(NoticeKind.NOTE, launch.service, change, text)
        kind = NoticeKind.refusal(is_preview=self._is_preview)
        return Notice(kind, launch.service, change, f"{text}\n  fix: {launch.fix}")


def _known(remembered: RememberedService | None, slot: Slot) -> tuple[str, str] | None:
    known = None if remembered is None else remembered.memory.slots.get(slot)
    return None if known is None else _launched(known.fleet)


def _launched(fleet: WantedFleet) -> tuple[str, str] | None:
    """Image and instance type of a fleet of ours that launches EC2 instances; else `None`."""
    parts = fleet.parts or {}
    return (parts[IMAGE], parts[INSTANCE_TYPE]) if IMAGE in parts else None
