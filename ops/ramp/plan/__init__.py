"""What a new ramp would do, and what refuses it."""
