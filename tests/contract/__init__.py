"""Contract suites that hold every implementation of a port."""
