"""Creating and judging signatures on PDF and XML."""
