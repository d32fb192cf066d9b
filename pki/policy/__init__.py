"""Validation policies: what is demanded of signatures, per trusted root, as data."""
