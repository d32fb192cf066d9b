"""One test per known attack."""
