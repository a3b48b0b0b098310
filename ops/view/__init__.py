"""A ramp on a terminal while it goes on."""
