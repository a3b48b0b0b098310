"""What is known of earlier ramps: the one to resume, who holds the lease, where a rollback goes."""
