"""The config of a stack: its keys, and their values once they are read.

Pure: it knows nothing of Pulumi, and asks AWS only through the `Lookups` it is given.
"""
