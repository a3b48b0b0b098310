"""What is left of a ramp: its folder as one page and one summary, made from journal and records."""
