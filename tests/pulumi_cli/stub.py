"""A `pulumi` on PATH that stands in for the CLI."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_cli.pulumi import Pulumi


def answering(folder: Path, answers: Mapping[str, Any], code: int = 0) -> Pulumi:
    """A CLI that answers by its arguments before `--stack`; it exits with `code` to others.

    What it was asked is in the file `asked`, a line each.
    """
    return running(
        folder,
        "import json, sys\n"
        "asked = ' '.join(sys.argv[1:]).partition(' --stack prod')[0]\n"
        f"print(asked, file=open({str(folder / 'asked')!r}, 'a'))\n"
        f"answers = json.loads({json.dumps(answers)!r})\n"
        f"sys.exit({code}) if asked not in answers else print(json.dumps(answers[asked]))\n",
    )


def running(folder: Path, program: str) -> Pulumi:
    """A CLI that runs `program`."""
    file = folder / "pulumi"
    file.write_text(f"#!{sys.executable}\n{program}")
    file.chmod(0o755)
    return Pulumi(folder, "prod", {"PATH": f"{folder}:/usr/bin:/bin"})
