"""The Auto Scaling group as a fleet: ours, with a launch template of ours, or an existing one."""
