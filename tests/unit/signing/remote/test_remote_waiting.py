"""What a document refers to and lacks does not come with the signature."""

from dataclasses import replace

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.remote_check.references import refers
from signing.remote_client import Checked, check_offer
from tests.support.cpu import soon
from tests.support.increments import Increment, with_revision
from tests.support.pki import TestPki
from tests.support.remote import offer_of, offer_of_file, prepared_for
from tests.support.signed_pdf import LETTER, letter_place

PKI = TestPki.create()
SIGNER = PKI.issuing.issue("Đoàn Khuê")
SOURCE = LETTER.read_bytes()
PREPARED = prepared_for(
    SOURCE, SIGNER, text_lines=("Đoàn Khuê",), placement=letter_place()
)
OFFER = offer_of(SOURCE, SIGNER, PREPARED)
UNUSED = 32
"""Number of no object, and of none that the signature adds."""

ADDED = frozenset({33, 34})
"""Numbers of two that it adds."""


def checked_after(value: str) -> Checked:
    """What the client says of an honest signature on a letter that has this value."""
    document = with_revision(SOURCE, UNUSED, value.encode())
    honest = document + PREPARED.data[len(SOURCE) :]
    data = Increment(source=document, prepared=honest).with_table()
    offer = replace(OFFER, document=document)
    return check_offer(offer_of_file(offer, SIGNER, data))


SPELLINGS = (
    "33 0 R",
    "33 000000 R",
    "0000000000033 0 R",
    "33\r\n0\tR",
    "33 0R",
    "33 +0 R",
    "33 -0 R",
    "33 % 7\n0 R",
    "33%\r0 R",
    "33 0%\nR",
    "32 33 %\n0 R",
    "33 % 34 %\n% 35 0 % \n000000 % 33 0\rR",
    "(33 % 0 Q) 33 0 R",
    "(33 % 0 Q) 33 0 %\nR",
)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_object_the_document_waited_for_is_caught(spelled: str) -> None:
    with pytest.raises(SigningError) as refused:
        checked_after(f"[ {spelled} ]")
    assert refused.value.code is ErrorCode.REMOTE_DOCUMENT_CHANGED
    assert refused.value.place == "numbers"


@pytest.mark.parametrize(
    "value",
    [
        "[ 133 0 R 330 0 R ]",
        "(33% 33 34 % 33 0)",
        "[ 33 0 7 ] % 33\n[ 34 ]",
        "[ 33 % 7\n700 ] % R",
        "/R33 % 33 R\n",
    ],
)
def test_numbers_that_are_no_references_are_awaited_by_nobody(value: str) -> None:
    assert checked_after(value).to_sign


@pytest.mark.parametrize(
    "hostile",
    [
        b"33 %",
        b"33 %\n",
        b"33 0%\n",
        b"33 %\n0",
        b"33 ",
        b"33",
        b" ",
        b"0",
        b"%\n33 0 ",
    ],
)
def test_comments_and_blanks_without_end_are_read_once(hostile: bytes) -> None:
    text = b"33 " + hostile * (300_000 // len(hostile))
    with soon(5):
        assert not refers(text, ADDED)
        assert not refers(text + b"x", ADDED)
