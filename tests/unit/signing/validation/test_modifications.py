"""What may follow a signature: archive data and further signatures, nothing else."""

from collections.abc import Callable
from io import BytesIO

import pytest
from pyhanko.pdf_utils.generic import NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Modifications, SubIndication
from tests.support import later_revisions as later
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
from tests.support.later_revisions import Change, revised
from tests.support.odd_cms import resigned
from tests.support.signed_pdf import LETTER, sign
from tests.support.small_pdf import small_pdf
from tests.support.stock_signer import stock_signed, time_stamped

PADES = SigSeedSubFilter.PADES


@pytest.mark.parametrize(
    "change", [later.unseen_field, later.new_title, later.security_store]
)
def test_archive_update_passes_as_lta(change: Change) -> None:
    verdict = judged(revised(person_signed(), change))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert verdict.signatures[0].modifications is Modifications.LTA
    assert not verdict.signatures[0].covers_whole_document


def test_archive_update_after_a_seal_leaves_both_valid() -> None:
    verdict = judged(revised(sealed(), later.security_store))
    assert verdict.indication is Indication.TOTAL_PASSED
    found = [one.modifications for one in verdict.signatures]
    assert found == [Modifications.SIGNATURE, Modifications.LTA]


@pytest.mark.parametrize("base", [person_signed, sealed])
@pytest.mark.parametrize(
    "change",
    [
        later.new_contents,
        later.overwritten_contents,
        later.swapped_pages,
        later.removed_page,
        later.note_on_page,
        later.unsigned_field,
        later.acting_field,
        later.text_field,
        later.opening_action,
        later.form_fonts,
    ],
)
def test_change_of_content_fails(change: Change, base: Callable[[], bytes]) -> None:
    verdict = judged(revised(base(), change))
    assert outcome(verdict) == FORMAT_FAILURE
    # What acts by itself is told of besides.
    assert codes(verdict) - {ErrorCode.CONTENT_ACTIVE} == {
        ErrorCode.MODIFIED_AFTER_SIGNING
    }
    assert all(one.intact and one.valid for one in verdict.signatures)


def test_change_hidden_by_a_further_revision_still_fails() -> None:
    changed = revised(person_signed(), later.note_on_page)
    verdict = judged(revised(changed, later.new_title))
    assert outcome(verdict) == FORMAT_FAILURE


def test_change_before_the_seal_fails_the_person_only() -> None:
    changed = revised(person_signed(), later.new_title)
    verdict = judged(stock_signed(changed, AGENCY, "seal", subfilter=PADES))
    assert verdict.indication is Indication.TOTAL_PASSED
    changed = revised(person_signed(), later.new_contents)
    verdict = judged(stock_signed(changed, AGENCY, "seal", subfilter=PADES))
    person, agency = verdict.signatures
    assert person.indication is Indication.TOTAL_FAILED
    assert agency.indication is Indication.TOTAL_PASSED


def test_filled_form_fails_and_is_named() -> None:
    with_form = revised(sign(LETTER.read_bytes(), PERSON), later.text_field)
    signed = stock_signed(with_form, AGENCY, "seal", subfilter=PADES)
    verdict = judged(revised(signed, later.filled_text))
    assert outcome(verdict) == FORMAT_FAILURE
    assert verdict.signatures[1].modifications is Modifications.FORM_FILLING


def test_freed_object_fails() -> None:
    trailer = PdfFileReader(BytesIO(person_signed())).trailer
    used = trailer.raw_get("/Info").idnum
    verdict = judged(later.appended(person_signed(), {}, freed=(used,)))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_object_that_nothing_uses_passes_as_lta() -> None:
    verdict = judged(later.appended(person_signed(), {9000: b"null"}))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert verdict.signatures[0].modifications is Modifications.LTA


def test_signature_in_a_prepared_field_passes() -> None:
    prepared = revised(LETTER.read_bytes(), later.prepared_field)
    signed = stock_signed(prepared, PERSON, "person", subfilter=PADES)
    verdict = judged(stock_signed(signed, AGENCY, "thêm", subfilter=PADES))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert verdict.signatures[0].modifications is Modifications.SIGNATURE


def test_certified_document_admits_what_its_signer_allowed() -> None:
    certified = stock_signed(
        LETTER.read_bytes(),
        PERSON,
        "person",
        subfilter=PADES,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    allowed = stock_signed(certified, AGENCY, "seal", subfilter=PADES)
    assert judged(allowed).indication is Indication.TOTAL_PASSED
    locked = allowed.replace(b"/P 2\n", b"/P 1\n")
    assert locked != allowed
    locked = resigned(resigned(locked, PERSON, index=0), AGENCY, index=1)
    assert outcome(judged(locked)) == FORMAT_FAILURE
    assert codes(judged(locked)) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_more_work_than_the_budget_is_not_assessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signing.validation.modifications.MAX_COMPARISON_STEPS", 3000)
    verdict = judged(sealed())
    assert outcome(verdict) == (Indication.INDETERMINATE, SubIndication.GENERIC)
    assert codes(verdict) == {ErrorCode.MODIFICATION_NOT_ASSESSED}
    assert verdict.signatures[0].modifications is Modifications.NOT_ASSESSED
    assert judged(person_signed()).indication is Indication.TOTAL_PASSED


def test_document_time_stamp_is_a_change_that_a_signature_outlives() -> None:
    """The library's own stamper names its certificate by SHA-1: that proves nothing."""
    verdict = judged(time_stamped(person_signed()))
    person, stamp = verdict.signatures
    assert person.indication is Indication.TOTAL_PASSED
    assert person.modifications is Modifications.LTA
    assert person.timestamp_time is None
    assert stamp.covers_whole_document
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    )
    assert codes(verdict) == {ErrorCode.SIGNING_CERTIFICATE_MISMATCH}


def extensions_of_europe(writer: IncrementalPdfFileWriter) -> None:
    """Say that the file follows ETSI's developer extensions, as PAdES signers do."""
    entry = later.dictionary(
        BaseVersion=pdf_name("/1.7"), ExtensionLevel=NumberObject(5)
    )
    writer.root[pdf_name("/Extensions")] = later.dictionary(ESIC=entry)
    writer.update_root()


def extensions_that_draw(writer: IncrementalPdfFileWriter) -> None:
    """Put a drawing in place of the developer extensions."""
    writer.root[pdf_name("/Extensions")] = writer.add_object(later.drawing())
    writer.update_root()


def mark_information_that_refers(writer: IncrementalPdfFileWriter) -> None:
    """Put a dictionary with a drawing in place of what says whether it is tagged."""
    held = later.dictionary(CharProcs=writer.add_object(later.drawing()))
    writer.root[pdf_name("/MarkInfo")] = held
    writer.update_root()


def version_that_is_no_name(writer: IncrementalPdfFileWriter) -> None:
    """Put a dictionary in place of the version."""
    writer.root[pdf_name("/Version")] = later.dictionary()
    writer.update_root()


def catalog_is_resource(category: str) -> bytes:
    """Sign a page that takes the catalog for its dictionary of fonts or drawings."""
    source = small_pdf(page=f"/Resources << /{category} 1 0 R >>")
    return stock_signed(source, PERSON, "person", subfilter=PADES)


def test_developer_extensions_pass_as_lta() -> None:
    verdict = judged(revised(person_signed(), extensions_of_europe))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert verdict.signatures[0].modifications is Modifications.LTA


@pytest.mark.parametrize("base", [person_signed, sealed])
@pytest.mark.parametrize(
    "change",
    [extensions_that_draw, mark_information_that_refers, version_that_is_no_name],
)
def test_entry_of_the_catalog_in_another_shape_fails(
    change: Change, base: Callable[[], bytes]
) -> None:
    verdict = judged(revised(base(), change))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


@pytest.mark.parametrize("category", ["Font", "XObject", "ExtGState"])
def test_catalog_that_a_page_draws_with_may_not_be_written_again(category: str) -> None:
    signed = catalog_is_resource(category)
    assert judged(signed).indication is Indication.TOTAL_PASSED
    verdict = judged(revised(signed, extensions_of_europe))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_another_object_may_not_become_the_catalog() -> None:
    changed = revised(person_signed(), extensions_of_europe)
    reader = PdfFileReader(BytesIO(changed))
    root = reader.root_ref.idnum
    body = BytesIO()
    reader.root.write_to_stream(body)
    moved = later.appended(person_signed(), {9000: body.getvalue()})
    at = moved.rindex(b"/Root %d " % root)
    moved = moved[:at] + b"/Root 9000 " + moved[at + len(b"/Root %d " % root) :]
    assert outcome(judged(moved)) == FORMAT_FAILURE


def test_catalog_that_a_signature_restricts_may_be_written_again() -> None:
    """A lock of fields names the catalog as its /Data (ISO 32000-2 Table 256)."""

    def prepared(writer: IncrementalPdfFileWriter) -> None:
        lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["khac"])
        append_signature_field(writer, SigFieldSpec("person", field_mdp_spec=lock))

    locked = revised(LETTER.read_bytes(), prepared)
    signed = stock_signed(locked, PERSON, "person", subfilter=PADES)
    assert b"/Data" in signed
    verdict = judged(revised(signed, later.security_store))
    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "root", ["4 0 R", "<< /Type /StructTreeRoot /P 1 0 R /K [] >>"]
)
def test_catalog_above_the_structure_tree_may_be_written_again(root: str) -> None:
    """Some writers name it as the parent of the tree's root, which takes nothing."""
    objects = {4: "<< /Type /StructTreeRoot /P 1 0 R /K [] >>"}
    source = small_pdf(objects, catalog=f"/StructTreeRoot {root}")
    signed = stock_signed(source, PERSON, "person", subfilter=PADES)

    verdict = judged(stock_signed(signed, AGENCY, "seal", subfilter=PADES))

    assert verdict.indication is Indication.TOTAL_PASSED


def test_catalog_that_another_dictionary_names_p_may_not_be_written_again() -> None:
    page = "/Resources << /Font << /P 1 0 R >> >>"
    signed = stock_signed(small_pdf(page=page), PERSON, "person", subfilter=PADES)

    verdict = judged(stock_signed(signed, AGENCY, "seal", subfilter=PADES))

    assert verdict.indication is Indication.TOTAL_FAILED
