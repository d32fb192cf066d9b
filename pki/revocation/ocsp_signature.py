"""By which scheme an OCSP answer is signed with an RSA key (RFC 6960 4.2.1, RFC 4055).

The library knows no RSASSA-PSS here. Of its parameters only the usual ones count: one
digest for all, and a salt as long as it.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ObjectIdentifier, ocsp
from cryptography.x509.oid import SignatureAlgorithmOID

from pki.algorithms import CERTIFICATE_SIGNATURE_OIDS, HASHES
from pki.der import (
    ENUMERATED,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    constructed_tag,
    element,
    integer,
    object_identifier,
    sequence,
)

RsaPadding = padding.PKCS1v15 | padding.PSS

_HASHES: dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_MGF1 = ObjectIdentifier("1.2.840.113549.1.1.8")


def signature_of(
    answer: bytes, response: ocsp.OCSPResponse
) -> tuple[hashes.HashAlgorithm, RsaPadding]:
    """Return the digest of the signature of an answer, and its padding if it is RSA's.

    Args:
        answer: DER of the OCSPResponse.
        response: the same, read.

    Raises:
        ValueError: an algorithm, or parameters, that are not on the list.
        UnsupportedAlgorithm: an algorithm the library does not know.
    """
    if response.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        digest = _digest_of_pss(answer)
        return digest, padding.PSS(padding.MGF1(digest), digest.digest_size)
    named = response.signature_hash_algorithm
    is_listed = response.signature_algorithm_oid in CERTIFICATE_SIGNATURE_OIDS
    if not is_listed or named is None or named.name not in HASHES:
        raise ValueError("algorithm is not on the list")
    return named, padding.PKCS1v15()


def _digest_of_pss(answer: bytes) -> hashes.HashAlgorithm:
    identifier = DerReader(_signature_algorithm(answer))
    identifier.content(OBJECT_IDENTIFIER)
    parameters = identifier.whole(SEQUENCE)
    identifier.finish()
    digest = _ACCEPTED.get(parameters)
    if digest is None:
        raise ValueError("parameters of RSASSA-PSS are not on the list")
    return digest


def _signature_algorithm(answer: bytes) -> bytes:
    """Return the content of signatureAlgorithm in the BasicOCSPResponse."""
    outer = DerReader(DerReader(answer).content(SEQUENCE))
    outer.content(ENUMERATED)
    response = DerReader(outer.content(constructed_tag(0)))
    typed = DerReader(response.content(SEQUENCE))
    typed.content(OBJECT_IDENTIFIER)
    basic = DerReader(DerReader(typed.content(OCTET_STRING)).content(SEQUENCE))
    basic.content(SEQUENCE)
    return basic.content(SEQUENCE)


def _parameters(identifier: str, null: bytes) -> bytes:
    digest = sequence(object_identifier(ObjectIdentifier(identifier)), null)
    mask = sequence(object_identifier(_MGF1), digest)
    salt = integer(_HASHES[identifier].digest_size)
    parts = enumerate((digest, mask, salt))
    return sequence(*(element(constructed_tag(tag), part) for tag, part in parts))


_ACCEPTED = {
    _parameters(identifier, null): digest
    for identifier, digest in _HASHES.items()
    for null in (b"", element(NULL, b""))
}
