"""Requests for time stamps as anybody may send them (RFC 3161 2.4.1), and refusals.

Shape comes first, then what is asked for; every refusal has its PKIFailureInfo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from cryptography.x509 import ObjectIdentifier

from pki.der import (
    BOOLEAN,
    INTEGER,
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
from pki.errors import PkiError
from schemas.errors import ErrorCode

REQUEST_BYTES = 4096
"""Largest request; one with SHA-512, policy and nonce has less than 200 octets."""

LONGEST_NONCE = 64

_VERSION_1 = 1
_TRUE = b"\xff"
_SHA2 = "2.16.840.1.101.3.4.2"

DIGESTS: Mapping[bytes, str] = MappingProxyType(
    {
        object_identifier(ObjectIdentifier(f"{_SHA2}.1")): "sha256",
        object_identifier(ObjectIdentifier(f"{_SHA2}.2")): "sha384",
        object_identifier(ObjectIdentifier(f"{_SHA2}.3")): "sha512",
    }
)
"""Digest algorithms that are stamped, by encoded identifier."""

DIGEST_OCTETS: Mapping[str, int] = MappingProxyType(
    {"sha256": 32, "sha384": 48, "sha512": 64}
)

_OID_OF = {name: encoded for encoded, name in DIGESTS.items()}


class FailureInfo(IntEnum):
    """Why no time stamp was made: the bits of PKIFailureInfo (RFC 3161 2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


class TimeStampRefusedError(PkiError):
    """An authority does not make the time stamp asked for.

    Args:
        failure: why.
    """

    def __init__(self, failure: FailureInfo) -> None:
        super().__init__(ErrorCode.TIME_STAMP_REFUSED, place=failure.name.lower())
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampRequest:
    """What is asked.

    Args:
        imprint: the encoded MessageImprint; the stamp repeats it.
        hash_name: digest algorithm, by its `hashlib` name.
        digest: what is stamped.
        policy: the policy wanted; None for any.
        nonce: the encoded INTEGER; the stamp repeats it.
        wants_certificates: the stamp shall carry the authority's certificates.
    """

    imprint: bytes
    hash_name: str
    digest: bytes
    policy: bytes | None
    nonce: bytes | None
    wants_certificates: bool


def read_time_stamp_request(data: bytes) -> TimeStampRequest:
    """Read a request.

    Raises:
        TimeStampRefusedError: too large, not DER, another version, an unknown digest,
            a digest of a wrong length, or any extension.
    """
    try:
        return _request(data)
    except ValueError as error:
        raise TimeStampRefusedError(FailureInfo.BAD_DATA_FORMAT) from error


def write_time_stamp_request(
    digest: bytes, *, hash_name: str, nonce: int, policy: ObjectIdentifier | None = None
) -> bytes:
    """Return a request that asks for the authority's certificates."""
    return sequence(
        integer(_VERSION_1),
        message_imprint(digest, hash_name),
        object_identifier(policy) if policy else b"",
        integer(nonce),
        element(BOOLEAN, _TRUE),
    )


def message_imprint(digest: bytes, hash_name: str) -> bytes:
    """Encode a MessageImprint; parameters of the digest are absent (RFC 5754 2)."""
    return sequence(sequence(_OID_OF[hash_name]), element(OCTET_STRING, digest))


def read_imprint(encoded: bytes) -> tuple[str, bytes]:
    """Return digest algorithm and digest of an encoded MessageImprint.

    Raises:
        ValueError: not DER.
        TimeStampRefusedError: an unknown algorithm, or a digest of a wrong length.
    """
    parts = DerReader(DerReader(encoded).content(SEQUENCE))
    algorithm = DerReader(parts.content(SEQUENCE))
    name = DIGESTS.get(algorithm.whole(OBJECT_IDENTIFIER), "")
    if algorithm.optional(NULL):
        raise ValueError("NULL is empty")
    algorithm.finish()
    digest = parts.content(OCTET_STRING)
    parts.finish()
    if not name:
        raise TimeStampRefusedError(FailureInfo.BAD_ALG)
    if len(digest) != DIGEST_OCTETS[name]:
        raise TimeStampRefusedError(FailureInfo.BAD_DATA_FORMAT)
    return name, digest


def read_integer(reader: DerReader) -> int:
    """Return the next element, an INTEGER in the fewest octets (X.690 8.3.2).

    Raises:
        ValueError: it is not.
    """
    content = reader.content(INTEGER)
    value = int.from_bytes(content, "big", signed=True)
    if integer(value) != element(INTEGER, content):
        raise ValueError("INTEGER is not in its shortest form")
    return value


def _request(data: bytes) -> TimeStampRequest:
    if len(data) > REQUEST_BYTES:
        raise ValueError("request is too large")
    outer = DerReader(data)
    body = DerReader(outer.content(SEQUENCE))
    outer.finish()
    version = read_integer(body)
    imprint = body.whole(SEQUENCE)
    policy = _whole_if(body, OBJECT_IDENTIFIER)
    nonce = _nonce(body)
    wants = body.optional(BOOLEAN)
    extensions = body.optional(constructed_tag(0))
    body.finish()
    if wants not in {None, _TRUE}:
        # DER leaves out what is the default (X.690 11.5).
        raise ValueError("BOOLEAN in another spelling")
    if version != _VERSION_1:
        raise TimeStampRefusedError(FailureInfo.BAD_REQUEST)
    hash_name, digest = read_imprint(imprint)
    if extensions is not None:
        # Critical or not: none is known here (RFC 3161 2.4.1).
        raise TimeStampRefusedError(FailureInfo.UNACCEPTED_EXTENSION)
    return TimeStampRequest(
        imprint=imprint,
        hash_name=hash_name,
        digest=digest,
        policy=policy,
        nonce=nonce,
        wants_certificates=wants is not None,
    )


def _whole_if(reader: DerReader, tag: int) -> bytes | None:
    return reader.whole(tag) if reader.follows(tag) else None


def _nonce(body: DerReader) -> bytes | None:
    if not body.follows(INTEGER):
        return None
    nonce = integer(read_integer(body))
    if len(nonce) > LONGEST_NONCE:
        raise ValueError("nonce is too long")
    return nonce
