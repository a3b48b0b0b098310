"""The commands that move weights."""
