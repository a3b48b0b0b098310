"""The output of `failover inspect --json` of an account, made again in the local AWS."""
