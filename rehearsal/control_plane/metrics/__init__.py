"""CloudWatch of the local AWS: what is measured, how it is asked for, and the alarms on it."""
