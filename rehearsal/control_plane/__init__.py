"""The local AWS API: moto over HTTP on loopback, with its differences from AWS corrected by name.

`corrections.TABLE` is the list of those differences. `ControlPlane` puts them in force and lets
time pass; `Server` serves it; `ControlPlane.changes` tells a data plane what carries traffic. One
lock, `World.lock`, is around every request and every tick.

What it does not do, beside what it refuses aloud: scaling policies are kept and scale nothing; a
group is not rebalanced between zones except by its own launches and terminations.
"""
