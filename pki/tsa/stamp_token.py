"""The encoding of time stamps (RFC 3161 2.4.2, RFC 5816), spliced from a template.

All but the stamp itself, its digest and the signature value is the same for every
stamp of an authority, so its DER is made once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import new as new_hash
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ObjectIdentifier

from pki.algorithms import SCHEMES, default_scheme
from pki.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OCTET_STRING,
    constructed_tag,
    element,
    integer,
    object_identifier,
    primitive_tag,
    sequence,
)
from pki.keys.api import Credential, SignatureScheme
from pki.tsa.request import DIGEST_OCTETS, DIGESTS, FailureInfo

SET = 0x31
UTF8_STRING = 0x0C

SIGNED_DATA = object_identifier(ObjectIdentifier("1.2.840.113549.1.7.2"))
TST_INFO = object_identifier(ObjectIdentifier("1.2.840.113549.1.9.16.1.4"))
CONTENT_TYPE = object_identifier(ObjectIdentifier("1.2.840.113549.1.9.3"))
MESSAGE_DIGEST = object_identifier(ObjectIdentifier("1.2.840.113549.1.9.4"))
SIGNING_CERTIFICATE_V2 = object_identifier(
    ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
)

GRANTED = 0
GRANTED_WITH_MODS = 1
REJECTION = 2

_EXPLICIT = constructed_tag(0)
_OID_OF_DIGEST = {name: encoded for encoded, name in DIGESTS.items()}
_MILLISECONDS = 1000
_TEMPLATES_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a time stamp says.

    Args:
        policy: the encoded policy.
        imprint: the encoded MessageImprint.
        serial: serial number.
        at: the time, cut to milliseconds.
        accuracy: how far the time may be off, in milliseconds.
        nonce: the encoded nonce of the request.
    """

    policy: bytes
    imprint: bytes
    serial: int
    at: datetime
    accuracy: int
    nonce: bytes | None

    def encode(self) -> bytes:
        """Return the TSTInfo; `ordering` is false and so left out."""
        return sequence(
            integer(1),
            self.policy,
            self.imprint,
            integer(self.serial),
            element(GENERALIZED_TIME, gen_time(self.at)),
            _accuracy(self.accuracy),
            self.nonce or b"",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTemplate:
    """The fixed parts of all time stamps of one authority.

    Args:
        scheme: signs.
        attributes: signed attributes before and after the digest.
        digests: the digest algorithms of the SignedData.
        certificates: the authority's certificate and those above it.
        signer: SignerInfo before its attributes, and between them and the value.
    """

    scheme: SignatureScheme
    attributes: tuple[bytes, bytes]
    digests: bytes
    certificates: bytes
    signer: tuple[bytes, bytes]

    def signed_attributes(self, info: bytes) -> bytes:
        """Return the attributes of a TSTInfo as they are signed (RFC 5652 5.4)."""
        return element(SET, self._attributes(info))

    def assemble(
        self, info: bytes, signature: bytes, *, with_certificates: bool
    ) -> bytes:
        """Return the TimeStampToken."""
        head, algorithm = self.signer
        attributes = element(_EXPLICIT, self._attributes(info))
        value = element(OCTET_STRING, signature)
        content = element(_EXPLICIT, element(OCTET_STRING, info))
        signed_data = sequence(
            integer(3),
            self.digests,
            sequence(TST_INFO, content),
            self.certificates if with_certificates else b"",
            element(SET, sequence(head, attributes, algorithm, value)),
        )
        return sequence(SIGNED_DATA, element(_EXPLICIT, signed_data))

    def _attributes(self, info: bytes) -> bytes:
        before, after = self.attributes
        digest = new_hash(SCHEMES[self.scheme].hash_name, info).digest()
        return before + digest + after


@lru_cache(maxsize=_TEMPLATES_KEPT)
def template_for(
    certificate: Certificate, chain: tuple[Certificate, ...], scheme: SignatureScheme
) -> TokenTemplate:
    """Return the template of an authority."""
    digest = sequence(_OID_OF_DIGEST[SCHEMES[scheme].hash_name])
    # SET OF in DER: ascending encodings (X.690 11.6).
    embedded = sorted({one.public_bytes(Encoding.DER) for one in (certificate, *chain)})
    issuer = sequence(
        certificate.issuer.public_bytes(), integer(certificate.serial_number)
    )
    return TokenTemplate(
        scheme=scheme,
        attributes=_fixed_attributes(certificate, SCHEMES[scheme].hash_name),
        digests=element(SET, digest),
        certificates=element(_EXPLICIT, b"".join(embedded)),
        signer=(integer(1) + issuer + digest, _signature_algorithm(scheme)),
    )


def template_of(credential: Credential) -> TokenTemplate:
    """Return the template of the authority with this certificate."""
    scheme = default_scheme(credential.key.public_key)
    return template_for(credential.certificate, credential.chain, scheme)


def granted(token: bytes) -> bytes:
    """Return the response with a time stamp."""
    return sequence(sequence(integer(GRANTED)), token)


def rejected(failure: FailureInfo) -> bytes:
    """Return the response without one."""
    text = element(UTF8_STRING, failure.name.lower().encode())
    octets = bytearray(failure // 8 + 1)
    octets[-1] = 0x80 >> failure % 8
    # A BIT STRING of named bits ends with the last bit set (X.690 11.2.2).
    bits = element(BIT_STRING, bytes((7 - failure % 8,)) + octets)
    return sequence(sequence(integer(REJECTION), sequence(text), bits))


def gen_time(at: datetime) -> bytes:
    """Write a GeneralizedTime without trailing zeros (X.690 11.7)."""
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond // _MILLISECONDS:03d}".rstrip("0").rstrip(".")
    return f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode()


def _accuracy(milliseconds: int) -> bytes:
    seconds, rest = divmod(milliseconds, _MILLISECONDS)
    return sequence(
        integer(seconds) if seconds else b"",
        element(primitive_tag(0), _content(rest)) if rest else b"",
    )


def _content(value: int) -> bytes:
    """Return the octets of an INTEGER, for a tag of its own."""
    encoded = integer(value)
    return encoded[len(element(INTEGER, b"")) :]


def _fixed_attributes(certificate: Certificate, hash_name: str) -> tuple[bytes, bytes]:
    placeholder = b"\xff" * DIGEST_OCTETS[hash_name]
    encoded = sorted(
        (
            _attribute(CONTENT_TYPE, TST_INFO),
            _attribute(MESSAGE_DIGEST, element(OCTET_STRING, placeholder)),
            _attribute(SIGNING_CERTIFICATE_V2, _signing_certificate(certificate)),
        )
    )
    before, _, after = b"".join(encoded).partition(placeholder)
    return before, after


def _attribute(kind: bytes, value: bytes) -> bytes:
    return sequence(kind, element(SET, value))


def _signing_certificate(certificate: Certificate) -> bytes:
    """Bind the certificate (RFC 5035 3): SHA-256, the default, is left out."""
    fingerprint = sha256(certificate.public_bytes(Encoding.DER)).digest()
    issuer = sequence(element(constructed_tag(4), certificate.issuer.public_bytes()))
    identifier = sequence(
        element(OCTET_STRING, fingerprint),
        sequence(issuer, integer(certificate.serial_number)),
    )
    return sequence(sequence(identifier))


def _signature_algorithm(scheme: SignatureScheme) -> bytes:
    oid = object_identifier(SCHEMES[scheme].oid)
    if scheme is SignatureScheme.RSA_PKCS1V15_SHA256:
        return sequence(oid, element(NULL, b""))  # RFC 5754 3.2
    return sequence(oid)
