"""OCSP (RFC 6960): answering and asking."""
