"""A hub that exchanges an object of the document by the signature is caught."""

import re
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.remote_check.values import same
from signing.remote_client import check_offer
from tests.support.increments import Increment
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
HONEST = Increment(source=SOURCE, prepared=PREPARED.data)
CONTENT = 5
"""Number of the content of page 2."""

RESOURCES = 29
"""Number of the resources of all pages."""

FREE = 42
"""Number of no object, neither before nor after."""


def code_for(data: bytes) -> ErrorCode | None:
    """What the client refuses the file with; None, its key signs."""
    try:
        check_offer(offer_of_file(OFFER, SIGNER, data))
    except SigningError as error:
        return error.code
    return None


def exchanged(place: str, reference: str, more: bytes) -> bytes:
    """A file where a place refers to one of the objects that follow."""

    def edit(objects: bytes) -> bytes:
        found = re.search(place.encode(), objects, re.DOTALL)
        assert found is not None
        key = found[0].split()[0]
        new = key + b" " + reference.encode()
        return objects[: found.start()] + new + objects[found.end() :]

    increment = Increment(source=SOURCE, prepared=PREPARED.data, edit=edit, more=more)
    return increment.with_table()


def test_honest_section_written_anew_is_accepted() -> None:
    assert code_for(HONEST.with_table()) is None


EXTENSION = r"/ESIC <<.*?>>"
ANNOTATIONS = r"/Annots \[ 34 0 R \]"
FIELDS = r"/Fields \[ 34 0 R \]"
DEVELOPER = b"<< /Type /DeveloperExtensions >>"


@pytest.mark.parametrize("number", [CONTENT, RESOURCES])
@pytest.mark.parametrize(
    ("place", "value"),
    [(EXTENSION, DEVELOPER), (ANNOTATIONS, b"[ 34 0 R ]"), (FIELDS, b"[ 34 0 R ]")],
    ids=("extension", "annotations", "fields"),
)
def test_object_exchanged_for_what_is_expected_elsewhere_is_caught(
    place: str, value: bytes, number: int
) -> None:
    more = b"%d 0 obj\n%s\nendobj\n" % (number, value)
    data = exchanged(place, f"{number} 0 R", more)
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_object_exchanged_for_the_form_is_caught() -> None:
    def edit(objects: bytes) -> bytes:
        form = b"33 0 obj\n"
        assert objects.count(form) == 1
        moved = objects.replace(form, b"%d 0 obj\n" % CONTENT)
        return moved.replace(b"/AcroForm 33 0 R", b"/AcroForm %d 0 R" % CONTENT)

    increment = Increment(source=SOURCE, prepared=PREPARED.data, edit=edit)
    assert code_for(increment.with_table()) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_new_object_may_hold_what_is_expected() -> None:
    more = b"%d 0 obj\n[ 34 0 R ]\nendobj\n" % FREE
    assert code_for(exchanged(ANNOTATIONS, f"{FREE} 0 R", more)) is None


def test_reference_to_another_generation_of_a_new_object_is_caught() -> None:
    """A strict reader finds nothing there: what was on the page is gone."""
    more = b"%d 0 obj\n[ 34 0 R ]\nendobj\n" % FREE
    data = exchanged(ANNOTATIONS, f"{FREE} 1 R", more)
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_section_with_a_stream_of_references_is_accepted() -> None:
    assert code_for(HONEST.with_stream(FREE)) is None


def test_document_with_a_stream_of_references_can_be_signed() -> None:
    copied = BytesIO()
    writer = copy_into_new_writer(PdfFileReader(BytesIO(SOURCE)))
    writer.stream_xrefs = True
    writer.write(copied)
    source = copied.getvalue()
    prepared = prepared_for(source, SIGNER)
    assert b"/Type /XRef" in source
    assert b"/Type /XRef" in prepared.data[len(source) :]
    check_offer(offer_of(source, SIGNER, prepared))


@pytest.mark.parametrize("number", [CONTENT, RESOURCES])
def test_stream_of_references_in_place_of_an_object_is_caught(number: int) -> None:
    data = HONEST.with_stream(number)
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_stream_of_references_under_an_awaited_number_is_caught() -> None:
    waiting = SOURCE.replace(b"/Contents 5 0 R", b"/Contents %d 0 R" % FREE, 1)
    prepared = prepared_for(waiting, SIGNER)
    honest = offer_of(waiting, SIGNER, prepared)
    assert check_offer(honest).to_sign == honest.attributes
    data = Increment(source=waiting, prepared=prepared.data).with_stream(FREE)
    with pytest.raises(SigningError) as refused:
        check_offer(offer_of_file(honest, SIGNER, data))
    assert refused.value.code is ErrorCode.REMOTE_DOCUMENT_CHANGED


@pytest.mark.parametrize("number", [4, 30, 34])
def test_object_listed_under_another_generation_is_caught(number: int) -> None:
    """A strict reader finds no object of generation 0 there: no page, no signature."""
    data = replace(HONEST, generations={number: 7}).with_table()
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


@pytest.mark.parametrize("number", [4, FREE])
def test_object_of_another_generation_in_a_stream_is_caught(number: int) -> None:
    data = replace(HONEST, generations={number: 7}).with_stream(FREE)
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_object_of_the_document_is_not_replaced_in_another_generation() -> None:
    """What refers to the page of generation 2 does not see the one of generation 0."""
    row = b"%010d 00000 n" % (SOURCE.index(b"\n4 0 obj") + 1)
    assert SOURCE.count(row) == 1
    document = SOURCE.replace(row, row.replace(b" 00000 n", b" 00002 n"))
    added = PREPARED.data[len(SOURCE) :]
    offer = offer_of_file(replace(OFFER, document=document), SIGNER, document + added)
    with pytest.raises(SigningError) as refused:
        check_offer(offer)
    assert refused.value.code is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_number_listed_twice_in_a_stream_is_caught() -> None:
    """Readers differ in which of the two they take (7.5.8.3)."""
    other = SOURCE.index(b"\n8 0 obj") + 1
    data = HONEST.with_stream(FREE, first=[(4, other)])
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/MediaBox [ 0 0 ", b"/MediaBox [ false 0 "),
        (b"/MediaBox [ 0 0 ", b"/MediaBox [ 0.0 0 "),
        (b"/SigFlags 3", b"/SigFlags 3.0"),
    ],
)
def test_number_in_another_type_is_caught(old: bytes, new: bytes) -> None:
    """No reader takes a boolean for a number, and few a real for an integer."""

    def edit(objects: bytes) -> bytes:
        assert objects.count(old) == 1
        return objects.replace(old, new)

    data = replace(HONEST, edit=edit).with_table()
    assert code_for(data) is ErrorCode.REMOTE_DOCUMENT_CHANGED


@pytest.mark.parametrize("key", ["Prev", "Size"])
def test_number_in_another_type_in_the_trailer_is_caught(key: str) -> None:
    data = HONEST.with_table()
    found = re.compile(rb"/%b [0-9]+" % key.encode()).search(data, len(SOURCE))
    assert found is not None
    changed = data[: found.end()] + b".0" + data[found.end() :]
    assert code_for(changed) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_real_may_be_written_as_an_integer() -> None:
    assert same(Decimal("595.0"), 595)
    assert same([Decimal("595.0")], [Decimal(595)])
    assert not same(595, Decimal("595.0"))
    assert not same(Decimal(1), True)
