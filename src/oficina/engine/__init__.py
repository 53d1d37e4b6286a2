"""What happens with time: queue worker, jobs, endpoints, deliveries."""
