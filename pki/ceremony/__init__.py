"""Founding a CA by a script, before witnesses."""
