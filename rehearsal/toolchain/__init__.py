"""What `make setup` does: the virtual environment, the Pulumi CLI and its Python language host.

Standard library only, since it runs before anything is installed. It writes to the repository's
`.venv` and to one folder in the user's cache, and to nothing else.
"""
