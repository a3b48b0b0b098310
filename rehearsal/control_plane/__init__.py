"""The local AWS API: moto over HTTP on loopback, with its differences from AWS corrected by name.

`corrections.TABLE` is the list of those differences. `ControlPlane` puts them in force and lets
time pass; `Server` serves it; `ControlPlane.changes` publishes what carries traffic to a data
plane. One lock, `World.lock`, is around every request and every tick.

Beside what is refused as not supported, it does not do this: scaling policies are kept and scale
nothing; a group is not rebalanced between zones except by its own launches and terminations.
"""
