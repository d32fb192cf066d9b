"""The hash-chained record of what was done."""
