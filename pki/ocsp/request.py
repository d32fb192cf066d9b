"""OCSP requests as anybody may send them (RFC 6960 4.1, RFC 9654).

A signature on a request is not looked at: nobody is refused for who he is.
"""

from dataclasses import dataclass

from cryptography.x509.oid import OCSPExtensionOID

from pki.der import (
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    constructed_tag,
    element,
    integer,
    object_identifier,
)

REQUEST_BYTES = 4096
"""Largest request: sixteen certificates with SHA-256 need half of it."""

MOST_CERTIFICATES = 16
"""Most certificates in one request."""

LONGEST_NONCE = 128
"""Longest nonce; up to 32 octets must be taken (RFC 9654 2.1)."""

_VERSION_1 = b"\x02\x01\x00"
_TRUE = b"\xff"
_NONCE = object_identifier(OCSPExtensionOID.NONCE)


@dataclass(frozen=True, slots=True)
class CertificateId:
    """Which certificate is asked about.

    Args:
        encoded: the CertID as it came; the answer repeats it.
        issuer: hash algorithm and hashes that name the CA, encoded.
        serial: serial number.
    """

    encoded: bytes
    issuer: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """What is asked.

    Args:
        certificates: at least one.
        nonce: value of the nonce extension as it came; None without one.
    """

    certificates: tuple[CertificateId, ...]
    nonce: bytes | None


def read_ocsp_request(data: bytes) -> OcspRequest:
    """Read a request.

    Raises:
        ValueError: too large, not DER, another version, none or too many certificates,
            a nonce of no octet or too many, or a critical extension unknown here.
    """
    if len(data) > REQUEST_BYTES:
        raise ValueError("request is too large")
    outer = DerReader(data)
    request = DerReader(outer.content(SEQUENCE))
    outer.finish()
    body = DerReader(request.content(SEQUENCE))
    request.optional(constructed_tag(0))
    request.finish()
    if body.optional(constructed_tag(0)) not in {None, _VERSION_1}:
        raise ValueError("another version")
    body.optional(constructed_tag(1))
    certificates = _certificates(DerReader(body.content(SEQUENCE)))
    nonce = _nonce(body.optional(constructed_tag(2)))
    body.finish()
    return OcspRequest(certificates, nonce)


def _certificates(items: DerReader) -> tuple[CertificateId, ...]:
    found: list[CertificateId] = []
    while not items.at_end:
        if len(found) == MOST_CERTIFICATES:
            raise ValueError("too many certificates")
        found.append(_certificate(DerReader(items.content(SEQUENCE))))
    if not found:
        raise ValueError("no certificate")
    return tuple(found)


def _certificate(item: DerReader) -> CertificateId:
    encoded = item.whole(SEQUENCE)
    extensions = item.optional(constructed_tag(0))
    item.finish()
    if extensions is not None:
        # None is defined for a single certificate that would change an answer here.
        _extensions(extensions, understood=frozenset())
    parts = DerReader(DerReader(encoded).content(SEQUENCE))
    parts.content(SEQUENCE)
    parts.content(OCTET_STRING)
    parts.content(OCTET_STRING)
    issuer = parts.data[: parts.position]
    serial = parts.content(INTEGER)
    parts.finish()
    number = int.from_bytes(serial, "big", signed=True)
    if integer(number) != element(INTEGER, serial):
        # The answer repeats it, and would not be DER either.
        raise ValueError("serial number of too many or of no octets")
    return CertificateId(encoded, issuer, number)


def _nonce(extensions: bytes | None) -> bytes | None:
    if extensions is None:
        return None
    value = _extensions(extensions, understood=frozenset({_NONCE})).get(_NONCE)
    if value is None:
        return None
    reader = DerReader(value)
    nonce = reader.content(OCTET_STRING)
    reader.finish()
    if not 1 <= len(nonce) <= LONGEST_NONCE:
        raise ValueError("nonce of a wrong length")
    return value


def _extensions(data: bytes, *, understood: frozenset[bytes]) -> dict[bytes, bytes]:
    outer = DerReader(data)
    items = DerReader(outer.content(SEQUENCE))
    outer.finish()
    found: dict[bytes, bytes] = {}
    while not items.at_end:
        item = DerReader(items.content(SEQUENCE))
        name = item.whole(OBJECT_IDENTIFIER)
        is_critical = item.optional(BOOLEAN) == _TRUE
        value = item.content(OCTET_STRING)
        item.finish()
        if name in found or (is_critical and name not in understood):
            raise ValueError("extension twice, or critical and unknown")
        found[name] = value
    return found
