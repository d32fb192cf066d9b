"""Forms that a program has extended for its readers, and what only looks like one."""

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support import later_revisions as later
from tests.support.judged_pdf import (
    AGENCY,
    FORMAT_FAILURE,
    PERSON,
    codes,
    judged,
    outcome,
    person_signed,
)
from tests.support.later_revisions import dictionary, revised
from tests.support.signed_pdf import SEAL, sign
from tests.support.small_pdf import small_pdf

_REFERENCE = "<< /Type /SigRef /TransformMethod /{} /TransformParams << /V /2.2 >> >>"


def extended(references: str, key: str = "UR3") -> bytes:
    """Build a file as the program leaves it that signs rights for its readers."""
    signature = (
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
        f"/ByteRange [0 9 99 9] /Contents <00> {references} >>"
    )
    objects = {4: signature, 5: _REFERENCE.format("UR3")}
    return small_pdf(objects, catalog=f"/Perms << /{key} 4 0 R >>")


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        (_REFERENCE.format("UR3"), "UR3"),
        (_REFERENCE.format("UR"), "UR"),
        ("5 0 R", "UR3"),
    ],
    ids=["UR3", "UR", "an object"],
)
def test_form_with_rights_for_readers_is_not_signed_and_may_be(
    reference: str, key: str
) -> None:
    source = extended(f"/Reference [{reference}]", key)
    assert codes(judged(source)) == {ErrorCode.NOT_SIGNED}
    sealed = sign(sign(source, PERSON), AGENCY, SEAL)
    assert judged(sealed).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("references", "key"),
    [
        ("", "UR3"),
        ("/Reference []", "UR3"),
        ("/Reference null", "UR3"),
        (f"/Reference [{_REFERENCE.format('DocMDP')}]", "UR3"),
        (f"/Reference [{_REFERENCE.format('UR3')} null]", "UR3"),
        (f"/Reference [{_REFERENCE.format('UR3')}]", "DocMDP"),
    ],
)
def test_other_signature_without_a_field_is_a_damaged_one(
    references: str, key: str
) -> None:
    verdict = judged(extended(references, key))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.SIGNATURE_DICTIONARY_INVALID}


@pytest.mark.parametrize(
    "permissions", ["null", "99 0 R", "[]", "<< /UR3 99 0 R >>", "<< /UR3 << >> >>"]
)
def test_permissions_that_grant_nothing_are_passed_over(permissions: str) -> None:
    source = small_pdf(catalog=f"/Perms {permissions}")
    assert codes(judged(source)) == {ErrorCode.NOT_SIGNED}


def moved(writer: IncrementalPdfFileWriter) -> None:
    """Name the signature of the last field as one for readers."""
    signature = writer.root["/AcroForm"]["/Fields"][-1].raw_get("/V")
    writer.root[pdf_name("/Perms")] = dictionary(UR3=signature)
    later.fields_taken_away(writer)


def rewritten(writer: IncrementalPdfFileWriter) -> None:
    """Have it say so itself, too."""
    signature = writer.root["/AcroForm"]["/Fields"][-1]["/V"]
    reference = dictionary(TransformMethod=pdf_name("/UR3"))
    signature[pdf_name("/Reference")] = ArrayObject([reference])
    writer.update_container(signature)
    moved(writer)


@pytest.mark.parametrize("change", [moved, rewritten])
def test_signature_of_a_person_is_not_turned_into_one(change: later.Change) -> None:
    verdict = judged(revised(person_signed(), change))
    assert verdict.indication is Indication.TOTAL_FAILED
    assert ErrorCode.NOT_SIGNED not in codes(verdict)
