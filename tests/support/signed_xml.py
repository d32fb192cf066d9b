"""Signed envelopes and receipts, and trees of them to attack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pki.keys.api import Credential
from schemas.edxml.document import Attachment, ManifestEntry
from schemas.edxml.writer import write_document
from schemas.xml import Element, parse, serialize
from signing.xmldsig.sign import sign_envelope
from tests.support import edxml
from tests.support.pki import NOW

ENVELOPE_ATTACHMENTS = {
    "cong-van-214": b"%PDF-1.7 cong van",
    "phu luc 1@ubnd": b"phu luc",
}


@dataclass(frozen=True, slots=True)
class SignedEnvelope:
    """A signed edXML document with the contents of its attachments."""

    xml: bytes
    contents: Mapping[str, bytes]

    @property
    def root(self) -> Element:
        """A tree of its own each time."""
        return parse(self.xml)

    @property
    def carried(self) -> dict[str, bytes]:
        """The digests of what is carried."""
        return digests(self.contents)


def digests(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """SHA-256 of each content."""
    return {name: sha256(content).digest() for name, content in contents.items()}


def unsigned_envelope(
    content_ids: Sequence[str] = tuple(ENVELOPE_ATTACHMENTS),
) -> bytes:
    """An edXML document whose manifest names the attachments."""
    manifest = tuple(
        ManifestEntry(
            content_id=content_id,
            attachment_name=f"{content_id}.pdf",
            content_type="application/pdf",
        )
        for content_id in content_ids
    )
    return serialize(write_document(edxml.document(manifest=manifest)))


def signed_envelope(
    credential: Credential, contents: Mapping[str, bytes] | None = None
) -> SignedEnvelope:
    """An edXML document signed by `credential`."""
    contents = ENVELOPE_ATTACHMENTS if contents is None else contents
    xml = sign_envelope(
        unsigned_envelope(tuple(contents)),
        credential=credential,
        attachments=list(digests(contents).items()),
        at=NOW,
    )
    return SignedEnvelope(xml, contents)


def pdf_attachment(content_id: str, content: bytes) -> Attachment:
    """An attachment that says it is a PDF."""
    return Attachment(
        content_id=content_id,
        name=f"{content_id}.pdf",
        content_type="application/pdf",
        content=content,
    )
