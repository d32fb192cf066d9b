"""A hub that cheats is caught before the key is used."""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from pki.der import DerReader, element
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.remote import prepare_signature
from signing.profiles import Placement
from signing.remote_check.objects import PdfObjects
from signing.remote_client import Offer, check_offer, check_signed
from tests.support.pki import TestPki
from tests.support.remote import offer_of, offer_of_file, prepared_for
from tests.support.signed_pdf import LETTER, PERSON, letter_place

SET = 0x31
PKI = TestPki.create()
SIGNER = PKI.issuing.issue("Đoàn Khuê")
OTHER = PKI.issuing.issue("Người khác")
SOURCE = LETTER.read_bytes()
PREPARED = prepared_for(
    SOURCE, SIGNER, text_lines=("Đoàn Khuê",), placement=letter_place()
)
OFFER = offer_of(SOURCE, SIGNER, PREPARED)


def refusal(offer: Offer) -> ErrorCode:
    with pytest.raises(SigningError) as refused:
        check_offer(offer)
    return refused.value.code


def cheating(change: str, into: bytes) -> Offer:
    """An offer whose added section says something else of the same length."""
    old = change.encode()
    added = PREPARED.data[len(SOURCE) :]
    assert added.count(old) >= 1
    data = SOURCE + added.replace(old, into.ljust(len(old)), 1)
    return resigned(data)


def resigned(data: bytes) -> Offer:
    """The offer a dishonest hub makes of a file: the digest is of that very file."""
    return offer_of_file(OFFER, SIGNER, data)


def rewritten(change: Callable[[IncrementalPdfFileWriter], None]) -> Offer:
    """A file where the hub did more before it added the signature."""
    stream = BytesIO(SOURCE)
    writer = IncrementalPdfFileWriter(stream)
    change(writer)
    writer.write_in_place()
    prepared = prepared_for(stream.getvalue(), SIGNER)
    return offer_of(SOURCE, SIGNER, prepared)


def test_honest_offer_gives_the_octets_to_sign() -> None:
    assert check_offer(OFFER).to_sign == PREPARED.state.attributes


def test_offer_dishonestly_made_but_honest_in_content_is_accepted() -> None:
    check_offer(resigned(PREPARED.data))


def test_another_document_is_caught() -> None:
    other = SOURCE.replace(b"/MediaBox", b"/MediaBux", 1)
    prepared = prepared_for(SOURCE, SIGNER)
    offer = replace(offer_of(other, SIGNER, prepared), document=other)
    assert refusal(offer) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_digest_of_another_document_is_caught() -> None:
    stolen = prepared_for(SOURCE, SIGNER).state.attributes
    assert refusal(replace(OFFER, attributes=stolen)) is ErrorCode.REMOTE_DIGEST_WRONG


def test_certificate_of_somebody_else_is_caught() -> None:
    prepared = prepare_signature(
        SOURCE, certificate=OTHER.certificate, chain=OTHER.chain, request=PERSON
    )
    offer = offer_of(SOURCE, SIGNER, prepared)
    assert refusal(offer) is ErrorCode.REMOTE_CERTIFICATE_WRONG


def test_attributes_with_more_in_them_are_caught() -> None:
    # signing-time (1.2.840.113549.1.9.5): PAdES has it in the dictionary.
    time = bytes.fromhex("301c06092a864886f70d010905310f170d3236313132313039303030305a")
    attributes = element(SET, DerReader(OFFER.attributes).content(SET) + time)
    code = refusal(replace(OFFER, attributes=attributes))
    assert code is ErrorCode.REMOTE_ATTRIBUTES_WRONG


def _other_content(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    new = writer.add_object(generic.StreamObject(stream_data=b"0 0 1 rg 0 0 9 9 re f"))
    page[pdf_name("/Contents")] = new
    writer.update_container(page)


def _other_action(writer: IncrementalPdfFileWriter) -> None:
    action = generic.DictionaryObject({pdf_name("/S"): pdf_name("/Print")})
    writer.root[pdf_name("/OpenAction")] = action
    writer.update_root()


def test_section_before_the_signature_is_caught() -> None:
    for change in (_other_content, _other_action):
        assert refusal(rewritten(change)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/Contents 5 0 R", b"/Contents 35 0 R"[:15]),
        ("/Contents 5 0 R", b"/Contents 8 0 R"),
        ("/Parent 7 0 R", b"/Parent 8 0 R"),
        ("/Resources 29 0 R", b"/Resources 28 0 R"),
        ("595.303937007874", b"295.303937007874"),
        ("/OpenAction", b"/OpenActiox"),
        ("/Pages 7 0 R", b"/Pages 4 0 R"),
        ("/Annots [ 34 0 R ]", b"/Annots [ 35 0 R ]"),
        ("/Fields [ 34 0 R ]", b"/Fields [ 36 0 R ]"),
        ("/FT /Sig", b"/FT /Btn"),
        ("/P 4 0 R", b"/P 1 0 R"),
        ("/F 132", b"/A 132"),
        ("/TU (", b"/AA ("),
        ("/StemV 80", b"/Names 80"),
        ("/Prev 53669", b"/Prev 00009"),
        ("/Root 30 0 R", b"/Root 34 0 R"),
        ("/Info 31 0 R", b"/Info 35 0 R"),
        ("/SigFlags 3", b"/SigFlags 2"),
        ("354.1339 395.8189", b"000.1339 000.8189"),
    ],
)
def test_any_other_change_is_caught(old: str, new: bytes) -> None:
    assert refusal(cheating(old, new)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_reference_to_another_object_in_the_table_is_caught() -> None:
    """A page may be exchanged by the table alone, without a new object."""
    added = PREPARED.data[len(SOURCE) :]
    row = re.compile(rb"(?<=\n)[0-9]{10} 00000 n \n").search(added)
    assert row is not None
    at = SOURCE.index(b"\n8 0 obj") + 1
    data = SOURCE + added[: row.start()] + b"%010d" % at + added[row.start() + 10 :]
    assert refusal(resigned(data)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_gap_that_is_not_empty_is_caught() -> None:
    at = PREPARED.data.rindex(b"/Contents <") + len("/Contents <")
    data = PREPARED.data[:at] + b"30" + PREPARED.data[at + 2 :]
    assert refusal(replace(OFFER, prepared=data)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_bytes_after_the_end_are_caught() -> None:
    data = PREPARED.data + b"4 0 obj\nnull\nendobj\n"
    assert refusal(replace(OFFER, prepared=data)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_range_that_leaves_bytes_out_is_caught() -> None:
    start = PREPARED.data.rindex(b"/ByteRange [0 ")
    found = re.compile(rb"\[0 (\d+) (\d+) (\d+)\]").search(PREPARED.data, start)
    assert found is not None
    shorter = b"[0 %s %s %d]" % (found[1], found[2], int(found[3]) - 1)
    data = PREPARED.data.replace(found[0], shorter.ljust(len(found[0])))
    assert refusal(replace(OFFER, prepared=data)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_drawing_that_could_cover_a_page_is_caught() -> None:
    place = Placement(page=1, x=0, y=0, width=595, height=841)
    prepared = prepared_for(SOURCE, SIGNER, text_lines=("a",), placement=place)
    offer = offer_of(SOURCE, SIGNER, prepared)
    assert refusal(offer) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_drawing_nobody_asked_for_is_caught() -> None:
    assert refusal(replace(OFFER, is_visible=False)) is (
        ErrorCode.REMOTE_DOCUMENT_CHANGED
    )


def packed(parameters: str) -> Offer:
    """An offer to sign a document whose references are packed in this way."""
    rows = zlib.compress(bytes(60))
    stream = (
        b"1 0 obj\n<< /Type /XRef /Size 2 /W [1 4 2] /Root 1 0 R /Length %d"
        b" /Filter /FlateDecode /DecodeParms %s >>"
        b"\nstream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n"
    ) % (len(rows), parameters.encode(), rows)
    return replace(OFFER, document=b"%PDF-1.7\n" + stream)


@pytest.mark.parametrize("columns", ["0", "-1", "9" * 11, "9" * 20])
def test_document_with_rows_of_impossible_length_is_refused(columns: str) -> None:
    offer = packed(f"<< /Predictor 12 /Columns {columns} >>")
    assert refusal(offer) is ErrorCode.PDF_MALFORMED


def test_stream_longer_than_any_file_is_refused() -> None:
    added = PREPARED.data[len(SOURCE) :]
    longer = re.sub(rb"/Length \d+", b"/Length 99999999999999999999", added, count=1)
    assert longer != added
    assert refusal(resigned(SOURCE + longer)) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_document_packed_in_a_way_that_stands_elsewhere_is_refused() -> None:
    """Readers follow the reference, and see other objects than this one does."""
    assert refusal(packed("null")) is ErrorCode.REMOTE_DOCUMENT_CHANGED
    assert refusal(packed("9 0 R")) is ErrorCode.PDF_MALFORMED


def test_packed_objects_that_hold_their_own_length_are_refused() -> None:
    """What says how long an object stream is stands in none (7.5.7)."""
    head = b"%PDF-1.7\n"
    packed_objects = (
        b"7 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length 8 0 R >>"
        b"\nstream\n8 0 5\nendstream\nendobj\n"
    )
    start = len(head + packed_objects)
    rows = b"\1%b\0\2%b\0" % (len(head).to_bytes(2, "big"), (7).to_bytes(2, "big"))
    references = (
        b"9 0 obj\n<< /Type /XRef /Size 10 /W [1 2 1] /Index [7 2] /Root 8 0 R"
        b" /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
    ) % (len(rows), rows, start)
    objects = PdfObjects.read(head + packed_objects + references)
    with pytest.raises(SigningError) as refused:
        objects.value(8)
    assert refused.value.code is ErrorCode.PDF_MALFORMED


@pytest.mark.parametrize("length", [0, 1, 5000, 53_000, 74_000])
def test_cut_off_file_is_caught(length: int) -> None:
    offer = replace(OFFER, prepared=PREPARED.data[:length])
    assert refusal(offer) is ErrorCode.REMOTE_DOCUMENT_CHANGED


def test_no_changed_byte_of_the_section_passes_unseen() -> None:
    """A flipped bit is refused, or changes the digest that is compared."""
    for at in range(len(SOURCE), len(PREPARED.data), 97):
        flipped = bytearray(PREPARED.data)
        flipped[at] ^= 0x04
        with pytest.raises(SigningError):
            check_offer(replace(OFFER, prepared=bytes(flipped)))


def test_signed_file_must_be_the_prepared_one_with_this_signature() -> None:
    checked = check_offer(OFFER)
    value = SIGNER.key.sign(checked.to_sign, OFFER.scheme)
    for wrong in (PREPARED.data, SOURCE, b"", PREPARED.data[:-1]):
        with pytest.raises(SigningError):
            check_signed(OFFER, checked, value, wrong)
