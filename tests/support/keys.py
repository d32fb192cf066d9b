"""RSA keys, made once in a process: one of 3,072 bits takes a third of a second."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def rsa_key(bits: int = 3072, *, number: int = 0) -> rsa.RSAPrivateKey:
    """Return an RSA key of this process; another for each number."""
    return rsa.generate_private_key(65537, bits)
