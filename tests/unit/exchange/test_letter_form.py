"""A letter as a form has it."""

import pytest

from exchange.console.forms import Fields
from exchange.console.letter_form import (
    UnfinishedError,
    content_type_of,
    file_name,
    letter_of,
    recipients_of,
)
from schemas.vocabulary import Urgency

_WHOLE = {
    "kind": ["22"],
    "number": ["214"],
    "notation": ["UBND-VHXH"],
    "promulgated": ["2026-11-21"],
    "subject": ["V/v   mời\nhọp"],
    "recipients": ["H99"],
}


def test_whole_form_is_a_letter_with_plain_spaces() -> None:
    letter = letter_of(Fields(_WHOLE))
    assert letter.subject == "V/v mời họp"
    assert str(letter.code) == "214/UBND-VHXH"
    assert letter.urgency is Urgency.NORMAL
    assert letter.signer is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "99"),
        ("number", "hai"),
        ("notation", "UBND VHXH"),
        ("promulgated", "21/11/2026"),
        ("subject", " "),
        ("due", "mai"),
        ("recipients", "có dấu"),
        ("codes", "H99.151, <b>"),
    ],
    ids=lambda value: value if value.isascii() and value.isalpha() else "value",
)
def test_field_that_is_malformed_is_named(name: str, value: str) -> None:
    with pytest.raises(UnfinishedError) as unfinished:
        letter_of(Fields({**_WHOLE, name: [value]}))
    assert unfinished.value.fields == ("recipients" if name == "codes" else name,)


def test_what_a_copied_text_hides_is_left_out() -> None:
    pasted = "V/v\x0b kiểm\u00a0tra\x02 hồ\x00 chứa\ufffe\x1b"
    assert letter_of(Fields({**_WHOLE, "subject": [pasted]})).subject == (
        "V/v kiểm tra hồ chứa"
    )


def test_recipients_are_named_once_in_order() -> None:
    fields = Fields(
        {
            "recipients": ["H99", "G22"],
            "codes": ["H99.151;H99\nH99_all.commune"],
        }
    )
    assert recipients_of(fields) == ("H99", "G22", "H99.151", "H99_all.commune")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\Tệp\\lịch.pdf", "lịch.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\u202egpj.exe\x00", "agpj.exe"),
        ("thư/", "tệp"),
    ],
    ids=["windows", "upwards", "direction", "folder"],
)
def test_name_of_a_file_has_no_folders_and_no_hidden_marks(
    name: str, shown: str
) -> None:
    assert file_name(name) == shown


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("application/pdf", "application/pdf"),
        ("text/html\r\nX: y", "application/pdf"),
        ("", "application/pdf"),
        ("text/plain; charset=utf-8", "text/plain"),
    ],
    ids=["plain", "with a header", "nothing", "with a parameter"],
)
def test_media_type_is_one_or_goes_by_the_name(said: str, taken: str) -> None:
    assert content_type_of("a.pdf", said) == taken
