"""The guard of the images: whether what a slot would launch can be launched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.guards.errors import RefusedUpdateError
from components.guards.memory import Remembered
from components.guards.view import View
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
        """Whether this update changes the image or the type that it is launched as."""
        known = self.known
        return known is None or (known.image_id, known.instance_type) != (
            self.build.image_id,
            self.build.instance_type,
        )

    @property
    def fix(self) -> str:
        """The command that puts the image back, or how to find one."""
        if self.known is None or self.known.image_id in ("", self.build.image_id):
            own = Command.of("aws", "ec2", "describe-images", "--owners", "self")
            return f"{own}   # lists those of this account"
        key = f'failover:images.{self.service}["{self.slot}"]'
        back = Command.of("pulumi", "config", "set", "--path", key, self.known.image_id)
        return f"{back}   # as it is"


class ImageCheck:
    """Looks images up before anything is declared.

    An update fails in the middle where its Auto Scaling group cannot launch what it is given, and
    its rules then do not move. Refused is only an image that this update brings: one that has gone
    since is a line in every preview.
    """

    def __init__(
        self,
        services: Mapping[str, WantedService],
        remembered: Mapping[str, Remembered],
        view: View,
        *,
        is_preview: bool,
    ) -> None:
        """Be ready; nothing is read yet."""
        self._launches = [
            _Launch(name, slot, wanted.build, _known(remembered.get(name), slot))
            for name, service in services.items()
            for slot, wanted in service.slots.items()
            if wanted.build is not None
        ]
        self._view = view
        self._is_preview = is_preview

    def look(self) -> list[Notice]:
        """What there is to say.

        Raises:
            RefusedError: this update brings an image that cannot be launched.
        """
        launches = [each for each in self._launches if self._is_preview or each.is_new]
        if not launches:
            return []
        try:
            found = self._view.images(sorted({each.build.image_id for each in launches}))
        except LiveError as error:
            # Whoever may not look may still go back: AWS itself says what it cannot launch.
            text = f"the images could not be looked up: {error}"
            note = Notice(NoticeKind.NOTE, ALL_SERVICES, "images", text)
            return [note] if self._is_preview else []
        told: list[Notice] = []
        for each in launches:
            why = image_problem(found.get(each.build.image_id), each.build.instance_type)
            if why:
                told.append(self._notice(each, why))
        if any(notice.kind is NoticeKind.REFUSED for notice in told):
            raise RefusedUpdateError(told)
        return told

    def _notice(self, launch: _Launch, why: str) -> Notice:
        change, text = f"slot {launch.slot}", f"image {launch.build.image_id}: {why}"
        if not launch.is_new:
            text += "; no more instances can be launched from it"
            return Notice(NoticeKind.NOTE, launch.service, change, text)
        kind = NoticeKind.WILL_BE_REFUSED if self._is_preview else NoticeKind.REFUSED
        return Notice(kind, launch.service, change, f"{text}\n  fix: {launch.fix}")


def _known(remembered: Remembered | None, slot: Slot) -> Build | None:
    known = None if remembered is None else remembered.memory.slots.get(slot)
    return None if known is None else known.build
