"""Judging certificate chains (RFC 5280 section 6)."""
