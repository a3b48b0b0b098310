"""What a Terraform state declares of a load balancer, and the change that hands its rules over."""
