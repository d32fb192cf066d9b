"""Backups of a hub: sealed, signed, and checked before they are used."""
