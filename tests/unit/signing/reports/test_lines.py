"""What the typeface lacks, as people write it in subjects."""

import pytest

from signing.reports.lines import broken_lines, set_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("covid\u201119", "covid\u201019"),
        ("2020\u20122025", "2020\u20132025"),
        ("\u221215 độ", "\u201315 độ"),
        ("V/v\u202fhồ", "V/v hồ"),
        ("hồ\u200b chứa\ufeff", "hồ chứa"),
        ("\uff08mật\uff09", "(mật)"),
        ("H\u2082O", "H2O"),
    ],
    ids=["hyphen", "figure dash", "minus", "space", "no width", "wide", "small digit"],
)
def test_what_word_processors_write_is_set_in_its_nearest_form(
    text: str, shown: str
) -> None:
    assert set_line(text).text == shown


def test_what_has_no_near_form_is_a_question_mark() -> None:
    assert set_line("水 \u202e").text == "? ?"


@pytest.mark.parametrize("text", ["p\u200b\u0301", "\uff50\u0301"])
def test_letter_that_comes_about_on_the_way_and_is_lacking_breaks_nothing(
    text: str,
) -> None:
    assert set_line(text).text == "?"


def test_word_of_no_width_alone_takes_no_room() -> None:
    (line,) = broken_lines("\u200b", 10, 100)
    assert line.glyphs == ()
