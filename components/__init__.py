"""The AWS resources of a stack.

A part that a person looks for in `pulumi stack` is a `ComponentResource`: network, load balancer,
access logs, instance access, service, slot. What belongs to exactly one of them is a function that
takes it as the parent: instances, alarms, dashboard. The type of a parent is part of a URN, so
making a component of such a function would replace the resources of every existing stack.
"""
