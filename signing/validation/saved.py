"""A multipart message saved to a file together with its MIME header."""

import re

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.message import Message

_LARGEST_HEADER = 16 * 1024
_FIELD = re.compile(rb"[A-Za-z0-9-]{1,64}[ \t]*:")
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")


def looks_saved(data: bytes) -> bool:
    """Tell whether `data` begins with a header field (RFC 5322 clause 2.2)."""
    return _FIELD.match(data) is not None


def saved_message(data: bytes) -> Message:
    """Return the message in a file that begins with its header.

    Raises:
        SigningError: the header does not end, or names no type of content
            (CONTENT_TYPE_UNSUPPORTED).
    """
    end = _END.search(data, 0, _LARGEST_HEADER)
    if end is None:
        raise SigningError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
    header = _FOLD.sub(" ", data[: end.start()].decode("latin-1"))
    fields = [line.partition(":") for line in header.splitlines()]
    types = [
        text.strip()
        for name, _, text in fields
        if name.strip().lower() == "content-type"
    ]
    if len(types) != 1:
        raise SigningError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
    return Message(types[0], data[end.end() :])
