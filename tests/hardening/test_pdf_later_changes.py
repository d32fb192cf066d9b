"""Small changes by a later revision: what shows must be what was signed."""

from collections.abc import Callable

import pytest
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Modifications
from tests.support import later_revisions as later
from tests.support.attacks.shadows import in_parts
from tests.support.attacks.shown import drawn
from tests.support.judged_pdf import (
    AGENCY,
    FORMAT_FAILURE,
    PERSON,
    codes,
    judged,
    outcome,
    person_signed,
    sealed,
)
from tests.support.later_revisions import (
    Change,
    dictionary,
    drawing,
    first_page,
    rectangle,
    revised,
)
from tests.support.signed_pdf import LETTER, SEAL, sign
from tests.support.small_pdf import assemble, small_pdf
from tests.support.stock_signer import stock_signed, time_stamped

PADES = SigSeedSubFilter.PADES


def _signature_field(writer: IncrementalPdfFileWriter) -> DictionaryObject:
    field = writer.root["/AcroForm"]["/Fields"][0]
    if not isinstance(field, DictionaryObject):
        raise TypeError
    return field


def form_default_appearance(writer: IncrementalPdfFileWriter) -> None:
    """Let fields without own font show their text in another."""
    form = writer.root["/AcroForm"]
    form[pdf_name("/DA")] = TextStringObject("/Helv 40 Tf 1 0 0 rg")
    writer.update_container(form)


def form_asks_for_new_appearances(writer: IncrementalPdfFileWriter) -> None:
    """Ask readers to draw every field anew."""
    form = writer.root["/AcroForm"]
    form[pdf_name("/NeedAppearances")] = BooleanObject(True)
    writer.update_container(form)


def appearance_replaced(writer: IncrementalPdfFileWriter) -> None:
    """Show something else where the person signed."""
    field = _signature_field(writer)
    field[pdf_name("/AP")] = dictionary(N=writer.add_object(drawing()))
    writer.update_container(field)


def appearance_stream_overwritten(writer: IncrementalPdfFileWriter) -> None:
    """Draw something else in the very stream that shows the signature."""
    stream = _signature_field(writer)["/AP"]["/N"]
    if not isinstance(stream, StreamObject):
        raise TypeError
    stream._data = b"1 0 0 rg 0 0 400 400 re f"
    stream._encoded_data = None
    writer.update_container(stream)


def signature_moved(writer: IncrementalPdfFileWriter) -> None:
    """Show the signature somewhere else, and larger."""
    field = _signature_field(writer)
    field[pdf_name("/Rect")] = rectangle(0, 0, 500, 700)
    writer.update_container(field)


def signature_hidden(writer: IncrementalPdfFileWriter) -> None:
    """Keep the signature from showing."""
    field = _signature_field(writer)
    field[pdf_name("/F")] = NumberObject(2)
    writer.update_container(field)


def signature_off_the_page(writer: IncrementalPdfFileWriter) -> None:
    """Take every annotation off the pages; the form still has the fields."""
    for page in writer.root["/Pages"]["/Kids"]:
        opened = page.get_object()
        if "/Annots" in opened:
            opened[pdf_name("/Annots")] = ArrayObject()
            writer.update_container(opened)


def optional_content(writer: IncrementalPdfFileWriter) -> None:
    """Bring in layers, which may hide and show."""
    writer.root[pdf_name("/OCProperties")] = dictionary(OCGs=ArrayObject())
    writer.update_root()


def hidden_note(writer: IncrementalPdfFileWriter) -> None:
    """Lay a note over the page that shows in print only."""
    later.note_on_page(writer)
    note = first_page(writer)["/Annots"][-1]
    note[pdf_name("/F")] = NumberObject(4 + 32)
    writer.update_container(note)


def page_resources(writer: IncrementalPdfFileWriter) -> None:
    """Give the first page's fonts other shapes under the same names."""
    page = first_page(writer)
    font = dictionary(Type=pdf_name("/Font"), Subtype=pdf_name("/Type3"))
    reference = writer.add_object(font)
    fonts = dictionary()
    for name in page["/Resources"]["/Font"]:
        fonts[pdf_name(name)] = reference
    page[pdf_name("/Resources")] = dictionary(Font=fonts)
    writer.update_container(page)


def page_rotated(writer: IncrementalPdfFileWriter) -> None:
    """Turn the first page round."""
    page = first_page(writer)
    page[pdf_name("/Rotate")] = NumberObject(180)
    writer.update_container(page)


def page_cropped(writer: IncrementalPdfFileWriter) -> None:
    """Let the lower half of the first page not show."""
    page = first_page(writer)
    page[pdf_name("/CropBox")] = rectangle(0, 400, 595, 842)
    writer.update_container(page)


CHANGES = [
    form_default_appearance,
    form_asks_for_new_appearances,
    appearance_replaced,
    appearance_stream_overwritten,
    signature_moved,
    signature_hidden,
    signature_off_the_page,
    optional_content,
    hidden_note,
    page_resources,
    page_rotated,
    page_cropped,
]


@pytest.mark.parametrize("base", [person_signed, sealed])
@pytest.mark.parametrize("change", CHANGES)
def test_change_of_what_shows_fails(change: Change, base: Callable[[], bytes]) -> None:
    verdict = judged(revised(base(), change))

    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


@pytest.mark.parametrize("base", [person_signed, sealed])
@pytest.mark.parametrize("rectangle", later.ODD_RECTANGLES)
def test_field_whose_rectangle_only_readers_understand_fails(
    rectangle: Callable[[IncrementalPdfFileWriter], ArrayObject],
    base: Callable[[], bytes],
) -> None:
    verdict = judged(revised(base(), later.field_of(rectangle)))

    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_field_that_draws_without_a_place_fails() -> None:
    def change(writer: IncrementalPdfFileWriter) -> None:
        shown = dictionary(N=writer.add_object(drawing()))
        later._add_field(writer, later._field(AP=shown))

    verdict = judged(revised(sealed(), change))

    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def countersigned(box: tuple[int, int, int, int]) -> bytes:
    """The person's letter with a further visible signature of another signer."""
    return stock_signed(person_signed(), AGENCY, "further", subfilter=PADES, box=box)


def test_further_signature_of_usual_size_passes() -> None:
    verdict = judged(countersigned((300, 100, 500, 200)))

    assert verdict.indication is Indication.TOTAL_PASSED


def test_further_signature_in_two_places_of_usual_size_passes() -> None:
    verdict = judged(in_parts((300, 100, 400, 150), (60, 100, 160, 150)))

    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 595, 842),
        (0, 400, 595, 420),
        (590, 830, 10, 10),
        (0, 0, 100, 800),
        (2**31 - 50, 0, 2**31 + 50, 90),
    ],
    ids=["page", "line", "turned", "column", "wrapped"],
)
def test_further_signature_that_draws_over_the_page_fails(
    box: tuple[int, int, int, int],
) -> None:
    verdict = judged(countersigned(box))

    person, further = verdict.signatures
    assert outcome(verdict) == FORMAT_FAILURE
    assert {one.code for one in person.reasons} == {ErrorCode.MODIFIED_AFTER_SIGNING}
    assert further.indication is Indication.TOTAL_PASSED


def test_time_stamp_that_shows_fails_the_signatures_before_it() -> None:
    """A time stamp names nobody who would answer for a drawing."""
    verdict = judged(time_stamped(sealed(), (60, 20, 380, 60)))

    person, agency, _ = verdict.signatures
    assert outcome(verdict) == FORMAT_FAILURE
    for one in (person, agency):
        assert {r.code for r in one.reasons} == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_time_stamp_in_a_field_prepared_to_show_fails_the_signatures_before_it() -> (
    None
):
    def prepared(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, SigFieldSpec("time", box=(60, 20, 380, 60)))

    signed = sign(revised(LETTER.read_bytes(), prepared), PERSON)

    verdict = judged(time_stamped(signed))

    assert outcome(verdict) == FORMAT_FAILURE
    assert verdict.signatures[0].modifications is Modifications.FORM_FILLING


def certified(permission: MDPPerm) -> bytes:
    """The letter, certified by a person who allows what `permission` says."""
    return stock_signed(
        LETTER.read_bytes(),
        PERSON,
        "person",
        subfilter=PADES,
        certify=True,
        docmdp_permissions=permission,
    )


@pytest.mark.parametrize("permission", list(MDPPerm))
@pytest.mark.parametrize(
    "change",
    [
        later.new_contents,
        later.note_on_page,
        later.unsigned_field,
        later.form_fonts,
        form_default_appearance,
        signature_moved,
    ],
)
def test_change_after_a_certification_fails_whatever_it_permits(
    change: Change, permission: MDPPerm
) -> None:
    verdict = judged(revised(certified(permission), change))

    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_archive_data_after_a_certification_without_changes_pass() -> None:
    verdict = judged(revised(certified(MDPPerm.NO_CHANGES), later.security_store))

    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("permission", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
def test_signature_after_a_certification_that_permits_it_passes(
    permission: MDPPerm,
) -> None:
    signed = stock_signed(certified(permission), AGENCY, "seal", subfilter=PADES)

    assert judged(signed).indication is Indication.TOTAL_PASSED


_NO_ANNOTATIONS = pytest.mark.parametrize(
    "annotations", ["null", "6 0 R"], ids=["null", "an object that is null"]
)


@_NO_ANNOTATIONS
def test_archive_data_pass_where_the_annotations_of_a_page_are_null(
    annotations: str,
) -> None:
    """Null is the same as none (ISO 32000-2 clause 7.3.7)."""
    unseen = "/Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132"
    objects = {
        4: "<< /Fields [5 0 R] /SigFlags 3 >>",
        5: f"<< /FT /Sig /T (person) {unseen} >>",
        6: "null",
    }
    page = f"/Annots {annotations}"
    source = small_pdf(objects, catalog="/AcroForm 4 0 R", page=page)
    signed = stock_signed(source, PERSON, "person", subfilter=PADES)

    verdict = judged(revised(signed, later.security_store))

    assert verdict.indication is Indication.TOTAL_PASSED


@_NO_ANNOTATIONS
def test_seal_passes_where_the_annotations_of_another_page_are_null(
    annotations: str,
) -> None:
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {} >>"
    bodies = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>",
        3: page.format(""),
        4: page.format(f"/Annots {annotations}"),
        5: "null",
        6: "null",
    }
    source = assemble({number: body.encode() for number, body in bodies.items()})

    verdict = judged(sign(sign(source, PERSON), AGENCY, SEAL))

    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("media_box", "name"),
    [("0.0 0.0 595.0 842.0", "(seal)"), ("0 0 595 842", "<FEFF007300650061006C>")],
    ids=["real numbers", "name in UTF-16"],
)
def test_values_that_the_library_spells_anew_pass_where_they_show_alike(
    media_box: str, name: str
) -> None:
    """Another signer of the same library lists a field on the page, and fills one."""
    field = "/FT /Sig /Type /Annot /Subtype /Widget"
    objects = {
        4: f"<< {field} /T (person) /Rect [0 0 0 0] /F 132 >>",
        5: f"<< {field} /T {name} /Rect [9 9 99 59] /F 4 >>",
        6: "<< /Fields [4 0 R 5 0 R] /SigFlags 3 >>",
    }
    source = small_pdf(
        objects,
        catalog="/AcroForm 6 0 R /OpenAction [3 0 R /XYZ 0.0 842.0 0.0]",
        page="/Annots [4 0 R 5 0 R]",
        media_box=media_box,
    )
    signed = stock_signed(source, PERSON, "person", subfilter=PADES)
    sealed = stock_signed(signed, AGENCY, "seal", subfilter=PADES)

    verdict = judged(stock_signed(sealed, AGENCY, "further", subfilter=PADES))

    assert verdict.indication is Indication.TOTAL_PASSED


def test_document_information_in_another_encoding_passes() -> None:
    """Office programs write it in UTF-16, the library in one octet a letter."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        later.security_store(writer)
        writer.update_container(writer.trailer["/Info"])

    entry = b"/Title <FEFF0061> /Company <FEFF0062>"
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        4: b"<< %s >>" % entry,
    }
    source = assemble(bodies, b"/Info 4 0 R")
    signed = stock_signed(source, PERSON, "person", subfilter=PADES)

    verdict = judged(revised(signed, change))

    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("drawn_before", ["", "/AP << /N 6 0 R >>"])
def test_signature_in_a_prepared_field_over_the_page_fails_those_before_it(
    drawn_before: str,
) -> None:
    """An empty field shows nothing to the first signer, nor one that draws nothing."""
    empty = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 >>"
    field = "/FT /Sig /Type /Annot /Subtype /Widget /F 4"
    objects = {
        4: f"<< {field} /T (other) /Rect [0 0 595 842] {drawn_before} >>",
        5: "<< /Fields [4 0 R] /SigFlags 3 >>",
        6: f"{empty}\nstream\n\nendstream",
    }
    source = small_pdf(objects, catalog="/AcroForm 5 0 R", page="/Annots [4 0 R]")
    signed = stock_signed(source, PERSON, "person", subfilter=PADES)
    style = drawn(b"0 0 m 100 30 l S")

    verdict = judged(
        stock_signed(signed, AGENCY, "other", subfilter=PADES, style=style)
    )

    person, other = verdict.signatures
    assert {one.code for one in person.reasons} == {ErrorCode.MODIFIED_AFTER_SIGNING}
    assert other.indication is Indication.TOTAL_PASSED
