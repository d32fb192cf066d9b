import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.edxml.archive import OneEntryArchive
from schemas.edxml.body import BodyLimits, ScannedAttachment, decode_attachment
from schemas.errors import ErrorCode, SchemaError
from tests.support.bodies import (
    INLINE,
    PDF,
    archive,
    encoded,
    inline_body,
    pieces,
    scan,
    streamed_archive,
)

WRAPPED = archive([("5f2c.pdf", PDF)])


def unpack(data: bytes, cuts: tuple[int, ...] = ()) -> bytes:
    reader = OneEntryArchive(largest=10**7, expansion=100)
    content = b"".join(
        piece for part in pieces(data, cuts) for piece in reader.feed(part)
    )
    reader.finish()
    return content


def scanned(
    content: bytes, name: str, content_type: str = "application/zip"
) -> ScannedAttachment:
    body = inline_body(encoded(content, name=name, content_type=content_type))
    return scan(INLINE, body).attachments[0]


def zip64(content: bytes) -> bytes:
    """An archive whose descriptor and directory use the 64-bit forms."""
    deflate = zlib.compressobj(wbits=-15)
    data = deflate.compress(content) + deflate.flush()
    crc, most = zlib.crc32(content), 0xFFFFFFFF
    extra = struct.pack("<HHQQ", 1, 16, 0, 0)
    local = struct.pack(
        "<4sHHHHHIIIHH", b"PK\x03\x04", 45, 8, 8, 0, 0, 0, most, most, 1, 20
    )
    descriptor = struct.pack("<4sIQQ", b"PK\x07\x08", crc, len(data), len(content))
    true = struct.pack("<HHQQ", 1, 16, len(content), len(data))
    directory = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\x01\x02",
        *(45, 45, 8, 8, 0, 0, crc, most, most, 1, 20, 0, 0, 0, 0, 0),
    )
    directory += b"a" + true
    start = len(local) + 1 + 20 + len(data) + len(descriptor)
    end64 = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(directory), start
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start + len(directory), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), start, 0)
    return b"".join(
        (local, b"a", extra, data, descriptor, directory, end64, locator, end)
    )


def zip64_from_the_start(content: bytes) -> bytes:
    """An archive whose local header keeps its sizes in an extra field."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("a.pdf", "w", force_zip64=True) as entry,
    ):
        entry.write(content)
    return written.getvalue()


def commented(content: bytes) -> bytes:
    """An archive with a comment on itself."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.comment = b"PK software"
        made.writestr("a.pdf", content)
    return written.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WRAPPED, id="deflated"),
        pytest.param(archive([("a.pdf", PDF)], zipfile.ZIP_STORED), id="stored"),
        pytest.param(streamed_archive("a.pdf", PDF), id="streamed"),
        pytest.param(zip64(PDF), id="64-bit sizes"),
        pytest.param(zip64_from_the_start(PDF), id="64-bit sizes before the data"),
        pytest.param(commented(PDF), id="commented"),
    ],
)
def test_archives_of_other_writers_are_read_in_any_chunking(data: bytes) -> None:
    assert unpack(data) == PDF
    assert unpack(data, tuple(range(1, len(data)))) == PDF


def test_empty_entry_is_read() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert unpack(archive([("a", b"")], method)) == b""


@given(content=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 100), max_size=5))
def test_whatever_python_packs_is_unpacked(content: bytes, cuts: list[int]) -> None:
    assert unpack(archive([("a", content)]), tuple(cuts)) == content


ENCRYPTED = bytes([*WRAPPED[:6], WRAPPED[6] | 1, *WRAPPED[7:]])
STORED = archive([("a.pdf", PDF)], zipfile.ZIP_STORED)
REFUSED = [
    pytest.param(STORED[:6] + b"\x08" + STORED[7:], id="stored without an end"),
    pytest.param(WRAPPED[: WRAPPED.index(b"PK\x01\x02") + 20], id="cut directory"),
    pytest.param(archive([("a.pdf", PDF), ("b.pdf", PDF)]), id="two entries"),
    pytest.param(archive([("a/", b"")]), id="folder"),
    pytest.param(ENCRYPTED, id="encrypted"),
    pytest.param(archive([("a", PDF)], zipfile.ZIP_BZIP2), id="other method"),
    pytest.param(WRAPPED[:-1], id="cut at its end"),
    pytest.param(WRAPPED[:100], id="cut in its data"),
    pytest.param(WRAPPED[:20], id="cut in its header"),
    pytest.param(WRAPPED + b"hidden", id="bytes after its end"),
    pytest.param(WRAPPED.replace(b"5f2c", b"0000", 1), id="two names"),
    pytest.param(WRAPPED.replace(b"PK\x01\x02", b"PK\x01\x00"), id="no directory"),
    pytest.param(WRAPPED + bytes(9000), id="long end"),
    pytest.param(b"PK\x03\x04" + bytes(5000), id="no header"),
    pytest.param(b"PK\x03\x04" + bytes(22) + b"\xff\xff\xff\xff", id="long header"),
]


@pytest.mark.parametrize("data", REFUSED)
def test_other_archives_are_refused(data: bytes) -> None:
    for cuts in ((), tuple(range(1, len(data)))):
        with pytest.raises(SchemaError) as refused:
            unpack(data, cuts)
        assert refused.value.code is ErrorCode.ARCHIVE_REFUSED


OTHER = b"%PDF-1.7 another document\n%%EOF\n"
_LOCAL_SIZE, _RECORD_SIZE, _END_SIZE = 30, 46, 22


def local_header(content: bytes) -> bytes:
    sizes = (zlib.crc32(content), len(content), len(content))
    return struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, *sizes, 1, 0) + (
        b"a"
    )


def record(content: bytes, *, at: int, comment: int = 0) -> bytes:
    sizes = (zlib.crc32(content), len(content), len(content))
    return (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            b"PK\x01\x02",
            *(20, 20, 0, 0, 0, 0, *sizes, 1, 0, comment, 0, 0, 0, at),
        )
        + b"a"
    )


def end(*, size: int, start: int, comment: bytes = b"") -> bytes:
    numbers = (0, 0, 1, 1, size, start, len(comment))
    return struct.pack("<4sHHHHIIH", b"PK\x05\x06", *numbers) + comment


def with_hidden(comment: int) -> tuple[bytes, int, int]:
    """Local header and data of a stored entry whose data holds an entry of its own.

    Returns:
        them, and where the hidden local header and its directory record stand.
    """
    hidden_at = _LOCAL_SIZE + 1 + len(PDF)
    hidden = local_header(OTHER) + OTHER
    content = PDF + hidden + record(OTHER, at=hidden_at, comment=comment)
    return local_header(content) + content, hidden_at, hidden_at + len(hidden)


def found_by_size() -> bytes:
    """The end record says that the directory begins within the data."""
    data, _, hidden_record_at = with_hidden(_RECORD_SIZE + 1)
    true = record(data[_LOCAL_SIZE + 1 :], at=0)
    return data + true + end(size=2 * len(true), start=hidden_record_at)


def found_in_comment() -> bytes:
    """The comment of the archive ends with an end record."""
    data, hidden_at, _ = with_hidden(0)
    true = record(data[_LOCAL_SIZE + 1 :], at=0)
    other = record(OTHER, at=hidden_at)
    after = len(data) + len(true) + _END_SIZE
    comment = other + end(size=len(other), start=after)
    return data + true + end(size=len(true), start=len(data), comment=comment)


@pytest.mark.parametrize("data", [found_by_size(), found_in_comment()])
def test_archive_in_which_another_reader_finds_another_content_is_refused(
    data: bytes,
) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert [other.read(one) for one in other.infolist()] == [OTHER]
    with pytest.raises(SchemaError) as refused:
        scanned(data, "a.pdf")
    assert refused.value.code is ErrorCode.ARCHIVE_REFUSED


@pytest.mark.parametrize("after", [b"", b"\n%%EOF\n", bytes(60_000)])
@pytest.mark.parametrize("cuts", [(), range(1, 64_000, 1_000)])
def test_archive_behind_a_file_that_is_declared_as_archive_is_refused(
    after: bytes, cuts: Sequence[int]
) -> None:
    """Who goes by the declaration unpacks what nobody looked at."""
    both = PDF + archive([("a.pdf", OTHER)]) + after
    with zipfile.ZipFile(io.BytesIO(both)) as other:
        assert other.read("a.pdf") == OTHER
    body = inline_body(encoded(both, name="a.pdf", content_type="application/zip"))
    with pytest.raises(SchemaError) as refused:
        scan(INLINE, pieces(body, cuts))
    assert refused.value.code is ErrorCode.ARCHIVE_REFUSED
    assert not scanned(both, "a.pdf", "application/pdf").zipped
    assert not scanned(PDF, "a.pdf", "application/zip").zipped
    assert not scanned(both + bytes(70_000), "a.pdf", "application/zip").zipped


@pytest.mark.parametrize("made", [STORED, zip64(PDF)])
def test_place_of_header_and_directory_and_its_size_are_true(made: bytes) -> None:
    """Whatever is said of them elsewhere is refused, in each record that says it."""
    directory = made.index(b"PK\x01\x02")
    at = [made.rindex(b"PK\x05\x06") + offset for offset in (4, 6, 8, 10, 12, 16)]
    at.append(directory + 42)
    end_64 = made.rfind(b"PK\x06\x06")
    if end_64 > 0:
        at += [end_64 + offset for offset in (16, 20, 24, 32, 40, 48, 56 + 8, 56 + 16)]
        at += [directory + 46 + 1 + 4 + offset for offset in (0, 8)]
    for place in at:
        wrong = made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :]
        with pytest.raises(SchemaError):
            unpack(wrong)


@pytest.mark.parametrize("streamed", [True, False])
def test_wrong_digest_or_size_in_any_record_is_refused(streamed: bool) -> None:
    data = streamed_archive("a.pdf", PDF) if streamed else WRAPPED
    crc = struct.pack("<I", zlib.crc32(PDF))
    size = struct.pack("<I", len(PDF))
    for value in (crc, size):
        start = 0
        for _ in range(data.count(value)):
            start = data.index(value, start) + 1
            wrong = data[: start - 1] + b"\x01\x02\x03\x04" + data[start + 3 :]
            with pytest.raises(SchemaError):
                unpack(wrong)


@given(
    at=st.integers(0, len(WRAPPED) - 1),
    junk=st.binary(min_size=1, max_size=8),
    cut=st.integers(0, len(WRAPPED)),
)
@settings(max_examples=200)
def test_damaged_archive_is_refused_or_yields_the_same(
    at: int, junk: bytes, cut: int
) -> None:
    damaged = WRAPPED[:at] + junk + WRAPPED[at + len(junk) :]
    assert attempt(damaged, (cut,)) in (PDF, ErrorCode.ARCHIVE_REFUSED)


def attempt(data: bytes, cuts: tuple[int, ...]) -> bytes | ErrorCode:
    try:
        return unpack(data, cuts)
    except SchemaError as refusal:
        return refusal.code


def test_bomb_is_refused_long_before_it_is_unpacked() -> None:
    bomb = archive([("a.pdf", bytes(100_000_000))])
    reader = OneEntryArchive(largest=2**31, expansion=100)
    unpacked: list[int] = []
    with pytest.raises(SchemaError) as refused:
        unpacked.extend(map(len, reader.feed(bomb)))
    assert refused.value.code is ErrorCode.ARCHIVE_REFUSED
    assert 0 < sum(unpacked) <= 2**20 + 100 * len(bomb)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.pdf", "application/zip"), ("a.pdf", ""), ("a", "application/zip")],
)
def test_bomb_in_an_envelope_is_refused(name: str, content_type: str) -> None:
    bomb = archive([("x.pdf", bytes(20_000_000))])
    with pytest.raises(SchemaError) as refused:
        scanned(bomb, name, content_type)
    assert refused.value.code is ErrorCode.ARCHIVE_REFUSED


def test_content_larger_than_an_attachment_may_be_is_refused() -> None:
    content = bytes(range(256)) * 12
    body = inline_body(encoded(archive([("x.pdf", content)])))
    assert scan(INLINE, body, BodyLimits(attachment=len(content))).attachments
    with pytest.raises(SchemaError) as refused:
        scan(INLINE, body, BodyLimits(attachment=len(content) - 1))
    assert refused.value.code is ErrorCode.ARCHIVE_REFUSED


ONE_DOCX = archive([("5f2c.docx", b"docx")])
REAL_DOCX = archive([("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")])


@pytest.mark.parametrize(
    ("content", "name", "content_type", "zipped"),
    [
        (WRAPPED, "a.pdf", "application/zip", True),
        (WRAPPED, "a.PDF", "application/pdf", True),
        (WRAPPED, "Công văn số 12", "application/zip", True),
        (WRAPPED, "Công văn số 12", "application/octet-stream", False),
        (ONE_DOCX, "a.docx", "application/zip", True),
        (ONE_DOCX, "a.docx", "", True),
        (ONE_DOCX, "a.docx", "application/vnd.oasis.opendocument.text", False),
        (REAL_DOCX, "a.docx", "application/zip", False),
        (REAL_DOCX, "a.docx", "application/octet-stream", False),
        (REAL_DOCX, "a", "application/zip", False),
        (archive([("x.zip", WRAPPED)]), "a.zip", "application/zip", True),
        (archive([("x.pdf", PDF)]), "a.zip", "application/zip", False),
        (PDF, "a.pdf", "application/zip", False),
        (b"PK", "a.pdf", "application/zip", False),
    ],
)
def test_archive_is_unwrapped_only_where_it_is_a_wrapping(
    content: bytes, name: str, content_type: str, zipped: bool
) -> None:
    found = scanned(content, name, content_type)
    assert found.zipped is zipped
    inner = unpack(content) if zipped else content
    assert found.content_sha256 == hashlib.sha256(inner).hexdigest()
    assert found.content_size == len(inner)


def test_office_file_cut_short_is_left_alone_in_any_chunking() -> None:
    damaged = REAL_DOCX[:30] + bytes(100) + REAL_DOCX[30:]
    body = inline_body(encoded(damaged, name="a.docx"))
    found = scan(INLINE, pieces(body, range(1, len(body)))).attachments[0]
    assert found.zipped is False
    assert found.content_sha256 == hashlib.sha256(damaged).hexdigest()


def test_pdf_name_over_an_archive_of_two_files_is_refused() -> None:
    with pytest.raises(SchemaError) as refused:
        scanned(REAL_DOCX, "a.pdf")
    assert (refused.value.code, refused.value.place) == (
        ErrorCode.ARCHIVE_REFUSED,
        "cid-1",
    )


@pytest.mark.parametrize(
    ("name", "declared", "told"),
    [
        ("a.pdf", "application/zip", "application/pdf"),
        ("a", "application/zip", "application/octet-stream"),
        ("a.pdf", "", "application/pdf"),
    ],
)
def test_type_of_the_content_is_told_not_of_its_wrapping(
    name: str, declared: str, told: str
) -> None:
    content = WRAPPED if declared else PDF
    assert scanned(content, name, declared).content_type == told


def test_decoding_stops_where_the_scanned_content_ended() -> None:
    body = inline_body(encoded(archive([("x.pdf", bytes(5_000_000))])))
    honest = scanned(WRAPPED, "a.pdf")
    other = body.partition(b"<ContentTransferEncoded>")[2].partition(b"<")[0]
    unpacked: list[int] = []
    with pytest.raises(SchemaError):
        unpacked.extend(map(len, decode_attachment(honest, [other])))
    assert sum(unpacked) <= len(PDF)
