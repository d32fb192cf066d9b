"""Finds the parts of a ``multipart/related`` body and where they lie in it.

One spelling is read (RFC 2046 section 5.1.1 without its optional parts): no preamble,
no epilogue, CRLF line ends, no padding after a boundary, no folded headers. What is
optional there is read differently by different programs. So is a boundary after a bare
LF or CR, where many programs begin another part: no content may hold one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from schemas.edxml.content_type import (
    file_name,
    parse_header_value,
    require_xml,
)
from schemas.edxml.inline_scan import CONTENT, InlineScanner
from schemas.edxml.limits import BodyLimits
from schemas.edxml.measuring import AttachmentMeter, Measured
from schemas.edxml.names import without_cid
from schemas.edxml.wrapping import Declared
from schemas.errors import ErrorCode, SchemaError

_LINE_END = b"\r\n"
_CR = _LINE_END[0]
_HEADERS_END = b"\r\n\r\n"
_HEADER = re.compile(r"([A-Za-z0-9-]+):([\t\x20-\x7e\x80-\U0010ffff]*)")
_AS_IT_IS = frozenset({"7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One attachment part: what its headers say, where it lies, its measures."""

    declared: Declared
    offset: int
    length: int
    measured: Measured


class MultipartScanner:
    """Scans one body fed in pieces of any size; the first part is the XML.

    Args:
        boundary: the boundary parameter of the body's Content-Type.
        start: its start parameter: the Content-ID of the XML part, if given.
    """

    def __init__(self, boundary: str, limits: BodyLimits, *, start: str = "") -> None:
        self._limits = limits
        self._start = start
        self._delimiter = _LINE_END + b"--" + boundary.encode("ascii")
        self._after_lf = self._delimiter[1:]
        self._after_cr = b"\r" + self._delimiter[2:]
        self._pending = b""
        self._at = 0
        self._consumed = 0
        # No bound method: a scanner that holds itself is freed by a search for cycles
        # alone, and with it the bytes it was fed.
        self._state: _State = MultipartScanner._at_beginning
        self._xml: bytearray | None = None
        self._xml_id = ""
        self._part: _OpenPart | None = None
        self._parts: list[Part] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            SchemaError: another form of multipart, too much of anything, or XML that
                the scanner of inline attachments refuses.
        """
        rest = self._pending[self._at :]
        self._pending, self._at = (rest + data if rest else data), 0
        while self._state(self):
            pass

    def finish(self) -> tuple[bytes, tuple[Part, ...]]:
        """Return the XML part and the attachment parts, in order.

        Raises:
            SchemaError: the body ends before its closing boundary, or has no XML.
        """
        rest = self._pending[self._at :]
        if self._state is not MultipartScanner._in_epilogue or rest not in {
            b"",
            _LINE_END,
        }:
            raise _malformed("end")
        if self._xml is None:
            raise _malformed("xml")
        xml = bytes(self._xml)
        if _holds_attachments(xml, self._limits):
            raise _malformed("AttachmentEncoded")
        return xml, tuple(self._parts)

    def _at_beginning(self) -> bool:
        # No line ends before the first boundary.
        boundary = self._delimiter[len(_LINE_END) :]
        if self._left < len(boundary):
            return False
        if not self._pending.startswith(boundary, self._at):
            raise _malformed("boundary")
        self._consume(len(boundary))
        self._state = MultipartScanner._after_boundary
        return True

    def _after_boundary(self) -> bool:
        if self._left < len(_LINE_END):
            return False
        following = self._pending[self._at : self._at + len(_LINE_END)]
        if following not in {_LINE_END, b"--"}:
            raise _malformed("boundary")
        self._consume(len(_LINE_END))
        is_part = following == _LINE_END
        self._state = (
            MultipartScanner._in_headers if is_part else MultipartScanner._in_epilogue
        )
        return True

    def _in_headers(self) -> bool:
        end = self._pending.find(_HEADERS_END, self._at)
        size = end - self._at if end >= 0 else self._left - len(_HEADERS_END)
        if size > self._limits.part_headers:
            raise _malformed("part headers")
        if end < 0:
            return False
        declared = _read_headers(self._pending[self._at : end])
        # The empty line's end stays: a boundary right after it ends an absent part.
        self._consume(size + len(_LINE_END))
        self._begin_part(declared)
        return True

    def _begin_part(self, declared: Declared) -> None:
        offset = self._consumed + len(_LINE_END)
        if self._xml is None:
            self._begin_xml(declared)
        else:
            self._begin_attachment(declared, offset)
        self._state = MultipartScanner._before_data

    def _begin_xml(self, declared: Declared) -> None:
        if self._start.strip("<>") not in {"", declared.content_id}:
            raise _malformed("start")
        require_xml(parse_header_value(declared.content_type))
        self._xml, self._xml_id = bytearray(), declared.content_id

    def _begin_attachment(self, declared: Declared, offset: int) -> None:
        if not declared.content_id:
            raise _malformed("Content-ID")
        if declared.content_id == self._xml_id:
            raise SchemaError(ErrorCode.ATTACHMENT_DUPLICATE, place="Content-ID")
        if len(self._parts) == self._limits.attachments:
            raise SchemaError(ErrorCode.ATTACHMENT_COUNT_EXCEEDED)
        self._part = _OpenPart(declared, offset, self._limits)

    def _before_data(self) -> bool:
        if self._left < len(self._delimiter):
            return False
        if self._pending.startswith(self._delimiter, self._at):
            raise _malformed("part")
        self._consume(len(_LINE_END))
        self._state = MultipartScanner._in_data
        return True

    def _in_data(self) -> bool:
        end = self._end_of_data()
        if end < 0:
            # The last bytes may be the beginning of the delimiter.
            self._emit(max(0, self._left - len(self._delimiter) + 1))
            return False
        self._emit(end - self._at)
        self._end_part()
        self._consume(len(self._delimiter))
        self._state = MultipartScanner._after_boundary
        return True

    def _end_of_data(self) -> int:
        """Return where the delimiter stands, -1 while it does not.

        Raises:
            SchemaError: the boundary begins another line of the content.
        """
        after_lf = self._pending.find(self._after_lf, self._at)
        searched = after_lf if after_lf >= 0 else len(self._pending)
        after_cr = self._pending.find(self._after_cr, self._at, searched)
        end = after_lf - 1 if after_lf >= 0 else -1
        is_bare = after_lf >= 0 and (end < self._at or self._pending[end] != _CR)
        if is_bare or after_cr >= 0:
            raise _malformed("boundary")
        return end

    def _in_epilogue(self) -> bool:
        if self._left > len(_LINE_END):
            raise _malformed("end")
        return False

    def _emit(self, length: int) -> None:
        # A view: a copy of a large body would be made at every step through it.
        data = memoryview(self._pending)[self._at : self._at + length]
        if self._part is not None:
            self._part.feed(data)
        elif self._xml is not None:
            self._xml += data
            self._refuse_long_xml(len(self._xml))
        self._consume(length)

    def _refuse_long_xml(self, size: int) -> None:
        if size > self._limits.xml:
            raise SchemaError(ErrorCode.BODY_TOO_LARGE, place="xml")

    def _end_part(self) -> None:
        if self._part is not None:
            self._parts.append(self._part.finish())
        self._part = None

    def _consume(self, length: int) -> None:
        self._at += length
        self._consumed += length

    @property
    def _left(self) -> int:
        return len(self._pending) - self._at


_State = Callable[[MultipartScanner], bool]


class _OpenPart:
    """An attachment part on its way through."""

    def __init__(self, declared: Declared, offset: int, limits: BodyLimits) -> None:
        self._declared = declared
        self._offset = offset
        self._meter = AttachmentMeter(limits)

    def feed(self, data: memoryview) -> None:
        self._meter.feed(data)

    def finish(self) -> Part:
        measured = self._meter.finish()
        return Part(
            declared=self._declared,
            offset=self._offset,
            length=measured.size,
            measured=measured,
        )


def _holds_attachments(xml: bytes, limits: BodyLimits) -> bool:
    """Tell whether the XML part of a multipart body has inline contents as well."""
    if CONTENT not in xml:
        return False
    scanner = InlineScanner(limits)
    scanner.feed(xml)
    _, inline = scanner.finish()
    return bool(inline)


def _read_headers(block: bytes) -> Declared:
    fields = _header_fields(block)
    if fields.get("content-transfer-encoding", "binary").lower() not in _AS_IT_IS:
        raise _malformed("Content-Transfer-Encoding")
    content_id = without_cid(fields.get("content-id", "").strip("<>"))
    return Declared(
        content_id=content_id,
        name=_file_name(fields),
        content_type=fields.get("content-type", ""),
    )


def _file_name(fields: dict[str, str]) -> str:
    disposition = fields.get("content-disposition")
    if disposition is None:
        return ""
    return file_name(parse_header_value(disposition).parameters)


def _header_fields(block: bytes) -> dict[str, str]:
    try:
        lines = block.decode("utf-8").split("\r\n")
    except UnicodeDecodeError as error:
        raise _malformed("part headers") from error
    fields: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        name = found.group(1).lower() if found else ""
        if found is None or name in fields:
            raise _malformed("part headers")
        fields[name] = found.group(2).strip(" \t")
    return fields


def _malformed(place: str) -> SchemaError:
    return SchemaError(ErrorCode.MULTIPART_MALFORMED, place=place)
