"""Whether certificates are revoked: lists and OCSP answers."""
