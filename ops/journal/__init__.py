"""The journal of a ramp: every decision with its evidence, on disk before it is acted on."""
