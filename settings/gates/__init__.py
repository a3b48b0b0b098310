"""What each gate of a ramp judges by: one file a kind, all of them in `gates.KINDS`."""
