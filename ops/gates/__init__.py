"""The gates of a ramp: each asks one question of the live stack, and goes on asking it."""
