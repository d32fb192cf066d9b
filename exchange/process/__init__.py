"""What a service process is put together from, by role."""
