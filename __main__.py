"""The Pulumi program: settings, components, exports."""

from __future__ import annotations

from components.guards.program import guarded_program
from components.stack import declare_stack


def main() -> None:
    """Declare the stack that its config describes, unless the guards refuse the update."""
    with guarded_program() as program:
        services = declare_stack(program.settings, program.hooks(), program.last_raised)
        program.report(services)


main()
