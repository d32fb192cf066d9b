"""Searching Vietnamese text without its marks."""

import pytest

from schemas.folding import folded, holds_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UBND xã Suối Mây", "ubnd xa suoi may"),
        ("Đắk  Lắk", "dak lak"),
        ("Đa\u0302\u0301t", "dat"),
        ("Nguyễn Thị Thuỳ Dương", "nguyen thi thuy duong"),
    ],
    ids=["words", "d and spaces", "decomposed", "all tones"],
)
def test_marks_case_and_spacing_do_not_count(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("typed", "found"),
    [("suoi may", True), ("ma su", True), ("uoi", False), ("suoi xa xa", True)],
    ids=["whole words", "beginnings in any order", "middle", "twice"],
)
def test_words_are_found_by_their_beginnings(typed: str, *, found: bool) -> None:
    assert holds_words(folded("UBND xã Suối Mây"), typed) is found
