"""Telling PEM from DER.

Programs write words before a certificate: `openssl pkcs7 -print_certs` subject and
issuer, `openssl pkcs12` attributes, `openssl req -text` all of it (RFC 7468, 2).
"""

from typing import Final

from cryptography import x509

_SEQUENCE: Final = 0x30
_LONG_LENGTH: Final = 0x80  # no character of text has this bit and follows a "0"
_BEGIN: Final = b"-----BEGIN "


def is_pem(data: bytes) -> bool:
    """Tell whether a certificate, request or key is in PEM, with words before it."""
    is_der = len(data) > 1 and data[0] == _SEQUENCE and data[1] >= _LONG_LENGTH
    return not is_der and _BEGIN in data


def load_certificate(data: bytes) -> x509.Certificate:
    """Read the first certificate in `data`, PEM or DER.

    Raises:
        ValueError: there is none, and what else `UNREADABLE_CERTIFICATE` names.
    """
    if is_pem(data):
        return x509.load_pem_x509_certificate(data)
    return x509.load_der_x509_certificate(data)
