"""Rows of the table of pages, one module per area; joined by `console.routes`."""
