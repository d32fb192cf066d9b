"""The exchange service; the only package that wires the others together."""
