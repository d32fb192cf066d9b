"""Failures other exchanges are known for, and the tests that would have caught them."""
