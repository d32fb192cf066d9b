"""Cuts inline attachments out of an XML stream without building a tree of them.

The scanner reads the markup only as far as it must: where tags begin and end, and
how they nest. Whether the rest is well-formed XML is judged by the parser on the
skeleton, which keeps every byte of markup; so the two always see the same tags. Where
the name of what is cut out occurs nowhere, as in every status, nothing is read at all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from schemas.edxml.base64_pieces import Base64Decoder
from schemas.edxml.limits import BodyLimits
from schemas.edxml.measuring import AttachmentMeter, Measured
from schemas.errors import ErrorCode, SchemaError

CONTENT = b"ContentTransferEncoded"
_PATH_OF_CONTENT = [b"AttachmentEncoded", b"Attachment"]
_DEEPEST = 64
_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(rb"<([^\s/>\"'=<&!?]+)")
_WHOLE_TAG = re.compile(
    rb"<[^<>\"'!?][^<>\"']*+(?:\"[^\"]*+\"[^<>\"']*+|'[^']*+'[^<>\"']*+)*+>"
)
_END_OF_TAG = re.compile(rb"[>\"'<]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CutText:
    """One text that was cut out: where it lies in the raw body, and its measures."""

    offset: int
    length: int
    measured: Measured


class InlineScanner:
    """Scans one XML document fed in pieces of any size.

    Args:
        offset: where the document begins in the raw body.
    """

    def __init__(self, limits: BodyLimits, *, offset: int = 0) -> None:
        self._limits = limits
        self._base = offset
        # No bound method: a scanner that holds itself is freed by a search for cycles
        # alone, and with it the document.
        self._state: _State = InlineScanner._in_text
        self._skeleton = bytearray()
        self._tag = bytearray()
        self._quote = b""
        self._open: list[bytes] = []
        self._cut: _Cut | None = None
        self._found: list[CutText] = []
        self._is_read = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            SchemaError: a construct that is never needed, too much of anything, or
                content that is no base64.
        """
        if not self._is_read:
            if CONTENT not in bytes(self._skeleton[1 - len(CONTENT) :]) + data:
                self._keep(data)
                return
            data, self._is_read = bytes(self._skeleton) + data, True
            self._skeleton.clear()
        position = 0
        while position < len(data):
            position = self._state(self, data, position)
        self._base += len(data)

    def finish(self) -> tuple[bytes, tuple[CutText, ...]]:
        """Return the document without the texts, and the texts.

        Raises:
            SchemaError: it ends within a tag or an element (XML_MALFORMED).
        """
        if self._open or self._state is not InlineScanner._in_text:
            raise SchemaError(ErrorCode.XML_MALFORMED, place="end")
        return bytes(self._skeleton), tuple(self._found)

    def _in_text(self, data: bytes, position: int) -> int:
        end = data.find(b"<", position)
        if end < 0:
            self._keep(data[position:])
            return len(data)
        self._keep(data[position:end])
        whole = _WHOLE_TAG.match(data, end)
        if whole is None:
            return self._begin_tag(end)
        self._end_tag(whole.group(), whole.end())
        return whole.end()

    def _begin_tag(self, position: int) -> int:
        self._tag = bytearray(b"<")
        self._state = InlineScanner._in_tag
        return position + 1

    def _in_tag(self, data: bytes, position: int) -> int:
        found = _END_OF_TAG.search(data, position)
        end = found.end() if found else len(data)
        self._tag += data[position:end]
        self._refuse_in_tag()
        if found is None:
            return end
        if found.group() == b">":
            self._end_tag(bytes(self._tag), end)
        elif found.group() == b"<":
            raise SchemaError(ErrorCode.XML_MALFORMED, place="tag")
        else:
            self._quote, self._state = found.group(), InlineScanner._in_quote
        return end

    def _in_quote(self, data: bytes, position: int) -> int:
        found = data.find(self._quote, position)
        end = found + 1 if found >= 0 else len(data)
        self._tag += data[position:end]
        self._refuse_in_tag()
        if found >= 0:
            self._state = InlineScanner._in_tag
        return end

    def _in_content(self, data: bytes, position: int) -> int:
        """Send everything up to the next tag through the base64 decoder."""
        end = data.find(b"<", position)
        if self._cut is not None:
            self._cut.feed(data[position : end if end >= 0 else len(data)])
        if end < 0:
            return len(data)
        self._end_content()
        return self._begin_tag(end)

    def _refuse_in_tag(self) -> None:
        """Refuse comments, CDATA and declarations, which no tag name begins like."""
        if self._tag[1:2] == b"!":
            raise SchemaError(ErrorCode.XML_FORBIDDEN_CONSTRUCT, place="xml")
        self._refuse_size(len(self._skeleton) + len(self._tag))

    def _end_tag(self, tag: bytes, end: int) -> None:
        self._refuse_size(len(self._skeleton) + len(tag))
        self._state = InlineScanner._in_text
        if tag.startswith(b"<?"):
            self._require_declaration()
        elif tag.startswith(b"</"):
            self._close_element()
        else:
            self._open_element(tag, self._base + end)
        self._skeleton += tag

    def _require_declaration(self) -> None:
        """A processing instruction is refused; the declaration looks like one."""
        if self._skeleton.removeprefix(_BOM):
            raise SchemaError(ErrorCode.XML_FORBIDDEN_CONSTRUCT, place="xml")

    def _close_element(self) -> None:
        if not self._open:
            raise SchemaError(ErrorCode.XML_MALFORMED, place="tag")
        self._open.pop()

    def _open_element(self, tag: bytes, after: int) -> None:
        name = _NAME.match(tag)
        if name is None:
            raise SchemaError(ErrorCode.XML_MALFORMED, place="tag")
        local = name.group(1).rpartition(b":")[2]
        if self._open[-1:] == [CONTENT]:
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=CONTENT.decode())
        if local == CONTENT:
            self._begin_content(after, empty=tag.endswith(b"/>"))
        if not tag.endswith(b"/>"):
            self._push(local)

    def _push(self, local: bytes) -> None:
        if len(self._open) == _DEEPEST:
            raise SchemaError(ErrorCode.XML_LIMIT_EXCEEDED, place="depth")
        self._open.append(local)

    def _begin_content(self, offset: int, *, empty: bool) -> None:
        """Content is cut out only where it belongs, outside the signed envelope."""
        if self._open[1:] != _PATH_OF_CONTENT:
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=CONTENT.decode())
        if len(self._found) == self._limits.attachments:
            raise SchemaError(ErrorCode.ATTACHMENT_COUNT_EXCEEDED)
        self._cut = _Cut(offset, self._limits)
        if empty:
            self._end_content()
        else:
            self._state = InlineScanner._in_content

    def _end_content(self) -> None:
        if self._cut is not None:
            self._found.append(self._cut.finish())
        self._cut = None

    def _keep(self, data: bytes) -> None:
        self._refuse_size(len(self._skeleton) + len(data))
        self._skeleton += data

    def _refuse_size(self, size: int) -> None:
        if size > self._limits.xml:
            raise SchemaError(ErrorCode.BODY_TOO_LARGE, place="xml")


_State = Callable[[InlineScanner, bytes, int], int]


class _Cut:
    """The text of one element on its way out."""

    def __init__(self, offset: int, limits: BodyLimits) -> None:
        self._offset = offset
        self._length = 0
        self._decoder = Base64Decoder()
        self._meter = AttachmentMeter(limits)

    def feed(self, text: bytes) -> None:
        self._length += len(text)
        self._meter.feed(self._decoder.feed(text))

    def finish(self) -> CutText:
        self._decoder.finish()
        return CutText(
            offset=self._offset, length=self._length, measured=self._meter.finish()
        )
