"""Reads the raw body of an envelope once, in pieces, with constant memory.

The raw body is kept exactly as it came; attachments are views of it (offset, length,
decoding). `BodyScanner` finds them, with sizes and digests before and after a vendor's
zip wrapping, and returns the XML without inline contents.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from schemas.edxml.archive import DEFLATE_EXPANSION, OneEntryArchive
from schemas.edxml.base64_pieces import Base64Decoder
from schemas.edxml.body_forms import form_of
from schemas.edxml.content_type import parse_header_value
from schemas.edxml.document import ManifestEntry
from schemas.edxml.limits import DEFAULT, BodyLimits
from schemas.edxml.names import without_cid
from schemas.edxml.scanned import IDENTITY, ScannedAttachment, ScannedBody
from schemas.edxml.wrapping import Declared, content_type_of
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import MessageId

__all__ = [
    "DEFAULT",
    "AttachmentView",
    "BodyLimits",
    "BodyScanner",
    "ScannedAttachment",
    "ScannedBody",
    "decode_attachment",
    "default_message_id",
    "match_manifest",
]

_SLICE = 128 * 1024
_LONGEST_PLACE = 100


class AttachmentView(Protocol):
    """What `decode_attachment` must know of an attachment."""

    @property
    def decoding(self) -> str:
        """``identity`` or ``base64``."""

    @property
    def zipped(self) -> bool:
        """Whether a wrapping must be taken off."""

    @property
    def content_size(self) -> int:
        """Bytes of the content."""


class BodyScanner:
    """Scans one body; after a refusal it must not be fed again.

    Args:
        content_type: the body's Content-Type; it decides the form.

    Raises:
        SchemaError: another type than XML or multipart/related.
    """

    def __init__(self, content_type: str, limits: BodyLimits = DEFAULT) -> None:
        self._limits = limits
        self._hash = hashlib.sha256()
        self._size = 0
        self._form = form_of(parse_header_value(content_type), limits)

    def feed(self, data: bytes) -> None:
        """Take the next bytes, in pieces of any size.

        Raises:
            SchemaError: what was fed so far can no longer become an envelope.
        """
        allowed = data[: self._limits.total - self._size]
        for start in range(0, len(allowed), _SLICE):
            self._form.feed(allowed[start : start + _SLICE])
        self._hash.update(allowed)
        self._size += len(allowed)
        if len(allowed) < len(data):
            raise SchemaError(ErrorCode.BODY_TOO_LARGE, place="body")

    def finish(self) -> ScannedBody:
        """Return what was found.

        Raises:
            SchemaError: the body is incomplete, or an attachment is refused.
        """
        if not self._size:
            raise SchemaError(ErrorCode.BODY_EMPTY)
        document, attachments = self._form.finish()
        return ScannedBody(
            xml=document,
            attachments=attachments,
            sha256=self._hash.hexdigest(),
            size=self._size,
        )


def decode_attachment(
    view: AttachmentView, carried_raw: Iterable[bytes]
) -> Iterator[bytes]:
    """Yield the content of an attachment from its slice of the raw body.

    The caller compares the digest of what it hands on with the recorded one.

    Raises:
        SchemaError: the slice is not what was scanned.
    """
    carried = carried_raw if view.decoding == IDENTITY else _from_base64(carried_raw)
    return _unwrapped(carried, view.content_size) if view.zipped else iter(carried)


def default_message_id(body: ScannedBody) -> MessageId:
    """Return the id of an envelope whose sender gave none.

    The same XML with the same attachments in the same order has the same id.
    """
    whole = hashlib.sha256(hashlib.sha256(body.xml).digest())
    for attachment in body.attachments:
        whole.update(bytes.fromhex(attachment.carried_sha256))
    return MessageId(f"sha256-{whole.hexdigest()}")


def match_manifest(
    entries: Sequence[ManifestEntry], attachments: Sequence[ScannedAttachment]
) -> tuple[ScannedAttachment, ...]:
    """Return the attachments in manifest order, under the manifest's names.

    Raises:
        SchemaError: an entry without attachment (ATTACHMENT_MISSING), an attachment
            without entry (ATTACHMENT_NOT_IN_MANIFEST), or a content id used twice
            (ATTACHMENT_DUPLICATE).
    """
    wanted = [without_cid(one.content_id) for one in entries]
    present = [one.content_id for one in attachments]
    _refuse(ErrorCode.ATTACHMENT_DUPLICATE, _repeated(wanted) or _repeated(present))
    _refuse(ErrorCode.ATTACHMENT_MISSING, set(wanted) - set(present))
    _refuse(ErrorCode.ATTACHMENT_NOT_IN_MANIFEST, set(present) - set(wanted))
    by_id = {one.content_id: one for one in attachments}
    return tuple(
        _named(by_id[content_id], entry)
        for content_id, entry in zip(wanted, entries, strict=True)
    )


def _from_base64(text: Iterable[bytes]) -> Iterator[bytes]:
    decoder = Base64Decoder()
    for piece in text:
        yield decoder.feed(piece)
    decoder.finish()


def _unwrapped(carried: Iterable[bytes], size: int) -> Iterator[bytes]:
    archive = OneEntryArchive(largest=size, expansion=DEFLATE_EXPANSION)
    for piece in carried:
        yield from archive.feed(piece)
    archive.finish()


def _repeated(content_ids: Sequence[str]) -> set[str]:
    return {one for one, times in Counter(content_ids).items() if times > 1}


def _refuse(code: ErrorCode, content_ids: set[str]) -> None:
    """Refuse with `code`, naming the first of `content_ids`, if there is any."""
    if content_ids:
        raise SchemaError(code, place=min(content_ids)[:_LONGEST_PLACE])


def _named(attachment: ScannedAttachment, entry: ManifestEntry) -> ScannedAttachment:
    name = entry.attachment_name or attachment.name
    told = Declared(
        content_id=attachment.content_id,
        name=name,
        content_type=entry.content_type or attachment.content_type,
    )
    content_type = content_type_of(told, wrapped=attachment.zipped)
    return replace(attachment, name=name, content_type=content_type)
