"""The arrows of the design."""
