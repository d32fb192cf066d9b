"""Hexadecimal strings read at once are those read digit by digit."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError

from signing.validation import hex_strings
from signing.validation.hex_strings import read_hex_string
from tests.support.cpu import soon
from tests.support.hostile_pdf import long_string
from tests.support.judged_pdf import judged

_TOKENS = st.lists(
    st.sampled_from([b"4", b"a", b"F", b" ", b"\n", b"\x00", b"z", b"<"])
)


def _digit_by_digit(text: bytes) -> object:
    """Read as ISO 32000-2 7.3.4.3 says: an odd last digit counts as followed by 0."""
    content, closing, _ = text[1:].partition(b">")
    digits = b"".join(content.split()).replace(b"\x00", b"")
    if not closing or digits.strip(b"0123456789abcdefABCDEF"):
        return None
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _read(text: bytes) -> object:
    stream = BytesIO(text)
    try:
        found: Any = read_hex_string(stream)
    except PdfStreamError:
        return None
    assert stream.tell() == text.index(b">") + 1
    return found.original_bytes


@given(_TOKENS, st.sampled_from([b">", b"> trailing >", b""]))
def test_value_is_that_of_the_standard(tokens: list[bytes], tail: bytes) -> None:
    text = b"<" + b"".join(tokens) + tail
    assert _read(text) == _digit_by_digit(text)


@pytest.mark.parametrize("text", [b"<feff0041>", b"<414243>", b"<FEFFD800>", b"<>"])
def test_kind_of_string_is_that_of_the_library(text: bytes) -> None:
    octets = bytes.fromhex(text[1:-1].decode())
    found = read_hex_string(BytesIO(text))
    assert type(found) is type(generic.pdf_string(octets))
    assert found == generic.pdf_string(octets)


def test_library_reads_this_way_in_the_version_compared() -> None:
    assert generic.read_hex_string_from_stream is read_hex_string


def test_library_of_another_version_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    untouched: object = object()
    monkeypatch.setattr(generic, "read_hex_string_from_stream", untouched)
    monkeypatch.setattr(hex_strings, "COMPARED_VERSION", "0.0")
    hex_strings.install()
    found: object = generic.read_hex_string_from_stream
    assert found is untouched


def test_long_string_costs_little() -> None:
    data = long_string()
    with soon(5):
        judged(data)
