"""EST on the wire (RFC 7030, clarified by RFC 8951): base64, certificates, hints."""

import binascii
from base64 import b64decode, encodebytes
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from exchange.errors import ExchangeError
from pki.der import SEQUENCE, element, object_identifier, sequence
from schemas.errors import ErrorCode

PKCS10 = "application/pkcs10"
CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"
CSR_ATTRIBUTES = "application/csrattrs"

_SPACE = b" \t\r\n"
_SET = 0x31
_ECDSA_WITH_SHA256 = x509.ObjectIdentifier("1.2.840.10045.4.3.2")
_EC_PUBLIC_KEY = x509.ObjectIdentifier("1.2.840.10045.2.1")
_P256 = x509.ObjectIdentifier("1.2.840.10045.3.1.7")


@dataclass(frozen=True, slots=True)
class CodeProof:
    """An enrolment code and its secret, as they came."""

    code_id: str
    secret: str = field(repr=False)


def read_request_body(body: bytes) -> bytes:
    """Return the DER in a body.

    White space between the characters is tolerated (RFC 8951 3.1), and whatever
    Content-Transfer-Encoding says is not asked (3.2).

    Raises:
        ExchangeError: it is no base64, or not DER in base64 (REQUEST_INVALID).
    """
    try:
        der = b64decode(body.translate(None, _SPACE), validate=True)
    except binascii.Error as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="base64") from error
    if der[:1] != bytes((SEQUENCE,)):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="PKCS #10")
    return der


def read_basic(header: str) -> CodeProof:
    """Return the enrolment code in an Authorization header (RFC 7617).

    Raises:
        ExchangeError: there is none, or none that can be read
            (ENROLMENT_CODE_MISSING).
    """
    scheme, _, credentials = header.partition(" ")
    try:
        text = b64decode(credentials.strip(), validate=True).decode()
    except ValueError as error:
        raise ExchangeError(ErrorCode.ENROLMENT_CODE_MISSING) from error
    code_id, separator, secret = text.partition(":")
    if scheme.lower() != "basic" or not (separator and code_id and secret):
        raise ExchangeError(ErrorCode.ENROLMENT_CODE_MISSING)
    return CodeProof(code_id, secret)


def certs_only(certificates: Sequence[x509.Certificate]) -> bytes:
    """Return certificates as an answer (RFC 5272 4.1, RFC 7030 4.1.3), in base64."""
    der = pkcs7.serialize_certificates(list(certificates), Encoding.DER)
    return encodebytes(der)


def csr_attributes() -> bytes:
    """Return what a request should look like (RFC 7030 4.5.2), in base64.

    A P-256 key, and a request signed with ECDSA and SHA-256; names are given here.
    """
    curve = element(_SET, object_identifier(_P256))
    key = sequence(object_identifier(_EC_PUBLIC_KEY), curve)
    return encodebytes(sequence(object_identifier(_ECDSA_WITH_SHA256), key))
