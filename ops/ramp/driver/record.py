"""What a run of the driver records: the journal, the observers, and what could not be kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ops.journal.journal import Journal, JournalError
from ops.ramp.driver.ports import RampClock, RampObserver
from rollout.entry import Entry
from rollout.progress import Progress, folded
from rollout.ramp_event import RampEvent


class RunRecord:
    """The journal of a run, and its observers."""

    def __init__(
        self, ramp: str, journal: Journal, clock: RampClock, observers: Sequence[RampObserver]
    ) -> None:
        self.is_going_back = False
        """From here on traffic matters more than the journal."""
        self.lost_entries: list[str] = []
        """Why entries could not be written during a rollback."""
        self.refused_by_git: list[str] = []
        """Why git refused commits during a rollback."""
        self.lost_observers: list[str] = []
        """Why observers could not be notified."""
        self._ramp = ramp
        self._journal = journal
        self._clock = clock
        self._observers = list(observers)

    @property
    def progress(self) -> Progress:
        """How far the ramp is."""
        progress = folded(self._journal.entries())
        assert progress is not None, "the journal of a run begins with ramp-started or resumed"
        return progress

    def write(self, event: RampEvent) -> None:
        """Write the event to the journal, then notify the observers.

        Raises:
            JournalError: it could not be written, and the ramp is not on its way back.
        """
        entry = Entry(self._clock.now(), self._ramp, event)
        try:
            self._journal.append(entry)
        except JournalError as error:
            self.lost_entries.append(str(error))
            if not self.is_going_back:
                raise
        self.notify(lambda observer: observer.saw(entry))

    def say_waits(self, what: str, seconds_left: float | None) -> None:
        """Report what the driver waits for."""
        self.notify(lambda observer: observer.waits(what, seconds_left))

    def notify(self, notify: Callable[[RampObserver], None]) -> None:
        """Notify every observer; drop an observer whose terminal or pipe is gone."""
        for observer in tuple(self._observers):
            try:
                notify(observer)
            except OSError as error:
                self._observers.remove(observer)
                self.lost_observers.append(str(error))
