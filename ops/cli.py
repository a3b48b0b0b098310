"""The `failover` command: one group whose subcommands are imported only when they are used.

A subcommand lives in the package that owns it (`probe`, `rehearsal`, `ops`). Importing all of them
at start would cost a second per call, so the group holds their addresses instead.
"""

from __future__ import annotations

import copy
import functools
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ops.command import HELP, STOPPED_EXIT_CODE, print_error, print_stopped, print_unexpected
from ops.errors import CommandError, InputError
from ops.process_end import deliver_lost_interrupts, end, outlive_closed_pipes
from ops.stack.project import found_project
from pulumi_cli.errors import StackError

SUBCOMMANDS = {
    "adopt": ("ops.adopt.cli:adopt", "Convert existing listener rules into weighted ones."),
    "approve": ("ops.ramp.cli.approve:approve", "Approve the next stage of a ramp."),
    "comment": ("ops.pull_request.cli:comment", "Post a plan as a comment on its pull request."),
    "deploy-check": (
        "ops.deploy.cli:deploy_check",
        "Refuse to deploy a merge with outdated weights.",
    ),
    "drift": ("ops.drift.cli:drift", "List what differs between AWS and the program."),
    "inspect": ("ops.inspect.cli:inspect", "Show a load balancer, and what prevents slots."),
    "plan": ("ops.plan.cli:plan", "Show what `pulumi up` would change."),
    "probe": ("probe.cli:probe", "Send a steady stream of requests, record every lost one."),
    "ramp": ("ops.ramp.cli.ramp:ramp", "Shift traffic in stages; roll back if a gate fails."),
    "rollback": ("ops.ramp.cli.rollback:rollback", "Return to the split before the ramp, now."),
    "even": ("ops.ramp.cli.ramp:even", "Bring both slots back to 50/50, through the same gates."),
    "report": ("ops.report.cli:report", "Write the page and the summary of a ramp again."),
    "status": (
        "ops.status.cli:status",
        "Compare the weights in AWS, config, state and main.",
    ),
    "rehearse": ("rehearsal.cli:rehearse", "Run a local AWS for the real Pulumi engine."),
}
"""Name -> (address of the click command, one-line help shown by `failover --help`)."""

LOCAL = frozenset({"comment", "probe", "report"})
"""Commands that read neither the stack nor AWS: in a wrong shell they warn, and still run."""

SHELL_PROBLEM = "rehearsal.shell_environment:shell_problem"
"""Address of the check for a shell with the environment of a rehearsal that is gone."""

ENDLESS = "probe"
"""The command that runs until Ctrl-C, unless it is given a --duration."""


class LazyGroup(click.Group):
    """A click group that imports a subcommand when it is called, and not for its one-line help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which help shows them."""
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that owns `cmd_name`; None when there is no such subcommand."""
        if cmd_name not in SUBCOMMANDS:
            return None
        command = _imported(SUBCOMMANDS[cmd_name][0])
        assert isinstance(command, click.Command)
        # The rehearsal's own commands lead out of a wrong shell, and say what they have to.
        return command if cmd_name == "rehearse" else _in_right_shell(command, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; a fault of ours must not look like the verdict of a gate."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            code = print_stopped()
        except (CommandError, StackError) as error:
            code = print_error(error)
        except Exception as error:  # noqa: BLE001  (the message has all of it)
            # Python 3.11 turns a Ctrl-C in `__set_name__` into the cause of a RuntimeError.
            if isinstance(error.__cause__, KeyboardInterrupt):
                code = print_stopped()
            else:
                code = print_unexpected(error, f"{ctx.info_name} {ctx.invoked_subcommand}")
        raise click.exceptions.Exit(code)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing any of them."""
        rows = [(name, SUBCOMMANDS[name][1]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _imported(address: str) -> Any:
    module_name, _, attribute = address.partition(":")
    return getattr(importlib.import_module(module_name), attribute)


def _in_right_shell(command: click.Command, name: str) -> click.Command:
    """The command, which first looks whether the shell leads to a rehearsal that is gone."""
    checked, run = copy.copy(command), command.callback
    assert run is not None

    @functools.wraps(run)
    def run_checked(*args: Any, **given: Any) -> Any:
        problem = _imported(SHELL_PROBLEM)(os.environ, found_project(Path.cwd()))
        if problem is not None and name in LOCAL:
            click.echo(f"note: {problem}", err=True)
        elif problem is not None:
            raise InputError(problem)
        return run(*args, **given)

    checked.callback = run_checked
    return checked


@click.group(cls=LazyGroup, context_settings=HELP)
def failover() -> None:
    """Move traffic between two slots behind an AWS load balancer, without losing a request.

    The --help of a command lists its exit codes. Every command also exits with 3 after Ctrl-C, and
    with 70 if it fails because of a bug.

    \b
    Examples:
      failover inspect --load-balancer shop
      failover plan
      failover ramp --to 02
      failover rollback
      failover status --watch
      failover probe https://www.example.com/ --rate 50 --duration 10m
      failover rehearse up --like prod && eval "$(failover rehearse env)"
    """


def _is_endless(arguments: Sequence[str]) -> bool:
    is_timed = any(argument.startswith("--duration") for argument in arguments)
    return arguments[:1] == [ENDLESS] and not is_timed


def main() -> None:
    """Entry point of the `failover` script: the one place where a command ends."""
    arguments = sys.argv[1:]
    code, was_interrupted = STOPPED_EXIT_CODE, False
    deliver_lost_interrupts()
    try:
        outlive_closed_pipes(is_endless=_is_endless(arguments))
        code = failover.main(args=arguments, prog_name="failover", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except (KeyboardInterrupt, click.Abort):
        was_interrupted = True
        print_stopped()
    end(code, was_interrupted=was_interrupted or code == STOPPED_EXIT_CODE)


if __name__ == "__main__":
    main()
