"""A small Python language host, for machines where the official one is not to be had.

The engine starts `pulumi-language-python` from PATH and asks it, over gRPC, to run the program and
the policy packs. The official host comes with the official CLI; a CLI built from source has none.
This one serves the same protocol from the SDK's own stubs and starts the same `…-exec` script.
"""
