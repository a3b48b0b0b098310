"""`failover inspect`: a load balancer in plain words, and the obstacles to weighted slots."""
