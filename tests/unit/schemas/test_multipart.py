import hashlib
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiohttp import MultipartReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from hypothesis import given
from hypothesis import strategies as st

from schemas.edxml.body import BodyLimits
from schemas.edxml.inline import carried
from schemas.edxml.multipart import encode
from schemas.errors import ErrorCode, SchemaError
from tests.support.bodies import PDF, attachment, envelope, pieces, scan

TYPE = "multipart/related; boundary=B"
TWO = (attachment("one"), attachment("two", name='a "b"; c.bin', content=b"\r\n--"))


def parsed(content_type: str, body: bytes) -> list[Message]:
    header = f"Content-Type: {content_type}\r\n\r\n".encode()
    payload = message_from_bytes(header + body).get_payload()
    return [one for one in payload if isinstance(one, Message)]


def test_email_package_reads_what_we_write() -> None:
    parts = parsed(*encode(b"<a/>", TWO))
    assert [one.get_content_type() for one in parts] == [
        "application/xml",
        "application/pdf",
        "application/pdf",
    ]
    assert [one["Content-ID"] for one in parts[1:]] == ["<one>", "<two>"]
    assert [one.get_filename() for one in parts[1:]] == [one.name for one in TWO]
    assert parts[0].get_payload(decode=True) == b"<a/>"


async def test_aiohttp_reads_what_we_write_byte_for_byte() -> None:
    content_type, body = encode(b"<a/>", TWO)
    stream = StreamReader(BaseProtocol(loop=None), 2**16)  # type: ignore[arg-type]  # the stream is fed whole and never pauses a transport
    stream.feed_data(body)
    stream.feed_eof()
    reader = MultipartReader({"Content-Type": content_type}, stream)
    contents = [bytes(await part.read()) async for part in reader]  # type: ignore[union-attr]  # no part is itself multipart
    assert contents == [b"<a/>", *(one.content for one in TWO)]


def test_offsets_lead_to_the_parts_in_the_raw_body() -> None:
    content_type, body = encode(b"<a/>", TWO)
    found = scan(content_type, body).attachments
    assert [body[one.offset : one.offset + one.length] for one in found] == [
        one.content for one in TWO
    ]
    assert {one.decoding for one in found} == {"identity"}


def test_same_content_always_has_the_same_bytes() -> None:
    assert encode(b"<a/>", TWO) == encode(b"<a/>", TWO)


def test_boundary_never_occurs_in_the_content() -> None:
    content_type, _ = encode(b"<a/>", (attachment(),))
    boundary = content_type.partition('boundary="')[2].rstrip('"').encode()
    hostile = attachment(content=b"\r\n--" + boundary + b"--\r\n")
    again, body = encode(b"<a/>", (hostile,))
    assert scan(again, body).attachments[0].content_size == len(hostile.content)


def test_boundary_foreseen_by_an_attacker_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = hashlib.sha256

    class Weak:
        """A digest whose first value stands in the content."""

        def __init__(self, data: bytes = b"") -> None:
            self.value = real(data)
            self.again = False

        def update(self, data: bytes) -> None:
            self.again = data == b"again"

        def digest(self) -> bytes:
            return self.value.digest()

        def hexdigest(self) -> str:
            return ("1" if self.again else "0") * 64

    monkeypatch.setattr("schemas.edxml.multipart.hashlib.sha256", Weak)
    content = b"lienthong-" + b"0" * 40
    content_type, _ = encode(b"<a/>", (attachment(content=content),))
    assert "lienthong-" + "1" * 40 in content_type


@pytest.mark.parametrize("content_id", ["", "a b", "a>", "a\r\nX: y", "đ", "a" * 256])
def test_content_id_that_no_header_carries_is_refused(content_id: str) -> None:
    with pytest.raises(SchemaError) as refused:
        encode(b"<a/>", (attachment(content_id),))
    assert refused.value.code is ErrorCode.VALUE_MALFORMED


@pytest.mark.parametrize("content_type", ["", "a/b\r\nX: y", "loại/khác", "a/b; c"])
def test_content_type_that_no_header_carries_is_refused(content_type: str) -> None:
    with pytest.raises(SchemaError):
        encode(b"<a/>", (attachment(content_type=content_type),))


def test_content_id_used_twice_is_refused_when_writing() -> None:
    with pytest.raises(SchemaError) as refused:
        encode(b"<a/>", (attachment("one"), attachment("one")))
    assert refused.value.code is ErrorCode.ATTACHMENT_DUPLICATE


@given(name=st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_file_name_survives(name: str) -> None:
    content_type, body = encode(b"<a/>", (attachment(name=name),))
    assert scan(content_type, body).attachments[0].name == name


XML = b"--B\r\nContent-Type: application/xml\r\n\r\n<a/>"
PART = b"\r\n--B\r\nContent-ID: <c1>\r\nContent-Type: application/pdf\r\n\r\n%PDF"
END = b"\r\n--B--"


def test_smallest_forms_are_taken() -> None:
    for body in (XML + END, XML + PART + END, XML + PART + END + b"\r\n"):
        assert scan(TYPE, body).xml == b"<a/>"


def test_name_of_the_inline_element_may_occur_as_text() -> None:
    xml = XML.replace(b"<a/>", b"<a>ContentTransferEncoded</a>")
    assert scan(TYPE, xml + END).xml == b"<a>ContentTransferEncoded</a>"


def test_plain_file_name_parameter_is_read() -> None:
    named = PART.replace(
        b"\r\n\r\n",
        b'\r\nContent-Disposition: attachment; filename="a\\"b.pdf"\r\n\r\n',
    )
    assert scan(TYPE, XML + named + END).attachments[0].name == 'a"b.pdf'


def test_content_id_is_read_with_and_without_its_prefix() -> None:
    prefixed = PART.replace(b"<c1>", b"cid:c1")
    assert scan(TYPE, XML + prefixed + END).attachments[0].content_id == "c1"


MALFORMED = ErrorCode.MULTIPART_MALFORMED
REFUSALS = [
    pytest.param(XML, MALFORMED, id="never closed"),
    pytest.param(XML + PART, MALFORMED, id="last part never closed"),
    pytest.param(b"--B--", MALFORMED, id="no part"),
    pytest.param(b"preamble\r\n" + XML + END, MALFORMED, id="preamble"),
    pytest.param(XML + END + b"\r\nhidden", MALFORMED, id="epilogue"),
    pytest.param(XML + END.replace(b"--B-", b"--Bx"), MALFORMED, id="longer boundary"),
    pytest.param(
        XML + PART.replace(b"--B\r", b"--B \r") + END, MALFORMED, id="padding"
    ),
    pytest.param(
        (XML + PART + END).replace(b"\r\n", b"\n"), MALFORMED, id="bare line feeds"
    ),
    pytest.param(XML + PART + b"\n--B\r\n" + END, MALFORMED, id="line feed, boundary"),
    pytest.param(XML + PART + b"\r--B--" + END, MALFORMED, id="return, boundary"),
    pytest.param(XML + PART + b"\n--B" + END, MALFORMED, id="line feed, it, the end"),
    pytest.param(
        XML + PART.replace(b"%PDF", b"\n--B\n") + END, MALFORMED, id="line feed at once"
    ),
    pytest.param(
        XML + PART.replace(b"%PDF", b"\r--Bx") + END, MALFORMED, id="return at once"
    ),
    pytest.param(
        XML.replace(b"<a/>", b"<a>\n--B</a>") + END, MALFORMED, id="boundary in XML"
    ),
    pytest.param(XML + b"\r\n--B\r\n\r\n%PDF" + END, MALFORMED, id="no headers"),
    pytest.param(
        XML + PART.replace(b"Content-ID: <c1>\r\n", b"") + END,
        MALFORMED,
        id="no content id",
    ),
    pytest.param(
        XML + PART.replace(b"<c1>", b"<c1>\r\n folded") + END, MALFORMED, id="folded"
    ),
    pytest.param(
        XML + PART.replace(b"<c1>", b"<c1>\r\ncontent-id: <c2>") + END,
        MALFORMED,
        id="header twice",
    ),
    pytest.param(XML + PART.replace(b"c1", b"\xff") + END, MALFORMED, id="not UTF-8"),
    pytest.param(
        XML + PART.replace(b"c1", b"c1" + b"x" * 9_000) + END,
        MALFORMED,
        id="long header",
    ),
    pytest.param(
        XML + PART.replace(b"<c1>", b"<c1>\r\nContent-Transfer-Encoding: base64") + END,
        MALFORMED,
        id="encoded part",
    ),
    pytest.param(
        XML
        + PART.replace(b"<c1>", b"<c1>\r\nContent-Disposition: a; filename*=x''%41")
        + END,
        MALFORMED,
        id="file name in another charset",
    ),
    pytest.param(
        XML
        + PART.replace(b"<c1>", b"<c1>\r\nContent-Disposition: a; filename*=UTF-8''%FF")
        + END,
        MALFORMED,
        id="file name not UTF-8",
    ),
    pytest.param(
        XML + b"\r\n--B\r\nContent-ID: <c1>\r\n\r\n--B--", MALFORMED, id="absent part"
    ),
    pytest.param(
        XML.replace(b"application/xml", b"text/html") + END,
        ErrorCode.CONTENT_TYPE_UNSUPPORTED,
        id="first part no XML",
    ),
    pytest.param(
        XML.replace(b"/xml", b"/xml; charset=latin1") + END,
        ErrorCode.ENCODING_NOT_UTF8,
        id="first part in another charset",
    ),
    pytest.param(
        XML.replace(
            b"<a/>",
            b"<a><AttachmentEncoded><Attachment><ContentTransferEncoded/>"
            b"</Attachment></AttachmentEncoded></a>",
        )
        + END,
        MALFORMED,
        id="inline attachment in a multipart body",
    ),
]


@pytest.mark.parametrize(("body", "code"), REFUSALS)
def test_other_multipart_is_refused_in_any_chunking(
    body: bytes, code: ErrorCode
) -> None:
    for fed in ([body], pieces(body, range(1, len(body)))):
        with pytest.raises(SchemaError) as refused:
            scan(TYPE, fed)
        assert refused.value.code is code


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_whatever_parts_another_reader_finds_are_those_of_the_scanner(
    line_end: bytes,
) -> None:
    """A part within a part, after a line end of the email package's own."""
    inner = PART.replace(b"c1", b"c2").replace(b"\r\n", line_end)
    body = XML + PART + inner + END
    read = parsed(TYPE, body)[1:]
    assert [one["Content-ID"] for one in read] == ["<c1>", "<c2>"]
    if line_end == b"\r\n":
        assert [one.content_id for one in scan(TYPE, body).attachments] == ["c1", "c2"]
        return
    with pytest.raises(SchemaError) as refused:
        scan(TYPE, body)
    assert refused.value.code is MALFORMED


def test_boundary_within_a_line_is_content() -> None:
    content = b"%PDF --B\r\n -\r\n-B\n --B--\r\r\n\n"
    body = XML + PART.replace(b"%PDF", content) + END
    for fed in ([body], pieces(body, range(1, len(body)))):
        (found,) = scan(TYPE, fed).attachments
        assert found.carried_sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("parameter", ["boundary*=UTF-8''C", "boundary*0=C"])
def test_second_spelling_of_the_boundary_is_refused(parameter: str) -> None:
    """The email package goes by it."""
    content_type = f"multipart/related; {parameter}; boundary=B"
    header = f"Content-Type: {content_type}\r\n\r\n".encode()
    assert message_from_bytes(header, policy=default).get_boundary() == "C"
    with pytest.raises(SchemaError) as refused:
        scan(content_type, XML + END)
    assert refused.value.code is MALFORMED


def test_large_part_in_the_same_piece_as_its_headers_is_taken() -> None:
    large = attachment(content=PDF * 100)
    found = scan(*encode(b"<a/>", (large,)))
    assert found.attachments[0].content_size == len(large.content)


def test_header_ceiling_does_not_depend_on_the_chunking() -> None:
    body = XML + PART + END
    longest = len(PART.partition(b"--B\r\n")[2].partition(b"\r\n\r\n")[0])
    for fed in ([body], pieces(body, range(1, len(body)))):
        assert scan(TYPE, fed, BodyLimits(part_headers=longest)).attachments
        with pytest.raises(SchemaError) as refused:
            scan(TYPE, fed, BodyLimits(part_headers=longest - 1))
        assert refused.value.code is MALFORMED


def test_start_must_name_the_first_part() -> None:
    first = XML.replace(b"\r\n\r\n", b"\r\nContent-ID: <root>\r\n\r\n")
    assert scan(f'{TYPE}; start="<root>"', first + PART + END).xml == b"<a/>"
    with pytest.raises(SchemaError) as refused:
        scan(f'{TYPE}; start="<c1>"', first + PART + END)
    assert refused.value.code is MALFORMED


def test_part_ceilings_are_held() -> None:
    limits = BodyLimits(xml=100, attachment=50, attachments=1)
    for body, code in (
        (XML.replace(b"<a/>", b"<a>" + b"x" * 100 + b"</a>"), ErrorCode.BODY_TOO_LARGE),
        (XML + PART + b"x" * 50, ErrorCode.ATTACHMENT_TOO_LARGE),
        (XML + PART + PART, ErrorCode.ATTACHMENT_COUNT_EXCEEDED),
    ):
        with pytest.raises(SchemaError) as refused:
            scan(TYPE, body + END, limits)
        assert refused.value.code is code


def test_name_of_an_archive_comes_from_the_manifest() -> None:
    wrapping = carried(attachment(), zipped=True)
    nameless = attachment(
        name="", content_type="application/octet-stream", content=wrapping
    )
    listed = scan(*encode(envelope(attachment()), (nameless,))).attachments[0]
    unlisted = scan(*encode(envelope(), (nameless,))).attachments[0]
    assert (listed.zipped, listed.content_size) == (True, len(PDF))
    assert (unlisted.zipped, unlisted.content_size) == (False, len(wrapping))
