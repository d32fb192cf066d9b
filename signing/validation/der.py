"""DER in its one allowed spelling (ITU-T X.690 clause 10).

Parsers of certificates and CMS accept other spellings of the same value, so bytes
outside what is signed could change unseen. This walk refuses them beforehand.
"""

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.limits import MAX_DER_DEPTH

_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_LONG_LENGTH = 0x80
_END_OF_CONTENTS = 0x00
_MAX_LENGTH_OCTETS = 4


def value_end(data: bytes, start: int = 0) -> int:
    """Return the end of the DER value that begins at `start`.

    Raises:
        SigningError: CMS_INVALID, no definite length in its shortest form.
    """
    content, length = _header(data, start, len(data))
    if content + length > len(data):
        raise _refusal()
    return content + length


def require_der(data: bytes) -> None:
    """Refuse bytes that are not exactly one DER value, all the way down.

    Raises:
        SigningError: CMS_INVALID.
    """
    if _walk(data, 0, len(data), 0) != len(data):
        raise _refusal()


def contents(data: bytes) -> tuple[bytes, ...]:
    """Return the values inside one constructed DER value, each with its header.

    Raises:
        SigningError: CMS_INVALID.
    """
    at, length = _header(data, 0, len(data))
    end, found = at + length, []
    while at < end:
        following = value_end(data, at)
        found.append(data[at:following])
        at = following
    return tuple(found)


def octets(data: bytes) -> bytes:
    """Return what the one DER value in `data` holds, without its header.

    Raises:
        SigningError: CMS_INVALID.
    """
    start, length = _header(data, 0, len(data))
    return data[start : start + length]


def _walk(data: bytes, start: int, limit: int, depth: int) -> int:
    content, length = _header(data, start, limit)
    end = content + length
    if end > limit or depth > MAX_DER_DEPTH:
        raise _refusal()
    if data[start] & _CONSTRUCTED:
        at = content
        while at < end:
            at = _walk(data, at, end, depth + 1)
    return end


def _header(data: bytes, start: int, limit: int) -> tuple[int, int]:
    if start + 2 > limit:
        raise _refusal()
    tag, first = data[start], data[start + 1]
    if tag == _END_OF_CONTENTS or tag & _LONG_TAG == _LONG_TAG:
        raise _refusal()
    if first < _LONG_LENGTH:
        return start + 2, first
    return _long_length(data, start + 2, first & ~_LONG_LENGTH, limit)


def _long_length(data: bytes, at: int, octets: int, limit: int) -> tuple[int, int]:
    if not 0 < octets <= _MAX_LENGTH_OCTETS or at + octets > limit:
        raise _refusal()
    length = int.from_bytes(data[at : at + octets], "big")
    shortest = max(1, (length.bit_length() + 7) // 8)
    if length < _LONG_LENGTH or octets != shortest:
        raise _refusal()
    return at + octets, length


def _refusal() -> SigningError:
    return SigningError(ErrorCode.CMS_INVALID, place="DER")
