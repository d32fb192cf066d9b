"""Tests of the certificate authority and of judging certificates."""
