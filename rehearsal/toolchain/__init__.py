"""What `make setup` does: the virtual environment, the Pulumi CLI and its Python language host.

Standard library only, since it runs before anything is installed. It writes to the repository's
`.venv` and to one folder in the user's cache, and to nothing else.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts setup with an older one is told so
    raise SystemExit("failover needs Python 3.11 or newer: make setup PYTHON=python3.12")
