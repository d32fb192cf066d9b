"""The scanner and the XML parser must see the same contents, or one could be fooled."""

import base64
import hashlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import xml
from schemas.edxml.body import match_manifest
from schemas.edxml.document import EdxmlDocument, ManifestEntry
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.multipart import encode
from schemas.edxml.reader import read
from schemas.edxml.writer import write_document
from schemas.errors import SchemaError
from tests.support.bodies import INLINE, attachment, encoded, inline_body, scan
from tests.support.edxml import document

BODY = inline_body(
    encoded("QUJD", name="a.pdf", content_id="1"),
    encoded("REVGRw==", name="b.pdf", content_id="2").replace(
        "<Attachment>", """<Attachment a=">" b='"'>"""
    ),
)
FRAGMENTS = st.sampled_from(
    [
        *("<", ">", "'", '"', "/", "/>", "</", "<a>", "</a>", "<a/>", " ", "\n", "="),
        *("<a b='>'/>", '<a b="<"/>', "&amp;", "&lt;", "<?x?>", "<!--x-->", "QUJD"),
        *("<ContentTransferEncoded>", "</ContentTransferEncoded>", "\u00a0", "\t"),
        *("<x:ContentTransferEncoded/>", "ContentTransferEncoded", "<Attachment>"),
        *("</Attachment>", "xmlns:x='u'", "xmlns=''", "]]>", "\x85", "\u2028"),
        *("&#13;", "&#xD;", "&#1", "3;", "&"),
    ]
)
EDITS = st.lists(
    st.tuples(st.integers(0, len(BODY)), st.integers(0, 12), FRAGMENTS),
    min_size=1,
    max_size=4,
)


def edited(edits: list[tuple[int, int, str]]) -> bytes:
    text = BODY
    for at, length, fragment in edits:
        text = text[:at] + fragment.encode() + text[at + length :]
    return text


@given(edits=EDITS)
@settings(max_examples=400)
@example(edits=[(0, 0, "<ContentTransferEncoded>")])
def test_whatever_the_scanner_takes_the_parser_reads_alike(
    edits: list[tuple[int, int, str]],
) -> None:
    body = edited(edits)
    found = found_by_scanner(body)
    if found:
        assert found_by_parser(body) == found


def found_by_scanner(body: bytes) -> list[str]:
    try:
        return [one.carried_sha256 for one in scan(INLINE, body).attachments]
    except SchemaError:
        return []


def found_by_parser(body: bytes) -> list[str]:
    """Parse the whole body, contents included, and look them up by path."""
    root = xml.parse(body)
    return [
        hashlib.sha256(base64.b64decode(element.text or "")).hexdigest()
        for element in root.iter()
        if xml.local_name(element) == "ContentTransferEncoded"
    ]


def test_written_documents_come_back_whole_in_every_form() -> None:
    sent = (attachment("a1"), attachment("a2", name="Phụ lục.xlsx", content=b"PK old"))
    manifest = tuple(
        ManifestEntry(
            content_id=one.content_id,
            attachment_name=one.name,
            content_type=one.content_type,
        )
        for one in sent
    )
    message = xml.serialize(write_document(document(manifest=manifest)))
    for content_type, body in (
        encode(message, sent),
        (INLINE, with_inline_attachments(message, sent, zipped=True)),
        (INLINE, with_inline_attachments(message, sent, zipped=False)),
    ):
        scanned = scan(content_type, body)
        received = read(xml.parse(scanned.xml))
        assert isinstance(received, EdxmlDocument)
        matched = match_manifest(received.manifest, scanned.attachments)
        assert [(one.name, one.content_type) for one in matched] == [
            (one.name, one.content_type) for one in sent
        ]
        assert [one.content_sha256 for one in matched] == [
            hashlib.sha256(one.content).hexdigest() for one in sent
        ]
