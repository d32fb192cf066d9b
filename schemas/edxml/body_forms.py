"""The two forms of a body: XML with inline base64, and multipart/related."""

import re
from collections.abc import Mapping
from typing import Protocol

from schemas import xml
from schemas.edxml.content_type import MULTIPART, HeaderValue, require_xml
from schemas.edxml.declared import declared_in_manifest, declared_inline
from schemas.edxml.inline_scan import CutText, InlineScanner
from schemas.edxml.limits import BodyLimits
from schemas.edxml.multipart_scan import MultipartScanner, Part
from schemas.edxml.scanned import (
    BASE64,
    IDENTITY,
    Found,
    ScannedAttachment,
    resolve,
)
from schemas.edxml.wrapping import Declared
from schemas.errors import ErrorCode, SchemaError

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_EXTENDED = re.compile(r"(?:boundary|start)\*")


class Form(Protocol):
    """Scans one body of one form."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> tuple[bytes, tuple[ScannedAttachment, ...]]:
        """Return the XML and the attachments."""


def form_of(content_type: HeaderValue, limits: BodyLimits) -> Form:
    """Return the scanner for a Content-Type.

    Raises:
        SchemaError: another type, charset or boundary than what is read.
    """
    if content_type.value != MULTIPART:
        require_xml(content_type)
        return InlineForm(limits)
    return MultipartForm(content_type.parameters, limits)


class InlineForm:
    """XML with inline base64."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._scanner = InlineScanner(limits)

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            SchemaError: what was fed can no longer become an envelope.
        """
        self._scanner.feed(data)

    def finish(self) -> tuple[bytes, tuple[ScannedAttachment, ...]]:
        """Return the XML and the attachments; names stand in the XML.

        Raises:
            SchemaError: incomplete, or an attachment is refused.
        """
        document, cuts = self._scanner.finish()
        if not cuts:
            return document, ()
        root = _parse(document, self._limits)
        beside = declared_inline(root)
        if len(beside) != len(cuts):
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="AttachmentEncoded")
        manifest = declared_in_manifest(root)
        return document, tuple(
            resolve(_found_inline(one, cut), manifest)
            for one, cut in zip(beside, cuts, strict=True)
        )


class MultipartForm:
    """multipart/related (RFC 2387): the XML part first, one part per attachment."""

    def __init__(self, parameters: Mapping[str, str], limits: BodyLimits) -> None:
        boundary = parameters.get("boundary", "")
        # RFC 2231 parameters go before plain ones for some readers, after for others.
        is_told_twice = any(map(_EXTENDED.match, parameters))
        if is_told_twice or not _BOUNDARY.fullmatch(boundary):
            raise SchemaError(ErrorCode.MULTIPART_MALFORMED, place="boundary")
        self._limits = limits
        self._scanner = MultipartScanner(
            boundary, limits, start=parameters.get("start", "")
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            SchemaError: what was fed can no longer become an envelope.
        """
        self._scanner.feed(data)

    def finish(self) -> tuple[bytes, tuple[ScannedAttachment, ...]]:
        """Return the XML and the attachments.

        The XML is read only where a name decides what an archive is; a small
        envelope is not parsed twice.

        Raises:
            SchemaError: incomplete, or an attachment is refused.
        """
        document, parts = self._scanner.finish()
        manifest = {}
        if any(one.measured.is_archive for one in parts):
            manifest = dict(declared_in_manifest(_parse(document, self._limits)))
        return document, tuple(resolve(_found_part(one), manifest) for one in parts)


def _parse(document: bytes, limits: BodyLimits) -> xml.Element:
    return xml.parse(document, limits=xml.XmlLimits(size=limits.xml))


def _found_inline(declared: Declared, cut: CutText) -> Found:
    return Found(
        declared=declared,
        offset=cut.offset,
        length=cut.length,
        decoding=BASE64,
        measured=cut.measured,
    )


def _found_part(part: Part) -> Found:
    return Found(
        declared=part.declared,
        offset=part.offset,
        length=part.length,
        decoding=IDENTITY,
        measured=part.measured,
    )
