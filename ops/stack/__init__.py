"""A stack as the Pulumi CLI knows it: its state, its config, its updates."""
