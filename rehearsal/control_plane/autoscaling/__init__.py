"""Auto Scaling groups: pure decisions, and the reconciler that carries them out tick by tick."""
