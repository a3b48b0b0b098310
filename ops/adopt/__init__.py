"""`failover adopt`: an existing load balancer becomes a stack, without interruption."""
