"""The guard of the images: whether AWS can launch what the slots would launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader
from components.guards.recorded_state import RememberedService
from live.errors import LiveError
from rollout.command import Command
from rollout.guard_case import WantedService
from rollout.images import image_problem
from rollout.notice import ALL_SERVICES, Notice, NoticeKind
from rollout.observation import Build
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class _Launch:
    """What a slot would launch, and what it launches by the state."""

    service: str
    slot: Slot
    build: Build
    known: Build | None

    @property
    def is_new(self) -> bool:
        """Whether this update changes the image or the instance type."""
        known = self.known
        return known is None or (known.image_id, known.instance_type) != (
            self.build.image_id,
            self.build.instance_type,
        )

    @property
    def fix(self) -> str:
        """The command that restores the image, or that lists images."""
        if self.known is None or self.known.image_id in ("", self.build.image_id):
            own = Command.of("aws", "ec2", "describe-images", "--owners", "self")
            return f"{own}   # lists the images of this account"
        key = f'failover:images.{self.service}["{self.slot}"]'
        back = Command.of("pulumi", "config", "set", "--path", key, self.known.image_id)
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
            _Launch(name, slot, wanted.build, _known(remembered.get(name), slot))
            for name, service in services.items()
            for slot, wanted in service.slots.items()
            if wanted.build is not None
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
            found = self._reader.images(sorted({each.build.image_id for each in launches}))
        except LiveError as error:
            # Without this permission a rollback must still work; AWS refuses what it cannot launch.
            text = f"the images could not be looked up: {error}"
            note = Notice(NoticeKind.NOTE, ALL_SERVICES, "images", text)
            return [note] if self._is_preview else []
        notices: list[Notice] = []
        for each in launches:
            why = image_problem(found.get(each.build.image_id), each.build.instance_type)
            if why:
                notices.append(self._notice(each, why))
        if any(notice.kind is NoticeKind.REFUSED for notice in notices):
            raise RefusedUpdateError(notices)
        return notices

    def _notice(self, launch: _Launch, why: str) -> Notice:
        change, text = f"slot {launch.slot}", f"image {launch.build.image_id}: {why}"
        if not launch.is_new:
            text += "; no more instances can be launched from it"
            return Notice(NoticeKind.NOTE, launch.service, change, text)
        kind = NoticeKind.refusal(is_preview=self._is_preview)
        return Notice(kind, launch.service, change, f"{text}\n  fix: {launch.fix}")


def _known(remembered: RememberedService | None, slot: Slot) -> Build | None:
    known = None if remembered is None else remembered.memory.slots.get(slot)
    return None if known is None else known.build
