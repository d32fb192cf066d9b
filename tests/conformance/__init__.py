"""External judges."""
