"""Steady requests to a stack while a ramp goes on: what its users get, and what each slot gives.

They are sent by a process of their own, so that nothing that the driver does delays them.
"""
