"""Rows of the table of routes, one module per group; joined by `http.routes`."""
