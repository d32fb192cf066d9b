"""One strict XAdES profile."""
