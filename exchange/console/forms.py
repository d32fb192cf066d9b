"""What a form brings: small, flat, and text unless a page says otherwise."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from exchange.errors import ExchangeError
from exchange.http.request import media_type_of
from schemas.edxml.content_type import file_name, parse_header_value, require_utf8
from schemas.errors import ErrorCode, SchemaError

MULTIPART: Final = "multipart/form-data"
"""Forms with files."""

_URL_ENCODED: Final = "application/x-www-form-urlencoded"
_DISPOSITION: Final = "Content-Disposition"
_OF_FILES: Final = frozenset({"filename", "filename*"})
_NO_CHARACTERS: Final = "\ufffe\uffff"
_MOST_FIELDS = 1_000
_LONGEST = 10_000
_UNREADABLE = (ValueError, LookupError, RuntimeError, HttpProcessingError)
"""What reading raises: no boundary, an odd header, an encoding that is none, a part
`_charset_` that is too long."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a form, each with the texts it has."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; empty if it is absent."""
        return self.exactly(name).strip()

    def exactly(self, name: str) -> str:
        """Return a field as it was typed: a password may begin with a space."""
        return self.values.get(name, ("",))[-1]

    def line(self, name: str) -> str:
        """Return a field as one line, without what no message can carry.

        Who copies from a PDF or a spreadsheet pastes control characters nobody sees.
        """
        words = " ".join(self.text(name).split())
        return "".join(one for one in words if not _is_unseen(one))

    def every(self, name: str) -> tuple[str, ...]:
        """Return all texts of a field that may be there more than once."""
        return tuple(one.strip() for one in self.values.get(name, ()) if one.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class PartNames:
    """What one part of a form with files is called.

    Args:
        field: of the form.
        file: what the person's computer calls it; None where the part is no file.
    """

    field: str
    file: str | None

    @classmethod
    def of(cls, part: BodyPartReader) -> "PartNames":
        """Read the names as Unicode; a charset may be named, but UTF-8 alone.

        Raises:
            ExchangeError: they are none (REQUEST_INVALID).
        """
        try:
            header = parse_header_value(part.headers.get(_DISPOSITION, "")).parameters
            names = cls(
                field=header.get("name", ""),
                file=file_name(header) if header.keys() & _OF_FILES else None,
            )
            f"{names.field}{names.file}".encode()
        except (SchemaError, UnicodeEncodeError) as error:
            raise ExchangeError(
                ErrorCode.REQUEST_INVALID, place=_DISPOSITION
            ) from error
        return names


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in _NO_CHARACTERS


async def read_in_time(waiting: Awaitable[_Found], seconds: float) -> _Found:
    """Return what a peer sends next of a form.

    Raises:
        ExchangeError: it is none (REQUEST_INVALID), or it comes too slowly
            (REQUEST_TIMEOUT).
    """
    try:
        async with asyncio.timeout(seconds):
            with _explained():
                return await waiting
    except TimeoutError as error:
        raise ExchangeError(ErrorCode.REQUEST_TIMEOUT) from error


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="body") from error


async def fields_of(request: web.Request) -> Fields:
    """Read a form that has no files; what is sent as another type has no fields.

    Raises:
        ExchangeError: it is none, or too long (REQUEST_INVALID).
        SchemaError: it is not in UTF-8 (ENCODING_NOT_UTF8), or what it is cannot be
            told (CONTENT_TYPE_UNSUPPORTED).
    """
    kind = media_type_of(request)
    if kind == MULTIPART:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Content-Type")
    values: dict[str, list[str]] = {}
    for name, value in await _pairs(request) if kind == _URL_ENCODED else ():
        values.setdefault(name, []).append(require_short(name, value))
    return Fields(values)


async def _pairs(request: web.Request) -> Sequence[tuple[str, str]]:
    """Decode by UTF-8 alone: other encodings stop the loop, or make no Unicode."""
    require_utf8(parse_header_value(request.headers["Content-Type"]))
    with _explained():
        text = (await request.read()).decode().rstrip()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)


def require_short(name: str, value: str) -> str:
    """Return the text of a field.

    Raises:
        ExchangeError: it is too long (REQUEST_INVALID).
    """
    if len(value) > _LONGEST:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name[:40])
    return value
