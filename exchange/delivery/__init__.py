"""Background work on accepted envelopes."""
