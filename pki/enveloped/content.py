"""Content encrypted once for any number of recipients: AuthEnvelopedData, AES-256-GCM.

RFC 5083 and 5084, DER with definite lengths, so that it is written and read in pieces
whatever its size. What is read is handed out only when its tag has been checked.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509 import Certificate, ObjectIdentifier

from pki import der
from pki.enveloped.content_key import AGREEMENT, KEY_OCTETS, unwrap, unwrap_by_key, wrap
from pki.errors import PkiError
from pki.keys.api import Credential
from schemas.errors import ErrorCode

MEDIA_TYPE = "application/pkcs7-mime; smime-type=authEnveloped-data"

_AUTH_ENVELOPED = ObjectIdentifier("1.2.840.113549.1.9.16.1.23")
_DATA = ObjectIdentifier("1.2.840.113549.1.7.1")
_AES_256_GCM = ObjectIdentifier("2.16.840.1.101.3.4.1.46")
_SET = 0x31
_NONCE = 12
_TAG = 16
_PIECE = 1 << 16
_MOST_OF_HEADERS = 1 << 22
"""Octets before the content: about 10,000 recipients."""
_LONG_FORM = 0x80
_LENGTH_OCTETS = 8
_AROUND = 3
"""Elements around everything: ContentInfo, its content, AuthEnvelopedData."""


def encrypt(
    source: BinaryIO, target: BinaryIO, *, size: int, recipients: Sequence[Certificate]
) -> None:
    """Write what `source` holds, encrypted to `recipients`.

    Args:
        source: read to its end.
        target: gets the CMS.
        size: octets in `source`.
        recipients: at least one.

    Raises:
        PkiError: no recipient, or a certificate that is not for this
            (ENCRYPTION_CERTIFICATE_UNSUITABLE).
        ValueError: `source` has another size.
    """
    if not recipients:
        raise PkiError(ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE)
    content_key, nonce = os.urandom(KEY_OCTETS), os.urandom(_NONCE)
    infos = sorted(wrap(one, content_key) for one in recipients)
    target.write(_headers(der.element(_SET, b"".join(infos)), nonce, size))
    cipher = Cipher(algorithms.AES256(content_key), modes.GCM(nonce)).encryptor()
    written = 0
    for piece in iter(lambda: source.read(_PIECE), b""):
        written += len(piece)
        target.write(cipher.update(piece))
    if written != size:
        raise ValueError("source changed its size")
    cipher.finalize()
    target.write(der.element(der.OCTET_STRING, cipher.tag))


def decrypt(source: BinaryIO, target: BinaryIO, *, credential: Credential) -> None:
    """Write what `source` holds for the holder of a key.

    Nothing of `target` may be used before this returns.

    Raises:
        PkiError: it is not for this key (NOT_ENCRYPTED_TO_THIS_KEY), was changed or is
            of another form (ENCRYPTED_CONTENT_INVALID), or the key is kept elsewhere
            (ENCRYPTION_KEY_UNSUITABLE).
    """
    try:
        _decrypt(source, target, credential)
    except (ValueError, InvalidTag) as error:
        raise PkiError(ErrorCode.ENCRYPTED_CONTENT_INVALID) from error


def _headers(recipients: bytes, nonce: bytes, size: int) -> bytes:
    """Encode everything before the content, with the lengths of what follows."""
    parameters = der.sequence(der.element(der.OCTET_STRING, nonce), der.integer(_TAG))
    algorithm = der.sequence(der.object_identifier(_AES_256_GCM), parameters)
    before = der.object_identifier(_DATA) + algorithm
    content = _begun(der.primitive_tag(0), size)
    inner = before + content
    info = _begun(der.SEQUENCE, len(inner) + size) + inner
    data = der.integer(0) + recipients + info
    mac = 2 + _TAG
    whole = _begun(der.SEQUENCE, len(data) + size + mac) + data
    explicit = _begun(der.constructed_tag(0), len(whole) + size + mac) + whole
    outer = der.object_identifier(_AUTH_ENVELOPED) + explicit
    return _begun(der.SEQUENCE, len(outer) + size + mac) + outer


def _begun(tag: int, size: int) -> bytes:
    """Encode tag and length of an element whose content follows."""
    if size < _LONG_FORM:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length


def _decrypt(source: BinaryIO, target: BinaryIO, credential: Credential) -> None:
    pieces = _Pieces(source)
    for tag, named in (
        (der.SEQUENCE, _AUTH_ENVELOPED),
        (der.constructed_tag(0), None),
        (der.SEQUENCE, None),
    ):
        pieces.begin(tag)
        if named is not None:
            pieces.require(der.object_identifier(named))
    pieces.require(der.integer(0))
    content_key = _content_key(pieces.content(_SET), credential)
    pieces.begin(der.SEQUENCE)
    pieces.require(der.object_identifier(_DATA))
    nonce = _nonce(pieces.content(der.SEQUENCE))
    size = pieces.enter(der.primitive_tag(0))
    cipher = Cipher(algorithms.AES256(content_key), modes.GCM(nonce)).decryptor()
    target.writelines(cipher.update(piece) for piece in pieces.take(size))
    pieces.end()
    tag_value = pieces.content(der.OCTET_STRING)
    for _ in range(_AROUND):
        pieces.end()
    pieces.finish()
    cipher.finalize_with_tag(tag_value)


def _content_key(recipients: bytes, credential: Credential) -> bytes:
    infos = tuple(_infos(recipients))
    named = (unwrap(one, credential) for one in infos)
    # Then by the key alone: the certificate may have been renewed since.
    of_key = (unwrap_by_key(one, credential.key) for one in infos)
    for found in chain(named, of_key):
        if found is not None:
            return found
    raise PkiError(ErrorCode.NOT_ENCRYPTED_TO_THIS_KEY)


def _infos(recipients: bytes) -> Iterator[bytes]:
    reader = der.DerReader(recipients)
    while not reader.at_end:
        tag = AGREEMENT if reader.follows(AGREEMENT) else der.SEQUENCE
        yield reader.whole(tag)


def _nonce(algorithm: bytes) -> bytes:
    reader = der.DerReader(algorithm)
    named = der.read_object_identifier(reader.content(der.OBJECT_IDENTIFIER))
    parameters = der.DerReader(reader.content(der.SEQUENCE))
    nonce, tag = parameters.content(der.OCTET_STRING), parameters.whole(der.INTEGER)
    parameters.finish()
    reader.finish()
    is_ours = named == _AES_256_GCM and len(nonce) == _NONCE
    if not is_ours or tag != der.integer(_TAG):
        raise ValueError("another algorithm")
    return nonce


class _Pieces:
    """Reads DER of any size from a stream, in order."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._position = 0
        self._ends: list[int] = []

    def begin(self, tag: int) -> None:
        """Go into an element of parts."""
        size = self.enter(tag)
        self._ends.append(self._position + size)

    def end(self) -> None:
        """Leave the innermost element; nothing of it may be left."""
        if self._position != self._ends.pop():
            raise ValueError("element does not end with its parts")

    def enter(self, tag: int) -> int:
        """Read tag and length of an element; give the length of its content."""
        begin = self._exactly(2)
        if begin[0] != tag:
            raise ValueError("another element than expected")
        size = begin[1]
        if size < _LONG_FORM:
            return size
        octets = size & ~_LONG_FORM
        if not 0 < octets <= _LENGTH_OCTETS:
            raise ValueError("length is not definite")
        size = int.from_bytes(self._exactly(octets), "big")
        if size < _LONG_FORM or (size.bit_length() + 7) // 8 != octets:
            raise ValueError("length is not in its shortest form")
        return size

    def content(self, tag: int) -> bytes:
        """Read a small element."""
        size = self.enter(tag)
        if size > _MOST_OF_HEADERS:
            raise ValueError("too large")
        return self._exactly(size)

    def require(self, expected: bytes) -> None:
        """Read what has to stand here."""
        if self._exactly(len(expected)) != expected:
            raise ValueError("another element than expected")

    def take(self, size: int) -> Iterator[bytes]:
        """Read so many octets piece by piece."""
        while size:
            piece = self._exactly(min(size, _PIECE))
            size -= len(piece)
            yield piece

    def finish(self) -> None:
        """Require the end."""
        if self._source.read(1):
            raise ValueError("data after the last element")

    def _exactly(self, size: int) -> bytes:
        found = self._source.read(size)
        if len(found) != size:
            raise ValueError("cut off")
        self._position += size
        return found
