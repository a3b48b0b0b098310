"""What AWS says now of the services of a stack; reads only, and knows nothing of Pulumi."""
