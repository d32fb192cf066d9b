"""What may follow a signature: archive data and further signatures, nothing else."""

from collections.abc import Callable
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

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
