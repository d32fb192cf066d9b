"""Time stamps (RFC 3161): making, asking, checking."""
