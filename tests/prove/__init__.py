"""Long runs, by `make prove`."""
