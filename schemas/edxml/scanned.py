"""What scanning a body yields, and how an attachment's declaration is weighed."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.edxml.measuring import Measured
from schemas.edxml.wrapping import (
    Declared,
    content_type_of,
    is_wrapping,
    refuse_other_archive,
)

IDENTITY = "identity"
BASE64 = "base64"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedAttachment:
    """One attachment as the body carries it.

    Args:
        content_id: without the ``cid:`` that some write and some do not.
        name: from the manifest, where the XML had to be read to know it.
        content_type: of the content, not of a wrapping.
        offset: first byte of the carried form in the raw body.
        length: bytes of the carried form in the raw body.
        decoding: ``identity`` (a multipart part) or ``base64`` (inline).
        zipped: the decoded bytes are a vendor's wrapping around the content.
        carried_size: bytes after base64, before unzip.
        carried_sha256: lower hex digest of those bytes; what the sender signs.
        content_size: bytes of the content itself.
        content_sha256: lower hex digest of the content itself.
    """

    content_id: str
    name: str
    content_type: str
    offset: int
    length: int
    decoding: str
    zipped: bool
    carried_size: int
    carried_sha256: str
    content_size: int
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedBody:
    """A whole body.

    Args:
        xml: the XML, inline contents taken out; the envelope's bytes are untouched.
        attachments: in the order of the body.
        sha256: lower hex digest of the raw body.
        size: bytes of the raw body.
    """

    xml: bytes
    attachments: tuple[ScannedAttachment, ...]
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One attachment as the form of the body shows it."""

    declared: Declared
    offset: int
    length: int
    decoding: str
    measured: Measured


def resolve(found: Found, manifest: Mapping[str, Declared]) -> ScannedAttachment:
    """Decide what the content of `found` is.

    The signed manifest knows the name better; the type beside the attachment tells
    more of a wrapping.

    Raises:
        SchemaError: an archive that is refused (ARCHIVE_REFUSED).
    """
    own = found.declared
    entry = manifest.get(own.content_id, own)
    name = entry.name or own.name
    carried_type = own.content_type or entry.content_type
    content_type = entry.content_type or own.content_type
    measured = found.measured
    carried = Declared(content_id=own.content_id, name=name, content_type=carried_type)
    unpacked = measured.unpacked
    if measured.ends_as_archive:
        refuse_other_archive(carried)
    inner = unpacked if unpacked and is_wrapping(unpacked, carried) else None
    content = Declared(content_id=own.content_id, name=name, content_type=content_type)
    return ScannedAttachment(
        content_id=own.content_id,
        name=name,
        content_type=content_type_of(content, wrapped=inner is not None),
        offset=found.offset,
        length=found.length,
        decoding=found.decoding,
        zipped=inner is not None,
        carried_size=measured.size,
        carried_sha256=measured.sha256,
        content_size=inner.size if inner else measured.size,
        content_sha256=inner.sha256 if inner else measured.sha256,
    )
