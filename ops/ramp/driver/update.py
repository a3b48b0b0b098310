"""Running an `up` while everything else is kept an eye on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ops.journal.journal import JournalError
from ops.ramp.driver.ports import Update, UpdateResult
from ops.ramp.driver.processes import Processes
from ops.ramp.driver.run import Run
from ops.ramp.errors import GateFailedError, NotSureError
from rollout.command import Command
from rollout.ramp_event import EngineLine, UpdateEnd, UpdateStart

POLL_SECONDS = 0.2
LOCK_WAIT_SECONDS = 60.0

_HOLDER = re.compile(r"created by (?P<by>\S+?)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds the lock of a stack on a file or bucket backend."""

    by: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"process {self.pid} of {self.by} on {self.host}"


def lock_holders(words: str) -> list[LockHolder]:
    """The holders that the engine names when it finds the stack locked."""
    return [LockHolder(m["by"], m["host"], int(m["pid"])) for m in _HOLDER.finditer(words)]


class UpdateRunner:
    """Runs updates for the steps of a run."""

    def __init__(self, run: Run, processes: Processes) -> None:
        self._run = run
        self._processes = processes
        self._interrupted: set[int] = set()

    def up(self, message: str) -> UpdateResult:
        """One `pulumi up` to its end, locks of our dead processes cleared.

        A gate that fails meanwhile, a journal that takes no more, or a second request to stop ends
        it as Ctrl-C does.

        Raises:
            GateFailedError: a gate failed meanwhile; the update has ended.
            JournalError: the journal could not be kept meanwhile; the update has ended.
            NotSureError: someone else's update holds the stack.
            WeightsChangedError: someone else's update has changed the weights.
            StopAskedError: a person asked to stop while it waited for someone else's update.
        """
        deadline = self._run.ports.clock.monotonic() + LOCK_WAIT_SECONDS
        while True:
            ended = self._once(message)
            if not ended.is_locked:
                return ended
            self._deal_with_lock(ended.error, deadline)

    def _once(self, message: str) -> UpdateResult:
        run, clock = self._run, self._run.ports.clock
        update = run.ports.engine.start_up(message, is_way_back=run.record.is_going_back)
        ended = update.poll()
        error = self._error_in(
            lambda: run.record.write(UpdateStart(message=message, pid=update.pid))
        )
        is_interrupted = False
        while ended is None:
            error = error or self._error_in(lambda: self._look(update))
            if not is_interrupted and (error is not None or run.ports.stop.asked > 1):
                # Once: the engine takes a second one as "at once", and leaves pending operations.
                update.interrupt()
                is_interrupted = True
            clock.wait(POLL_SECONDS)
            ended = update.poll()
        error = error or self._error_in(lambda: self._tell_end(update, ended))
        if error is not None:
            raise error
        return ended

    def _look(self, update: Update) -> None:
        self._tell(update)
        if not self._run.record.is_going_back:
            self._run.gates.judge()

    def _tell(self, update: Update) -> None:
        for line in update.new_lines():
            self._run.record.write(EngineLine(line=line))

    def _tell_end(self, update: Update, ended: UpdateResult) -> None:
        self._tell(update)
        seconds, changed = round(ended.seconds, 3), dict(ended.changed)
        self._run.record.write(UpdateEnd(seconds=seconds, changed=changed, error=ended.error))

    def _error_in(self, look: Callable[[], None]) -> GateFailedError | JournalError | None:
        """What speaks against going on. An update that runs is ended for it, and never left."""
        try:
            look()
        except (GateFailedError, JournalError) as error:
            return error
        return None

    def _deal_with_lock(self, words: str, deadline: float) -> None:
        """Clear a lock whose every holder is a dead process of this host, or wait for a live one.

        Raises:
            NotSureError: another host's, or still held at the deadline.
            GateFailedError: and the others that end a wait on the way up.
        """
        run, clock = self._run, self._run.ports.clock
        holders = lock_holders(words)
        ours = [h for h in holders if self._processes.is_this_host(h.host)]
        dead = [h for h in ours if not self._is_engine(h.pid)]
        if holders and len(dead) == len(holders):
            run.ports.engine.clear_locks()
            return
        if not holders or len(ours) < len(holders) or clock.monotonic() >= deadline:
            who = ", ".join(map(str, holders)) or "someone"
            cancel = Command.of("pulumi", "cancel", *run.ports.next.option)
            raise NotSureError(
                f"the stack is locked by {who}; nothing was changed\n"
                "  expected: no other update of the stack\n"
                f"  fix:      wait for it; if that process is certainly gone: {cancel}"
            )
        words, left = f"the lock of {holders[0]}", deadline - clock.monotonic()
        if not run.record.is_going_back:
            run.tick(words, left)
            # Whoever had the lock may have moved a weight, which ours would take back.
            run.refuse_unexpected(run.live_splits())
            return
        for holder in ours:
            self._interrupt_once(holder.pid)
        run.record.say_waits(words, left)
        clock.wait(1.0)

    def _is_engine(self, pid: int) -> bool:
        """Whether it is alive, and no other program that got the id, as after a reboot."""
        command = self._processes.command(pid)
        return self._processes.is_alive(pid) and (not command or "pulumi" in command)

    def _interrupt_once(self, pid: int) -> None:
        """End another update of this host as Ctrl-C does; a second time would cut it off."""
        if pid not in self._interrupted:
            self._interrupted.add(pid)
            self._processes.interrupt(pid)
