"""Assembling evidence bundles."""
