"""Fields of `multipart/form-data` (RFC 7578), read strictly from a whole body."""

import re
from collections.abc import Collection, Mapping

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

TYPE = "multipart/form-data"
_BOUNDARY = re.compile(
    r"multipart/form-data\s*;\s*boundary=\"?([0-9A-Za-z'()+_,./:=? -]{1,70})\"?\s*",
    re.IGNORECASE,
)
_NAME = re.compile(rb'content-disposition:\s*form-data;[^\r\n]*\bname="([a-z]{1,40})"')
_MAX_HEAD = 1024


def read_fields(
    body: bytes, content_type: str, *, known: Collection[str]
) -> Mapping[str, bytes]:
    """Return the fields of a form by name.

    Raises:
        ExchangeError: another type of content (CONTENT_TYPE_UNSUPPORTED), not a form,
            or an unknown or repeated field (REQUEST_INVALID).
    """
    found = _BOUNDARY.fullmatch(content_type)
    if found is None:
        raise ExchangeError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
    line = b"\r\n--" + found[1].encode("ascii")
    if not body.startswith(line[2:]):
        raise _invalid("multipart")
    fields: dict[str, bytes] = {}
    at = len(line) - 2
    while not body.startswith(b"--", at):
        end = body.find(line, at)
        head_end = body.find(b"\r\n\r\n", at, at + _MAX_HEAD)
        if end < 0 or not 0 <= head_end < end:
            raise _invalid("multipart")
        name = _name(body[at : head_end + 2])
        if name not in known or name in fields:
            raise _invalid(name)
        fields[name] = body[head_end + 4 : end]
        at = end + len(line)
    return fields


def _name(head: bytes) -> str:
    found = _NAME.search(head.lower())
    if found is None:
        raise _invalid("Content-Disposition")
    return found[1].decode("ascii")


def _invalid(place: str) -> ExchangeError:
    return ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
