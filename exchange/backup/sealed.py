"""A sealed stream: compressed, then encrypted in pieces none of which can be moved.

Each piece of a MiB is AES-256-GCM under a key of this file alone, with its number and
whether it is the last as nonce (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015), so a
piece that is changed, moved, left out or added is found, and so is a stream cut short.
The key comes from the header's digest too: a changed header opens nothing.
"""

import hashlib
import json
import secrets
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from isal import isal_zlib

from exchange.backup.locks import KEY_BYTES, Header, Lock, Opener
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

MAGIC: Final = b"lienthong-backup"
_LENGTH: Final = struct.Struct(">I")
_LARGEST_HEADER: Final = 8_192
_PIECE: Final = 1 << 20
_TAG: Final = 16
_LEVEL: Final = 1
"""Most of what is stored is compressed already, as PDFs are."""


class Compressor(Protocol):
    """Makes a zlib stream (RFC 1950)."""

    def compress(self, data: bytes, /) -> bytes:
        """Return what more there is of the stream."""
        ...

    def flush(self) -> bytes:
        """Return the end of the stream."""
        ...


class SealedWriter:
    """Writes a sealed stream; without `finish` it is cut short.

    Args:
        file: gets the sealed bytes.
        lock: keeps the key.
        compressor: of another make, if any: the default's stream is the standard
            library's, in an eighth of the time.
    """

    def __init__(
        self, file: BinaryIO, lock: Lock, compressor: Compressor | None = None
    ) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        header = json.dumps(dict(lock.close(key)), sort_keys=True).encode()
        file.write(MAGIC + _LENGTH.pack(len(header)) + header)
        self._file = file
        self._cipher = _cipher(key, header)
        self._compressor = compressor or isal_zlib.compressobj(_LEVEL)
        self._buffer = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """Add to the stream."""
        self._buffer += self._compressor.compress(data)
        while len(self._buffer) > _PIECE:
            self._seal(bytes(self._buffer[:_PIECE]), last=False)
            del self._buffer[:_PIECE]

    def finish(self) -> None:
        """Write the end, which tells it from a stream that was cut short."""
        self._buffer += self._compressor.flush()
        while len(self._buffer) > _PIECE:
            self._seal(bytes(self._buffer[:_PIECE]), last=False)
            del self._buffer[:_PIECE]
        self._seal(bytes(self._buffer), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, piece, None))
        self._number += 1


def unsealed(file: BinaryIO, opener: Opener) -> Iterator[bytes]:
    """Yield the stream in pieces of bounded size, each of them checked.

    Raises:
        ExchangeError: the key does not fit (BACKUP_NOT_OPENED), or anything else is
            wrong (BACKUP_DAMAGED).
    """
    header = _header(file)
    cipher = _cipher(opener.open(_read(header)), header)
    inflator = isal_zlib.decompressobj()
    for piece in _pieces(file, cipher):
        yield from _inflated(inflator, piece)
    if not inflator.eof or inflator.unused_data:
        raise damaged("end")


def damaged(place: str) -> ExchangeError:
    """Return the refusal of a backup that is not whole."""
    return ExchangeError(ErrorCode.BACKUP_DAMAGED, place=place)


def _pieces(file: BinaryIO, cipher: AESGCM) -> Iterator[bytes]:
    number, piece = 0, file.read(_PIECE + _TAG)
    while piece:
        following = file.read(_PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), piece, None)
        except (InvalidTag, ValueError) as error:
            raise damaged(f"piece {number}") from error
        number, piece = number + 1, following


def _inflated(inflator: isal_zlib.Decompress, piece: bytes) -> Iterator[bytes]:
    inflated = b""
    try:
        # A full answer may leave octets inside though all of the input was taken.
        while piece or len(inflated) == _PIECE:
            inflated = inflator.decompress(piece, _PIECE)
            yield inflated
            piece = inflator.unconsumed_tail
    except isal_zlib.error as error:  # type: ignore[misc] # its stub names no class
        raise damaged("compression") from error


def _header(file: BinaryIO) -> bytes:
    start = file.read(len(MAGIC) + _LENGTH.size)
    if not start.startswith(MAGIC) or len(start) < len(MAGIC) + _LENGTH.size:
        raise damaged("magic")
    (length,) = _LENGTH.unpack(start[len(MAGIC) :])
    if length > _LARGEST_HEADER:
        raise damaged("header")
    return file.read(length)


def _read(header: bytes) -> Header:
    try:
        fields = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise damaged("header") from error
    if not isinstance(fields, dict):
        raise damaged("header")
    return fields


def _cipher(key: bytes, header: bytes) -> AESGCM:
    salt = hashlib.sha256(header).digest()
    derived = HKDF(SHA256(), KEY_BYTES, salt=salt, info=b"lienthong backup 1")
    return AESGCM(derived.derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
