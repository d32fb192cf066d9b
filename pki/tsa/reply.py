"""Reading the answers of time stamping authorities, ours and others' (RFC 3161 2.4.2).

Only what every part must be is checked here; whether it is the answer to a request,
and whose, is judged in `pki.tsa.client`. What is malformed raises `ValueError`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pki.der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    constructed_tag,
    element,
    primitive_tag,
)
from pki.tsa.request import DIGESTS, read_integer
from pki.tsa.stamp_token import (
    CONTENT_TYPE,
    GRANTED,
    GRANTED_WITH_MODS,
    MESSAGE_DIGEST,
    SET,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)

RESPONSE_BYTES = 64 * 1024
"""Largest response: a token with a chain of RSA certificates has a tenth of it."""

MOST_CERTIFICATES = 20

_EXPLICIT = constructed_tag(0)
_GEN_TIME = re.compile(rb"(\d{14})(?:\.(\d{1,9}))?Z")
_TRUE = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInfo:
    """A TSTInfo.

    Args:
        policy: the encoded policy.
        imprint: the encoded MessageImprint.
        serial: serial number.
        at: the time.
        accuracy: how far the time may be off, if stated.
        nonce: the nonce, if there is one.
    """

    policy: bytes
    imprint: bytes
    serial: int
    at: datetime
    accuracy: timedelta | None
    nonce: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadToken:
    """A TimeStampToken with one signer.

    Args:
        encoded: the whole token.
        content: the encoded TSTInfo, which is signed.
        info: the same, read.
        certificates: what came with it, DER.
        hash_name: digest algorithm of the signer.
        attributes: the signed attributes as they are signed.
        message_digest: the digest among them.
        certificate_hash: digest algorithm and digest of the signer's certificate.
        algorithm: encoded identifier of the signature algorithm.
        signature: the value.
    """

    encoded: bytes
    content: bytes
    info: ReadInfo
    certificates: tuple[bytes, ...]
    hash_name: str
    attributes: bytes
    message_digest: bytes
    certificate_hash: tuple[str, bytes]
    algorithm: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """A TimeStampResp.

    Args:
        token: the encoded token; None if it was refused.
        failures: the numbers of the bits in its PKIFailureInfo.
    """

    token: bytes | None
    failures: tuple[int, ...]


def read_response(data: bytes) -> ReadResponse:
    """Read a response.

    Raises:
        ValueError: too large, not DER, or granted without a token.
    """
    if len(data) > RESPONSE_BYTES:
        raise ValueError("response is too large")
    body = _only(data, SEQUENCE)
    status = DerReader(body.content(SEQUENCE))
    number = read_integer(status)
    status.optional(SEQUENCE)
    failures = _bits(status.optional(BIT_STRING))
    status.finish()
    token = None if body.at_end else body.whole(SEQUENCE)
    body.finish()
    is_granted = number in {GRANTED, GRANTED_WITH_MODS}
    if is_granted is (token is None):
        raise ValueError("status and token contradict each other")
    return ReadResponse(token, failures)


def read_token(encoded: bytes) -> ReadToken:
    """Read a token.

    Raises:
        ValueError: not DER, not a TSTInfo, not one signer, or attributes missing.
    """
    outer = _only(encoded, SEQUENCE)
    _require(outer.whole(OBJECT_IDENTIFIER) == SIGNED_DATA)
    data = _only(outer.content(_EXPLICIT), SEQUENCE)
    outer.finish()
    read_integer(data)
    data.content(SET)
    content = _content(DerReader(data.content(SEQUENCE)))
    certificates = tuple(_certificates(data.optional(_EXPLICIT)))
    data.optional(constructed_tag(1))
    signer = _only(data.content(SET), SEQUENCE)
    data.finish()
    return _signed(encoded, content, certificates, signer)


def read_info(content: bytes) -> ReadInfo:
    """Read a TSTInfo.

    Raises:
        ValueError: not DER, another version, or a critical extension.
    """
    body = _only(content, SEQUENCE)
    _require(read_integer(body) == 1)
    policy, imprint = body.whole(OBJECT_IDENTIFIER), body.whole(SEQUENCE)
    serial = read_integer(body)
    at = _time(body.content(GENERALIZED_TIME))
    accuracy = _accuracy(body.optional(SEQUENCE))
    body.optional(BOOLEAN)
    nonce = read_integer(body) if body.follows(INTEGER) else None
    body.optional(_EXPLICIT)
    _require_no_critical(body.optional(constructed_tag(1)))
    body.finish()
    return ReadInfo(
        policy=policy,
        imprint=imprint,
        serial=serial,
        at=at,
        accuracy=accuracy,
        nonce=nonce,
    )


def _signed(
    encoded: bytes, content: bytes, certificates: tuple[bytes, ...], signer: DerReader
) -> ReadToken:
    read_integer(signer)
    signer.content(SEQUENCE if signer.follows(SEQUENCE) else primitive_tag(0))
    hash_name = _digest(signer.content(SEQUENCE))
    attributes = signer.content(_EXPLICIT)
    algorithm = DerReader(signer.content(SEQUENCE)).whole(OBJECT_IDENTIFIER)
    signature = signer.content(OCTET_STRING)
    signer.optional(constructed_tag(1))
    signer.finish()
    values = _attributes(attributes)
    _require(values.get(CONTENT_TYPE) == TST_INFO)
    return ReadToken(
        encoded=encoded,
        content=content,
        info=read_info(content),
        certificates=certificates,
        hash_name=hash_name,
        attributes=element(SET, attributes),
        message_digest=_only_content(values.get(MESSAGE_DIGEST, b""), OCTET_STRING),
        certificate_hash=_certificate_hash(values.get(SIGNING_CERTIFICATE_V2, b"")),
        algorithm=algorithm,
        signature=signature,
    )


def _only(data: bytes, tag: int) -> DerReader:
    """Return a reader of the one element in `data`."""
    return DerReader(_only_content(data, tag))


def _only_content(data: bytes, tag: int) -> bytes:
    outer = DerReader(data)
    content = outer.content(tag)
    outer.finish()
    return content


def _require(holds: bool) -> None:  # noqa: FBT001 (a condition, as in an assertion)
    if not holds:
        raise ValueError("another value than the standard has")


def _content(encapsulated: DerReader) -> bytes:
    _require(encapsulated.whole(OBJECT_IDENTIFIER) == TST_INFO)
    content = _only_content(encapsulated.content(_EXPLICIT), OCTET_STRING)
    encapsulated.finish()
    return content


def _certificates(data: bytes | None) -> Iterator[bytes]:
    items = DerReader(data or b"")
    for _ in range(MOST_CERTIFICATES):
        if items.at_end:
            return
        yield items.whole(SEQUENCE)
    items.finish()


def _digest(algorithm: bytes) -> str:
    name = DIGESTS.get(DerReader(algorithm).whole(OBJECT_IDENTIFIER))
    if name is None:
        raise ValueError("digest is not on the list")
    return name


def _attributes(data: bytes) -> Mapping[bytes, bytes]:
    """Return the single value of each attribute; none may be there twice."""
    items, found = DerReader(data), dict[bytes, bytes]()
    while not items.at_end:
        item = DerReader(items.content(SEQUENCE))
        kind, value = item.whole(OBJECT_IDENTIFIER), item.content(SET)
        item.finish()
        _require(kind not in found)
        found[kind] = value
    return found


def _certificate_hash(value: bytes) -> tuple[str, bytes]:
    """Read the first ESSCertIDv2, the signer's (RFC 5035 3, RFC 5816 2.2.1)."""
    identifiers = DerReader(_only(value, SEQUENCE).content(SEQUENCE))
    first = DerReader(identifiers.content(SEQUENCE))
    algorithm = first.optional(SEQUENCE)
    name = "sha256" if algorithm is None else _digest(algorithm)
    return name, first.content(OCTET_STRING)


def _time(text: bytes) -> datetime:
    found = _GEN_TIME.fullmatch(text)
    if found is None:
        raise ValueError("genTime is not in UTC with seconds")
    whole = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    fraction = (found[2] or b"").ljust(6, b"0")[:6]
    return whole.replace(microsecond=int(fraction))


def _accuracy(data: bytes | None) -> timedelta | None:
    if data is None:
        return None
    parts = DerReader(data)
    seconds = read_integer(parts) if parts.follows(INTEGER) else 0
    milliseconds = _number(parts.optional(primitive_tag(0)))
    microseconds = _number(parts.optional(primitive_tag(1)))
    parts.finish()
    _require(0 <= seconds < 1 << 31)
    return timedelta(
        seconds=seconds, milliseconds=milliseconds, microseconds=microseconds
    )


def _number(content: bytes | None) -> int:
    number = int.from_bytes(content or b"", "big")
    _require(number < 1000)
    return number


def _require_no_critical(extensions: bytes | None) -> None:
    items = DerReader(extensions or b"")
    while not items.at_end:
        item = DerReader(items.content(SEQUENCE))
        item.content(OBJECT_IDENTIFIER)
        _require(item.optional(BOOLEAN) != _TRUE)
        item.content(OCTET_STRING)
        item.finish()


def _bits(content: bytes | None) -> tuple[int, ...]:
    octets = (content or b"\x00")[1:]
    return tuple(
        bit for bit in range(8 * len(octets)) if octets[bit // 8] & 0x80 >> bit % 8
    )
