"""The Pulumi CLI, for every command that needs the engine; nothing else starts it."""
