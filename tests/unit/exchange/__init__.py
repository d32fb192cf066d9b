"""Unit tests of the exchange."""
