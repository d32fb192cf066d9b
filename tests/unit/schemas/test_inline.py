import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import xml
from schemas.edxml.body import match_manifest
from schemas.edxml.document import ManifestEntry
from schemas.edxml.inline import carried, with_inline_attachments
from schemas.errors import ErrorCode, SchemaError
from tests.support.bodies import INLINE, PDF, attachment, encoded, envelope, scan
from tests.support.bodies import inline_body as small_body

SENT = attachment(name="Tờ trình <1> & \r2.pdf")
XML = envelope(attachment())


@pytest.mark.parametrize("zipped", [True, False])
def test_envelope_bytes_stay_untouched(zipped: bool) -> None:
    body = with_inline_attachments(XML, (SENT,), zipped=zipped)
    end = XML.index(b"</edXML:edXML>")
    assert body.startswith(XML[:end])
    assert body.endswith(XML[end:])
    assert body[end:].startswith(b"<AttachmentEncoded ")


def test_spliced_xml_is_well_formed_and_keeps_names() -> None:
    body = with_inline_attachments(XML, (SENT,), zipped=False)
    root = xml.parse(body)
    name = root.findtext(f".//{{{xml.QCVN}}}Attachment/{{{xml.QCVN}}}AttachmentName")
    assert name == SENT.name


def test_no_attachment_leaves_the_message_alone() -> None:
    assert with_inline_attachments(XML, (), zipped=True) == XML


def test_wrapping_is_a_zip_with_one_entry_of_the_same_extension() -> None:
    with zipfile.ZipFile(BytesIO(carried(SENT, zipped=True))) as read:
        (entry,) = read.namelist()
        assert entry.endswith(".pdf")
        assert SENT.name not in entry
        assert read.read(entry) == PDF


def test_wrapping_has_the_same_bytes_every_time() -> None:
    assert carried(SENT, zipped=True) == carried(SENT, zipped=True)
    assert carried(SENT, zipped=False) == PDF


@pytest.mark.parametrize("name", ["", "a", "a.", "a.tệp", "a.b/../c", ".pdf", "a.docx"])
def test_odd_names_never_become_paths_in_the_wrapping(name: str) -> None:
    with zipfile.ZipFile(BytesIO(carried(attachment(name=name), zipped=True))) as read:
        (entry,) = read.namelist()
    assert "/" not in entry
    assert ".." not in entry


@pytest.mark.parametrize(
    "message", [b"<a/>", with_inline_attachments(XML, (SENT,), zipped=True)]
)
def test_message_that_cannot_take_attachments_is_refused(message: bytes) -> None:
    with pytest.raises(SchemaError) as refused:
        with_inline_attachments(message, (SENT,))
    assert refused.value.code is ErrorCode.SCHEMA_VIOLATION


def test_name_that_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(SchemaError) as refused:
        with_inline_attachments(XML, (attachment(name="a\x01"),))
    assert refused.value.code is ErrorCode.VALUE_MALFORMED


@given(content=st.binary(max_size=500), zipped=st.booleans())
def test_any_pdf_content_survives_both_ways(content: bytes, zipped: bool) -> None:
    sent = attachment(content=b"%" + content)
    found = scan(INLINE, with_inline_attachments(XML, (sent,), zipped=zipped))
    assert found.attachments[0].content_size == len(sent.content)
    assert found.attachments[0].zipped is zipped


def entry(content_id: str, name: str = "", content_type: str = "") -> ManifestEntry:
    return ManifestEntry(
        content_id=content_id, attachment_name=name, content_type=content_type
    )


def scanned(*content_ids: str) -> list[str]:
    return [encoded(one.encode(), name="", content_id=one) for one in content_ids]


def test_attachments_are_put_in_manifest_order_under_its_names() -> None:
    found = scan(INLINE, small_body(*scanned("a", "b"))).attachments
    matched = match_manifest(
        [entry("cid:b", "Hai.pdf", "application/pdf"), entry("a")], found
    )
    assert [one.content_id for one in matched] == ["b", "a"]
    assert (matched[0].name, matched[0].content_type) == ("Hai.pdf", "application/pdf")


def test_manifest_type_of_a_wrapping_does_not_become_the_content_type() -> None:
    body = with_inline_attachments(XML, (attachment(),), zipped=True)
    matched = match_manifest(
        [entry("cid-1", "a.pdf", "application/zip")], scan(INLINE, body).attachments
    )
    assert matched[0].content_type == "application/pdf"


@pytest.mark.parametrize(
    ("manifest", "present", "code", "place"),
    [
        (["a", "b"], ["a"], ErrorCode.ATTACHMENT_MISSING, "b"),
        (["a"], ["a", "b"], ErrorCode.ATTACHMENT_NOT_IN_MANIFEST, "b"),
        (["a", "cid:a"], ["a"], ErrorCode.ATTACHMENT_DUPLICATE, "a"),
        (["a"], ["a", "a"], ErrorCode.ATTACHMENT_DUPLICATE, "a"),
        ([], [""], ErrorCode.ATTACHMENT_NOT_IN_MANIFEST, ""),
        (["x" * 200], [], ErrorCode.ATTACHMENT_MISSING, "x" * 100),
    ],
)
def test_manifest_and_attachments_must_agree(
    manifest: list[str], present: list[str], code: ErrorCode, place: str
) -> None:
    found = scan(INLINE, small_body(*scanned(*present))).attachments
    with pytest.raises(SchemaError) as refused:
        match_manifest([entry(one) for one in manifest], found)
    assert (refused.value.code, refused.value.place) == (code, place)
