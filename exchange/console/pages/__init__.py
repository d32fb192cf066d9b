"""Handlers of pages, one module for each area."""
