"""Header values with parameters: Content-Type and Content-Disposition.

Source: RFC 2045 section 5.1, RFC 6266 section 4.1, RFC 8187 section 3.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn
from urllib.parse import quote, unquote_to_bytes

from schemas.errors import ErrorCode, SchemaError

XML_TYPES = frozenset({"application/xml", "text/xml"})
MULTIPART = "multipart/related"

_LONGEST = 2_000
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105  # a grammar, no secret
_VALUE = re.compile(rf"\s*({_TOKEN}(?:/{_TOKEN})?)\s*")
_PARAMETER = re.compile(
    rf";\s*(?:({_TOKEN})=(?:({_TOKEN})|\"((?:[^\"\\\r\n]|\\.)*)\"))?\s*"
)
_ESCAPED = re.compile(r"\\(.)")
_EXTENDED = re.compile(
    r"(?i:utf-8)'[A-Za-z0-9-]*'((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-Fa-f]{2})*)"
)


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """A value with its parameters; names and the value itself in lower case."""

    value: str
    parameters: Mapping[str, str]


@lru_cache(maxsize=256)
def parse_header_value(text: str) -> HeaderValue:
    """Read a value with parameters; each parameter stands at most once.

    Senders write the same few values again and again.

    Raises:
        SchemaError: any other shape (CONTENT_TYPE_UNSUPPORTED).
    """
    value = _VALUE.match(text) if len(text) <= _LONGEST else None
    if value is None:
        _refuse()
    parameters: dict[str, str] = {}
    position = value.end()
    while position < len(text):
        position = _read_parameter(text, position, parameters)
    return HeaderValue(value.group(1).lower(), MappingProxyType(parameters))


def media_type(text: str) -> str:
    """Return the media type alone, in lower case."""
    return text.partition(";")[0].strip().lower()


def require_xml(content_type: HeaderValue) -> None:
    """Require an XML type in UTF-8.

    Raises:
        SchemaError: another type (CONTENT_TYPE_UNSUPPORTED) or another charset
            (ENCODING_NOT_UTF8).
    """
    if content_type.value not in XML_TYPES:
        _refuse()
    require_utf8(content_type)


def require_utf8(content_type: HeaderValue) -> None:
    """Require UTF-8 where a charset is named.

    Raises:
        SchemaError: it is another one (ENCODING_NOT_UTF8).
    """
    charset = content_type.parameters.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        raise SchemaError(ErrorCode.ENCODING_NOT_UTF8, place="Content-Type")


def file_name(parameters: Mapping[str, str]) -> str:
    """Return the file name in the parameters of a Content-Disposition.

    The extended form wins over the plain one (RFC 6266 section 4.3).

    Raises:
        SchemaError: the extended form is not UTF-8 (MULTIPART_MALFORMED).
    """
    extended = parameters.get("filename*")
    if extended is None:
        return parameters.get("filename", "")
    found = _EXTENDED.fullmatch(extended)
    if found is None:
        raise SchemaError(ErrorCode.MULTIPART_MALFORMED, place="filename*")
    try:
        return unquote_to_bytes(found.group(1)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise SchemaError(ErrorCode.MULTIPART_MALFORMED, place="filename*") from error


def disposition(name: str) -> str:
    """Write the Content-Disposition of an attachment called `name`."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _read_parameter(text: str, position: int, parameters: dict[str, str]) -> int:
    """Read one parameter, or the empty one some writers end with."""
    found = _PARAMETER.match(text, position)
    if found is None:
        _refuse()
    if found.group(1):
        name = found.group(1).lower()
        if name in parameters:
            _refuse()
        quoted = _ESCAPED.sub(r"\1", found.group(3) or "")
        parameters[name] = found.group(2) or quoted
    return found.end()


def _refuse() -> NoReturn:
    raise SchemaError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
