"""Reads the services of a stack from AWS; changes nothing, and knows nothing of Pulumi."""
