"""`failover inspect`: what a load balancer is, in plain words, and what stands in the way."""
