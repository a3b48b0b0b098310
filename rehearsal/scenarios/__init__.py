"""Bad releases and faults that a rehearsed ramp has to catch, each a value and a run."""
