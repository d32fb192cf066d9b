"""What the pages say: one module for each area; joined by `catalogue`."""
