"""What a preview reports of the logins before services."""

from __future__ import annotations

from rollout.notice import Notice, NoticeKind
from settings.settings import Settings


def login_notes(settings: Settings) -> list[Notice]:
    """A note for each service whose preview rules forward without its login."""
    if not settings.preview.skip_login:
        return []
    return [
        Notice(
            NoticeKind.NOTE,
            service.name,
            "preview rules",
            "preview.skipLogin is true: whoever has the preview header reaches a slot without a "
            "session",
        )
        for service in settings.services
        if service.login is not None
    ]
