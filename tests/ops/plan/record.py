"""`python -m tests.ops.plan.record`: record the five previews anew, and write their examples.

For who changes what a plan says, or what the program declares. The examples are then to be read,
line by line, before they are committed: they are what a reviewer of a pull request will see.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path

from ops.plan.markdown import markdown
from ops.plan.preview import PreviewRequest, policy_config, policy_pack
from pulumi_cli.pulumi import ENVIRONMENT
from rehearsal.workspace import STACK
from tests.engine.rehearsed import Rehearsed, rehearsed
from tests.ops.plan.cases import CASES, Case


def main() -> int:
    """Record, if asked to; else write the examples from what is recorded."""
    if "--examples-only" not in sys.argv[1:]:
        with (
            tempfile.TemporaryDirectory() as folder,
            rehearsed(Path(folder), "prod") as stack,
        ):
            deploy(stack)
            for case in CASES:
                _record(stack, case)
    for case in CASES:
        case.example.parent.mkdir(exist_ok=True)
        case.example.write_text(markdown(case.plan()), encoding="utf-8")
    return 0


def deploy(stack: Rehearsed) -> None:
    """Bring the stack to where every case begins; with a delay that the policy pack lets pass."""
    for service in ("web", "portal"):
        key = f"services.{service}.deregistrationDelaySeconds"
        stack.engine.set_config(key, "30", "--path")
    stack.engine.set_config("weights", "100/0")
    stack.engine.run("up", "--yes", "--skip-preview")


def _record(stack: Rehearsed, case: Case) -> None:
    file = stack.workspace.stack_file
    kept = file.read_text()
    case.change(stack.engine)
    pack = policy_pack(stack.root, None)
    request = PreviewRequest(stack.root, STACK, pack, policy_config(pack, STACK, None))
    said = stack.pulumi("preview", "--json", *request.options, **ENVIRONMENT).stdout
    file.write_text(kept)
    token = stack.engine.run("config", "get", "previewToken").strip()
    if token in said:
        raise SystemExit(f"{case.name}: the engine's stream has the preview token in it")
    case.recording.parent.mkdir(exist_ok=True)
    lines = said.replace(str(stack.root), "/project").encode()
    case.recording.write_bytes(gzip.compress(lines, mtime=0))


if __name__ == "__main__":
    sys.exit(main())
