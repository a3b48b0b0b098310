"""An HTTP prober whose verdict can be trusted: every lost request is seen, timed and explained."""
