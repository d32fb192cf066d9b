"""The internal certificate authority, and judging certificates."""
