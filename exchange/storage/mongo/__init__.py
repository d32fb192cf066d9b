"""The MongoDB implementation of the storage ports."""
