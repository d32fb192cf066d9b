"""Storage ports and their implementations."""
