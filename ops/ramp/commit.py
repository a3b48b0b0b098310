"""The commit of a step: made where it was asked for, else said."""

from __future__ import annotations

from ops.ramp.errors import NotSureError
from ops.ramp.run import Run
from rollout.ramp_event import StackFileCommit


class Committing:
    """Keeps git true to the stack file."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def commit(self, message: str) -> None:
        """Make the commit, and push it; or say which one to make, unless git ignores the file.

        On the way back git has no say: what it refused is said at the end.

        Raises:
            NotSureError: git refused, on the way up; the weights stay.
        """
        run = self._run
        if run.effects.git is None and run.effects.is_file_ignored:
            return
        commit, is_pushed = "", False
        git, file = run.effects.git, run.effects.engine.stack_file
        try:
            if git is not None:
                commit = git.commit(file, message)
                if run.effects.pushes:
                    git.push(file)
                    is_pushed = True
        except NotSureError as error:
            if not run.is_going_back:
                raise
            run.refused_by_git.append(str(error))
        run.write(StackFileCommit(message=message, file=file.name, commit=commit, pushed=is_pushed))
