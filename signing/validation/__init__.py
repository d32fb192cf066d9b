"""Judging signed files: bytes, modifications, certificates."""
