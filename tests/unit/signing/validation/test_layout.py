"""Every byte after a signature belongs to a revision."""

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.layout import (
    Revision,
    hidden_in_dictionary,
    object_end,
    require_accounted,
    revision_end,
)

_BASE = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n"


def _section(start: int, comment: bytes = b"") -> bytes:
    return (
        b"xref\n0 1\n0000000000 65535 f \n"
        b"trailer\n<< /Size 2 >>\n%sstartxref\n%d\n%%%%EOF\n" % (comment, start)
    )


def _file(
    later: bytes = b"", after: bytes = b"", listed: bool = True
) -> tuple[bytes, Revision, list[Revision]]:
    """Write a signed revision, and one later revision with `later` in it."""
    first = Revision(section_start=len(_BASE), object_starts=(_BASE.index(b"1 0"),))
    data = _BASE + _section(len(_BASE))
    if not later:
        return data + after, first, []
    begin = len(data)
    starts = (begin,) if listed else ()
    second = Revision(section_start=begin + len(later), object_starts=starts)
    return data + later + _section(begin + len(later)) + after, first, [second]


def _refusal(data: bytes, signed: Revision, later: list[Revision]) -> ErrorCode:
    with pytest.raises(SigningError) as refusal:
        require_accounted(data, signed, later)
    return refusal.value.code


def test_file_may_end_with_or_without_its_last_line_end() -> None:
    data, signed, later = _file()
    end = require_accounted(data, signed, later)
    assert (end.marker, end.line) == (len(data) - 1, len(data))
    assert require_accounted(data[:-1], signed, later).line == len(data) - 1


@pytest.mark.parametrize(
    "after",
    [
        b"\n",
        b"%%EOF\n",
        b"2 0 obj << >> endobj\n",
        b"2 0 obj << >> endobj\nstartxref\n30\n%%EOF\n",
        _section(30),
    ],
)
def test_bytes_after_the_last_revision_are_refused(after: bytes) -> None:
    assert _refusal(*_file(after=after)) is ErrorCode.TRAILING_BYTES


def test_listed_objects_of_a_later_revision_are_accounted_for() -> None:
    data, signed, later = _file(b"2 0 obj << /A 1 >> endobj\n")
    assert require_accounted(data, signed, later).admits(data.index(b"2 0 obj"))


def test_blank_lines_and_comments_between_objects_are_no_objects() -> None:
    data, signed, later = _file(b"2 0 obj << >> endobj\n\n% a writer's mark\n")
    require_accounted(data, signed, later)


@pytest.mark.parametrize(
    "later",
    [
        b"2 0 obj << >> endobj\n3 0 obj << >> endobj\n",
        b"2 0 obj << >> endobj\n% hides 3 0 obj << >> endobj\n",
        b"2 0 obj << /Length 1 >>\nstream\nx\nendstream endobj 3 0 obj 4 endobj\n",
        b"2 0 obj << >> endobj\nhello\n",
    ],
)
def test_object_that_no_section_lists_is_refused(later: bytes) -> None:
    assert _refusal(*_file(later)) is ErrorCode.TRAILING_BYTES


def test_revision_without_any_listed_object_is_refused_when_it_has_one() -> None:
    file = _file(b"2 0 obj << >> endobj\n", listed=False)
    assert _refusal(*file) is ErrorCode.TRAILING_BYTES


def test_section_that_lists_an_object_of_signed_bytes_is_refused() -> None:
    data, signed, (second,) = _file(b"2 0 obj << >> endobj\n")
    back = Revision(
        section_start=second.section_start,
        object_starts=(*second.object_starts, signed.object_starts[0]),
    )
    assert _refusal(data, signed, [back]) is ErrorCode.TRAILING_BYTES


def test_objects_that_overlap_are_refused() -> None:
    outer = b"2 0 obj (3 0 obj << >> endobj) endobj\n"
    data, signed, (second,) = _file(outer)
    inner = data.index(b"3 0 obj")
    both = Revision(
        section_start=second.section_start,
        object_starts=(*second.object_starts, inner),
    )
    assert _refusal(data, signed, [both]) is ErrorCode.TRAILING_BYTES


def test_unfinished_object_of_a_later_revision_is_malformed() -> None:
    assert _refusal(*_file(b"2 0 obj << >> endob\n")) is ErrorCode.PDF_MALFORMED


def test_end_of_another_section_is_refused() -> None:
    data = _BASE + _section(0)
    with pytest.raises(SigningError):
        revision_end(data, len(_BASE))


def test_writers_comment_before_startxref_is_allowed() -> None:
    data = _BASE + _section(len(_BASE), b"%iText-7.2.3\n")
    assert revision_end(data, len(_BASE)).line == len(data)


def test_cross_reference_stream_is_a_section_too() -> None:
    stream = (
        b"2 0 obj\n<< /Type /XRef /Length 2 >>\nstream\n\x01\x02\nendstream\nendobj\n"
    )
    data = _BASE + stream + b"startxref\n%d\n%%%%EOF" % len(_BASE)
    assert revision_end(data, len(_BASE)).marker == len(data)


def test_object_ends_with_its_closing_word() -> None:
    data = b"2 0 obj << /Length 1 >>\nstream\nx\nendstream\nendobj rest"
    assert data[: object_end(data, 0)].endswith(b"\nendobj")


def test_name_inside_a_stream_is_not_hidden_in_a_dictionary() -> None:
    data = b"2 0 obj << /A /ByteRange >>\nstream\n/ByteRange\nendstream\nendobj\n"
    inside, carried = data.index(b"/ByteRange"), data.rindex(b"/ByteRange")
    assert hidden_in_dictionary(data, inside, [0])
    assert not hidden_in_dictionary(data, carried, [0])


def test_name_outside_any_listed_object_is_hidden() -> None:
    data = b"%PDF-1.7\n2 0 obj << >> endobj /ByteRange"
    assert hidden_in_dictionary(data, 3, [9])
    assert hidden_in_dictionary(data, 3, [])
    assert hidden_in_dictionary(data, data.index(b"/Byte"), [0])
    assert hidden_in_dictionary(data, data.index(b"/Byte"), [data.index(b"2 0 obj")])
