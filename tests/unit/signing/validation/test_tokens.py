"""Finding which bytes the values of an object occupy."""

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.limits import MAX_FIELD_DEPTH
from signing.validation.tokens import Entry, scan_object


def _value(text: bytes, key: bytes = b"/K") -> bytes:
    scanned = scan_object(b"1 0 obj << /K " + text + b" >> endobj", 0)
    (entry,) = (one for one in scanned.entries if one.key == key)
    return (b"1 0 obj << /K " + text + b" >> endobj")[entry.start : entry.end]


@pytest.mark.parametrize(
    "text",
    [
        b"/Name",
        b"true",
        b"null",
        b"-12.5",
        b"+.5",
        b"12 0 R",
        b"<48 65 6C>",
        b"<>",
        b"()",
        rb"(a \) b (nested \( ) c)",
        rb"(ends with a backslash \\)",
        b"[1 2 [3 (])] << /A /B >>]",
    ],
)
def test_value_occupies_exactly_its_token(text: bytes) -> None:
    assert _value(text) == text


def test_nested_dictionary_is_one_value() -> None:
    assert _value(b"<< /A << /B (>>) >> /C [<< >>] >>").endswith(b"[<< >>] >>")


def test_both_definitions_of_a_key_are_seen() -> None:
    scanned = scan_object(b"7 0 obj<</A 1/A 2>>endobj", 0)
    assert [one.key for one in scanned.entries] == [b"/A", b"/A"]
    assert scanned.entries[1] == Entry(b"/A", 16, 17)


def test_start_of_stream_data_is_known() -> None:
    data = b"7 0 obj\n<< /Length 3 >>\nstream\r\nabc\nendstream\nendobj"
    assert scan_object(data, 0).stream_start == data.index(b"abc")


@pytest.mark.parametrize("key", ["Arial#20Bold", "Ch#e1#BB#AF", "A#23#2F#28#0D#7f"])
def test_key_with_characters_that_have_one_spelling_is_read(key: str) -> None:
    scanned = scan_object(f"7 0 obj << /{key} 1 >> endobj".encode(), 0)
    assert [one.key for one in scanned.entries] == [f"/{key}".encode()]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"xref",
        b"1 0 obj",
        b"1 0 obj <<",
        b"1 0 obj << /A",
        b"1 0 obj << /A (never closed >> endobj",
        b"1 0 obj << /A <48 zz> >> endobj",
        b"1 0 obj << 1 2 >> endobj",
        b"1 0 obj << /A % a comment\n 1 >> endobj",
        b"1 0 obj << /Conten#74s 1 >> endobj",
        b"1 0 obj << /A << /Conten#74s#20 1 >> >> endobj",
        b"1 0 obj << /A#2 1 >> endobj",
        b"1 0 obj << /Root#00 1 >> endobj",
        b"1 0 obj << /A [1 >> endobj",
        b"1 0 obj << /A [<< /B ] >>] >> endobj",
        b"1 0 obj << /A " + b"[" * (MAX_FIELD_DEPTH + 5) + b" >> endobj",
        b"1 0 obj << /A " + b"<</B" * 20_000,
    ],
)
def test_other_bytes_are_refused_by_code(data: bytes) -> None:
    with pytest.raises(SigningError) as refusal:
        scan_object(data, 0)
    assert refusal.value.code is ErrorCode.PDF_MALFORMED
