"""The guards of every `pulumi up`: one judgement for all services, before any weight moves."""
