import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import xml
from schemas.edxml.body import (
    BodyLimits,
    BodyScanner,
    ScannedBody,
    decode_attachment,
    default_message_id,
)
from schemas.edxml.inline import carried, with_inline_attachments
from schemas.edxml.multipart import encode
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import parse_message_id
from tests.support.bodies import (
    INLINE,
    PDF,
    attachment,
    encoded,
    envelope,
    inline_body,
    pieces,
    scan,
)

DOCX = attachment(
    "cid-2",
    name="Phụ lục.docx",
    content_type="application/octet-stream",
    content=b"not an archive",
)
BOTH = (attachment(), DOCX)
ENVELOPE = envelope(*BOTH)

FORMS = {
    "multipart": encode(ENVELOPE, BOTH),
    "inline": (INLINE, with_inline_attachments(ENVELOPE, BOTH, zipped=False)),
    "inline zipped": (INLINE, with_inline_attachments(ENVELOPE, BOTH, zipped=True)),
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def contents(body: bytes, scanned: ScannedBody) -> Iterator[bytes]:
    for one in scanned.attachments:
        raw = body[one.offset : one.offset + one.length]
        yield b"".join(decode_attachment(one, pieces(raw, range(0, len(raw), 7))))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_yields_the_same_attachments(form: str) -> None:
    content_type, body = FORMS[form]
    scanned = scan(content_type, body)
    assert [(one.content_id, one.name) for one in scanned.attachments] == [
        ("cid-1", "Quyết định 12.pdf"),
        ("cid-2", "Phụ lục.docx"),
    ]
    assert list(contents(body, scanned)) == [one.content for one in BOTH]
    for found, sent in zip(scanned.attachments, BOTH, strict=True):
        assert found.content_sha256 == sha256(sent.content)
        assert found.content_size == len(sent.content)


@pytest.mark.parametrize("form", FORMS)
def test_whole_body_is_measured_as_it_came(form: str) -> None:
    content_type, body = FORMS[form]
    scanned = scan(content_type, body)
    assert (scanned.size, scanned.sha256) == (len(body), sha256(body))


@pytest.mark.parametrize("zipped", [True, False])
def test_carried_digest_is_of_the_bytes_before_unzip(zipped: bool) -> None:
    _, body = FORMS["inline zipped" if zipped else "inline"]
    for found, sent in zip(scan(INLINE, body).attachments, BOTH, strict=True):
        before = carried(sent, zipped=zipped)
        assert (found.carried_size, found.carried_sha256) == (
            len(before),
            sha256(before),
        )
        assert found.zipped is zipped


def test_xml_keeps_every_byte_but_the_inline_contents() -> None:
    _, body = FORMS["inline"]
    skeleton = scan(INLINE, body).xml
    whole = skeleton
    for sent in BOTH:
        empty = b"<ContentTransferEncoded></ContentTransferEncoded>"
        text = base64.b64encode(sent.content)
        whole = whole.replace(empty, empty.replace(b"><", b">" + text + b"<"), 1)
    assert whole == body


def test_multipart_xml_is_the_first_part_itself() -> None:
    assert scan(*FORMS["multipart"]).xml == ENVELOPE


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@settings(max_examples=60)
def test_any_chunking_gives_the_same_result(form: str, data: st.DataObject) -> None:
    content_type, body = FORMS[form]
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
    assert scan(content_type, pieces(body, cuts)) == scan(content_type, body)


@pytest.mark.parametrize("form", FORMS)
def test_one_byte_at_a_time_gives_the_same_result(form: str) -> None:
    content_type, body = FORMS[form]
    bytewise = pieces(body, range(1, len(body)))
    assert scan(content_type, bytewise) == scan(content_type, body)


def test_line_breaks_inside_base64_are_tolerated() -> None:
    wrapped = base64.encodebytes(PDF).decode().replace("\n", "\r\n")
    body = inline_body(encoded(f"\n  {wrapped}\t", content_type="application/pdf"))
    found = scan(INLINE, body).attachments[0]
    assert found.content_sha256 == sha256(PDF)
    assert body[found.offset : found.offset + found.length].strip().startswith(b"JVBER")


@pytest.mark.parametrize(
    "line_end", ["&#13;\n", "&#xD;\n", "&#13;&#10;", "&#x9;&#x20;"]
)
def test_line_breaks_that_a_library_wrote_as_references_are_tolerated(
    line_end: str,
) -> None:
    wrapped = base64.encodebytes(PDF).decode().replace("\n", line_end)
    body = inline_body(encoded(wrapped, content_type="application/pdf"))
    whole, bytewise = scan(INLINE, body), scan(INLINE, pieces(body, range(len(body))))
    assert whole == bytewise
    (found,) = whole.attachments
    assert found.content_sha256 == sha256(PDF)
    carried = body[found.offset : found.offset + found.length]
    assert b"".join(decode_attachment(found, [carried])) == PDF


@pytest.mark.parametrize(
    "text",
    ["QUJD&#13", "QUJD&", "QU&#13;JD&#x", "QUJD&#74;", "&#1&#13;3;QUJD", "QUJD&#013;"],
)
def test_anything_else_after_an_ampersand_is_no_base64(text: str) -> None:
    body = inline_body(encoded(text))
    for fed in ([body], pieces(body, range(1, len(body)))):
        with pytest.raises(SchemaError) as refused:
            scan(INLINE, fed)
        assert refused.value.code is ErrorCode.ATTACHMENT_ENCODING_INVALID


def test_empty_contents_are_attachments_too() -> None:
    closed = encoded("").replace(
        "<ContentTransferEncoded></ContentTransferEncoded>", "<ContentTransferEncoded/>"
    )
    for body in (inline_body(encoded("")), inline_body(closed)):
        found = scan(INLINE, body).attachments[0]
        assert (found.content_size, found.content_sha256) == (0, sha256(b""))


def test_prefixed_and_unprefixed_attachments_are_found() -> None:
    body = inline_body(encoded(PDF)).replace(
        b"<ContentTransferEncoded>", b'<x:ContentTransferEncoded xmlns:x="here">'
    )
    prefixed = body.replace(
        b"</ContentTransferEncoded>", b"</x:ContentTransferEncoded>"
    ).replace(b"here", xml.QCVN.encode())
    assert scan(INLINE, prefixed).attachments[0].content_sha256 == sha256(PDF)


def test_quoted_angle_brackets_do_not_end_a_tag() -> None:
    body = inline_body(encoded(PDF)).replace(
        b"<Attachment>", b"""<Attachment a="1 > 0" b='"/>'>"""
    )
    assert scan(INLINE, body).attachments[0].content_sha256 == sha256(PDF)


INLINE_REFUSALS = [
    pytest.param(b"", ErrorCode.BODY_EMPTY, id="empty"),
    pytest.param(b"<a><!-- x --></a>", ErrorCode.XML_FORBIDDEN_CONSTRUCT, id="comment"),
    pytest.param(
        b"<!DOCTYPE a><a/>", ErrorCode.XML_FORBIDDEN_CONSTRUCT, id="document type"
    ),
    pytest.param(
        b"<a><?x y?></a>", ErrorCode.XML_FORBIDDEN_CONSTRUCT, id="instruction"
    ),
    pytest.param(b"<a><b", ErrorCode.XML_MALFORMED, id="cut in a tag"),
    pytest.param(b"<a b='", ErrorCode.XML_MALFORMED, id="cut in a value"),
    pytest.param(b"<a><b></b>", ErrorCode.XML_MALFORMED, id="root not closed"),
    pytest.param(b"</a>", ErrorCode.XML_MALFORMED, id="closed before opened"),
    pytest.param(b"<a <b></a>", ErrorCode.XML_MALFORMED, id="tag in a tag"),
    pytest.param(b"< a></a>", ErrorCode.XML_MALFORMED, id="tag without a name"),
    pytest.param(
        b"<ContentTransferEncoded1/>".join([b"<a>" * 65, b"</a>" * 65]),
        ErrorCode.XML_LIMIT_EXCEEDED,
        id="too deep",
    ),
    pytest.param(
        b"<a>" * 65 + b"</a>" * 65,
        ErrorCode.XML_LIMIT_EXCEEDED,
        id="too deep with nothing to cut out",
    ),
    pytest.param(
        inline_body(encoded("QUJ")),
        ErrorCode.ATTACHMENT_ENCODING_INVALID,
        id="padding missing",
    ),
    pytest.param(
        inline_body(encoded("QQ==QQ==")),
        ErrorCode.ATTACHMENT_ENCODING_INVALID,
        id="data after padding",
    ),
    pytest.param(
        inline_body(encoded("QQ==\n\nQQ==")),
        ErrorCode.ATTACHMENT_ENCODING_INVALID,
        id="data after padding on another line",
    ),
    pytest.param(
        inline_body(encoded("QU&#74;D")),
        ErrorCode.ATTACHMENT_ENCODING_INVALID,
        id="character reference",
    ),
    pytest.param(
        inline_body(encoded("QUJD<![CDATA[QUJD]]>")),
        ErrorCode.XML_FORBIDDEN_CONSTRUCT,
        id="CDATA in content",
    ),
    pytest.param(
        inline_body(encoded("QUJD<b/>QUJD")),
        ErrorCode.SCHEMA_VIOLATION,
        id="element in content",
    ),
    pytest.param(
        b"<e><edXMLEnvelope><ContentTransferEncoded>QUJD</ContentTransferEncoded>"
        b"</edXMLEnvelope></e>",
        ErrorCode.SCHEMA_VIOLATION,
        id="content inside the envelope",
    ),
    pytest.param(
        inline_body(encoded("QUJD").replace("<Content", "<y/><Content", 1)).replace(
            b"</Attachment>",
            b"<ContentTransferEncoded>QUJD</ContentTransferEncoded></Attachment>",
        ),
        ErrorCode.SCHEMA_VIOLATION,
        id="two contents in one attachment",
    ),
    pytest.param(
        inline_body(encoded("QUJD")).replace(b"Attachment>", b"Other>"),
        ErrorCode.SCHEMA_VIOLATION,
        id="other elements around the content",
    ),
    pytest.param(
        inline_body(
            encoded("QUJD"), "<Attachment><ContentId>2</ContentId></Attachment>"
        ),
        ErrorCode.SCHEMA_VIOLATION,
        id="attachment without content",
    ),
]


@pytest.mark.parametrize(("body", "code"), INLINE_REFUSALS)
def test_malformed_inline_body_is_refused_in_any_chunking(
    body: bytes, code: ErrorCode
) -> None:
    for fed in ([body], pieces(body, range(1, len(body)))):
        with pytest.raises(SchemaError) as refused:
            # What has nothing to cut out is left to the parser as it is.
            xml.parse(scan(INLINE, fed).xml)
        assert refused.value.code is code


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_body_with_nothing_to_cut_out_comes_through_unread(size: int) -> None:
    body = b"<e><ContentTransferEncode></ContentTransferEncode><!-- \xff </e"
    scanned = scan(INLINE, pieces(body, range(size, len(body), size)))
    assert (scanned.xml, scanned.attachments) == (body, ())
    with pytest.raises(SchemaError):
        xml.parse(scanned.xml)


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        ("application/json", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        ("application/xml; charset", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        ("application/xml; a=1; a=2", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        ("application/xml; charset=utf-16", ErrorCode.ENCODING_NOT_UTF8),
        ("multipart/related", ErrorCode.MULTIPART_MALFORMED),
        (f"multipart/related; boundary={'b' * 71}", ErrorCode.MULTIPART_MALFORMED),
        ('multipart/related; boundary="đ"', ErrorCode.MULTIPART_MALFORMED),
        ("multipart/mixed; boundary=b", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
    ],
)
def test_other_content_types_are_refused(content_type: str, code: ErrorCode) -> None:
    with pytest.raises(SchemaError) as refused:
        BodyScanner(content_type)
    assert refused.value.code is code


@pytest.mark.parametrize(
    "content_type", ["text/xml", 'Application/XML; charset="UTF-8"', "application/xml;"]
)
def test_usual_spellings_of_the_xml_type_are_taken(content_type: str) -> None:
    assert scan(content_type, b"<a/>").xml == b"<a/>"


SMALL = BodyLimits(xml=1_000, attachment=3_000, attachments=2, total=20_000)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<a>" + b"x" * 2_000 + b"</a>", ErrorCode.BODY_TOO_LARGE),
        (b"<a b='" + b"x" * 2_000 + b"'/>", ErrorCode.BODY_TOO_LARGE),
        (b"<" + b"x" * 2_000 + b"/>", ErrorCode.BODY_TOO_LARGE),
        (inline_body(encoded(bytes(3_001))), ErrorCode.ATTACHMENT_TOO_LARGE),
        (inline_body(*[encoded("")] * 3), ErrorCode.ATTACHMENT_COUNT_EXCEEDED),
        (inline_body(encoded("QUJD" + " " * 20_000)), ErrorCode.BODY_TOO_LARGE),
    ],
)
def test_each_ceiling_is_held_in_any_chunking(body: bytes, code: ErrorCode) -> None:
    for fed in ([body], pieces(body, range(1, len(body), 3))):
        with pytest.raises(SchemaError) as refused:
            scan(INLINE, fed, SMALL)
        assert refused.value.code is code


def test_body_exactly_at_its_ceilings_is_taken() -> None:
    body = inline_body(encoded(bytes(3_000)))
    limits = replace(
        SMALL, total=len(body), xml=len(body) - len(base64.b64encode(bytes(3_000)))
    )
    assert scan(INLINE, body, limits).attachments[0].content_size == 3_000


def test_default_message_id_depends_on_xml_and_ordered_attachments() -> None:
    one, two = attachment("1"), attachment("2", content=b"other")
    bodies = [
        scan(*encode(b"<a/>", (one, two))),
        scan(*encode(b"<b/>", (one, two))),
        scan(*encode(b"<a/>", (two, one))),
        scan(*encode(b"<a/>", (one,))),
    ]
    ids = [default_message_id(body) for body in bodies]
    assert len(set(ids)) == 4
    assert ids[0] == default_message_id(scan(*encode(b"<a/>", (one, two))))
    assert all(parse_message_id(one) == one for one in ids)


def test_decoding_a_damaged_slice_is_refused() -> None:
    _, body = FORMS["inline zipped"]
    found = scan(INLINE, body).attachments[0]
    raw = body[found.offset : found.offset + found.length]
    for damaged in (raw[:-4], raw[:400] + b"A" * 8 + raw[408:], raw[:-1] + b"*"):
        with pytest.raises(SchemaError):
            b"".join(decode_attachment(found, [damaged]))


@given(data=st.data())
@settings(max_examples=150)
def test_damaged_bodies_are_taken_or_refused_but_never_crash(
    data: st.DataObject,
) -> None:
    content_type, body = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]
    at = data.draw(st.integers(0, len(body)))
    length = data.draw(st.integers(0, 20))
    damaged = body[:at] + data.draw(st.binary(max_size=20)) + body[at + length :]
    cuts = data.draw(st.lists(st.integers(0, len(damaged)), max_size=4))
    assert outcome(content_type, [damaged]) == outcome(
        content_type, pieces(damaged, cuts)
    )


@given(body=st.binary(max_size=200), form=st.sampled_from(sorted(FORMS)))
def test_arbitrary_bytes_are_taken_or_refused_but_never_crash(
    body: bytes, form: str
) -> None:
    outcome(FORMS[form][0], [body])


@given(text=st.text(max_size=80))
def test_arbitrary_content_types_are_taken_or_refused(text: str) -> None:
    for content_type in (text, f"multipart/related{text}", f"application/xml;{text}"):
        outcome(content_type, [b"--"])


def outcome(content_type: str, fed: list[bytes]) -> ScannedBody | ErrorCode:
    try:
        return scan(content_type, fed)
    except SchemaError as refusal:
        return refusal.code
