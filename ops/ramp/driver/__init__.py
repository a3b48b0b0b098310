"""The loop that drives one ramp, and the steps it takes."""
