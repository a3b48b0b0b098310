"""`failover adopt`: from the load balancer that is there to a stack, with no interruption."""
