"""The verdict on whole files: who signed, with what, and when."""

from datetime import timedelta
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from pki.errors import PkiError
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import FileKind, Indication, Modifications, SubIndication, Verdict
from tests.support.certificates import Shape, ca_shape, make
from tests.support.judged_pdf import (
    AGENCY,
    FORMAT_FAILURE,
    PERSON,
    PKI,
    TRUSTED,
    codes,
    flipped,
    gap,
    judged,
    material,
    outcome,
    person_signed,
    sealed,
    sealed_unseen,
    with_gap,
)
from tests.support.later_revisions import revised, security_store
from tests.support.odd_cms import CmsShape, resigned
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, SAMPLES, SEAL, sign
from tests.support.small_pdf import assemble, small_pdf

PASSED = (Indication.TOTAL_PASSED, None)
_LEGACY_NAME = b"/adbe.pkcs7.detached"
_PADES_NAME = b"/ETSI.CAdES.detached"


def _usage_verdict(shape: Shape) -> Verdict:
    credential = make(PKI.issuing, shape)
    chain = (PKI.issuing.credential.certificate.public_bytes(Encoding.DER),)
    trusted = TrustMaterial(TRUSTED.roots, chain, TRUSTED.crls)
    return judged(resigned(person_signed(), credential), trusted)


def test_person_passes() -> None:
    verdict = judged(person_signed())
    (one,) = verdict.signatures
    assert outcome(verdict) == PASSED
    assert (verdict.kind, one.field) == (FileKind.PDF, "lienthong-person")
    assert (one.intact, one.valid, one.covers_whole_document) == (True, True, True)
    assert one.modifications is Modifications.NONE
    assert one.signer == "Đoàn Thạch Khuê"
    assert one.level == "PAdES-B-B"
    assert one.signing_time == NOW
    assert len(one.chain) == 3


def test_person_then_seal_passes_as_signature() -> None:
    verdict = judged(sealed())
    person, agency = verdict.signatures
    assert outcome(verdict) == PASSED
    assert person.modifications is Modifications.SIGNATURE
    assert (person.covers_whole_document, agency.covers_whole_document) == (False, True)
    assert agency.modifications is Modifications.NONE
    assert agency.signer == "UBND xã Suối Mây"


def test_signatures_that_do_not_show_pass_too() -> None:
    verdict = judged(sealed_unseen())
    assert outcome(verdict) == PASSED
    assert verdict.signatures[0].modifications is Modifications.SIGNATURE


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_passes_signed_and_fails_changed(path: object) -> None:
    source = path.read_bytes()  # type: ignore[attr-defined]  # a Path
    signed = sign(source, PERSON)
    assert outcome(judged(signed)) == PASSED
    changed = judged(flipped(signed, len(source) // 2))
    assert changed.indication is Indication.TOTAL_FAILED


def test_file_with_cross_reference_streams_passes_too() -> None:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(LETTER.read_bytes())))
    writer.stream_xrefs = True
    written = BytesIO()
    writer.write(written)
    signed = sign(sign(written.getvalue(), PERSON), AGENCY, SEAL)
    assert PdfFileReader(BytesIO(signed)).has_xref_stream
    assert outcome(judged(signed)) == PASSED
    later = judged(revised(signed, security_store))
    assert outcome(later) == PASSED
    assert later.signatures[-1].modifications is Modifications.LTA


def test_file_without_a_signature_is_not_signed() -> None:
    verdict = judged(LETTER.read_bytes())
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )
    assert codes(verdict) == {ErrorCode.NOT_SIGNED}


def test_empty_signature_field_is_no_signature() -> None:
    field = "<< /FT /Sig /T (empty) /Subtype /Widget /Rect [0 0 0 0] >>"
    file = small_pdf({4: field}, catalog="/AcroForm << /Fields [4 0 R] >>")
    assert codes(judged(file)) == {ErrorCode.NOT_SIGNED}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"<html>",
        bytes(5000),
        b"\xef\xbb\xbf%PDF-1.7\n",
        LETTER.read_bytes()[:20_000],
        LETTER.read_bytes()[100:],
        b" " + person_signed(),
    ],
)
def test_other_file_is_malformed(data: bytes) -> None:
    verdict = judged(data)
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.PDF_MALFORMED}


def test_encrypted_file_is_named_so() -> None:
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 0 /Kids [] >>",
        3: b"<< /Filter /Standard /V 1 /R 2 /P -4 /O (%s) /U (%s) >>"
        % (b"o" * 32, b"u" * 32),
    }
    verdict = judged(assemble(bodies, b"/Encrypt 3 0 R /ID [(a) (a)]"))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.PDF_ENCRYPTED}


def test_unknown_root_is_indeterminate() -> None:
    verdict = judged(person_signed(), material(TestPki.create("Khác")))
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    )
    assert codes(verdict) == {ErrorCode.CHAIN_NOT_FOUND}


def test_missing_revocation_data_is_indeterminate() -> None:
    verdict = judged(person_signed(), material(crls=()))
    assert outcome(verdict) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    assert codes(verdict) == {ErrorCode.REVOCATION_UNCHECKED}


def test_revoked_signer_never_passes_and_proof_decides_which_way() -> None:
    pki = TestPki.create("Thu hồi")
    revoked = pki.person()
    signed = sign(LETTER.read_bytes(), revoked)
    assert outcome(judged(signed, material(pki))) == PASSED
    pki.issuing.revoke(revoked.certificate, NOW - timedelta(hours=1))
    trusted = material(pki)
    assert outcome(judged(signed, trusted)) == (
        Indication.INDETERMINATE,
        SubIndication.REVOKED_NO_POE,
    )
    assert codes(judged(signed, trusted)) == {ErrorCode.CERTIFICATE_REVOKED}
    late = judged(signed, trusted, proven_at=NOW)
    assert outcome(late) == (Indication.TOTAL_FAILED, SubIndication.REVOKED)
    early = judged(signed, trusted, proven_at=NOW - timedelta(hours=2))
    assert outcome(early) == PASSED


def test_expired_signer_is_out_of_bounds() -> None:
    pki = TestPki.create("Hết hạn")
    signed = sign(LETTER.read_bytes(), pki.person())
    later = NOW + timedelta(days=800)
    trusted = material(pki, (pki.root.crl(later), pki.issuing.crl(later)))
    assert outcome(judged(signed, trusted, at=later)) == (
        Indication.INDETERMINATE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
    )


@pytest.mark.parametrize(
    "shape",
    [
        Shape(key_usage=frozenset({"key_encipherment"})),
        Shape(eku=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        Shape(key_usage=None),
        ca_shape("CA ký văn bản"),
        ca_shape(key_usage=frozenset({"digital_signature", "key_cert_sign"})),
    ],
    ids=["encipherment", "server", "no usage", "authority", "authority that signs"],
)
def test_certificate_for_another_use_is_refused(shape: Shape) -> None:
    verdict = _usage_verdict(shape)
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
    )
    assert codes(verdict) == {ErrorCode.CERTIFICATE_USAGE_WRONG}


def test_sound_certificate_of_the_same_make_passes() -> None:
    assert outcome(_usage_verdict(Shape())) == PASSED


def test_certificate_without_anyone_to_vouch_for_it_is_named() -> None:
    stranger = TestPki.create("Lạ").person().certificate
    shape = CmsShape(certificates=(PERSON.certificate, stranger))
    chain = (PKI.issuing.credential.certificate.public_bytes(Encoding.DER),)
    trusted = TrustMaterial(TRUSTED.roots, chain, TRUSTED.crls)
    verdict = judged(resigned(person_signed(), PERSON, shape), trusted)
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    )


def test_altered_intermediate_never_passes_though_a_good_one_is_at_hand() -> None:
    signed = person_signed()
    issuing = PKI.issuing.credential.certificate
    chain = (issuing.public_bytes(Encoding.DER),)
    trusted = TrustMaterial(TRUSTED.roots, chain, TRUSTED.crls)
    start, end = gap(signed)
    value = issuing.signature.hex().upper().encode()
    at = signed.index(value, start, end)
    for position in (at - 1, at + 20, at + len(value) - 1):
        digit = b"1" if signed[position : position + 1] != b"1" else b"2"
        changed = signed[:position] + digit + signed[position + 1 :]
        verdict = judged(changed, trusted)
        assert verdict.indication is not Indication.TOTAL_PASSED
        assert codes(verdict) & {
            ErrorCode.CHAIN_INVALID,
            ErrorCode.CERTIFICATE_MALFORMED,
            ErrorCode.CMS_INVALID,
        }


def test_legacy_form_is_read_and_never_passes() -> None:
    source = sign(LETTER.read_bytes(), PERSON)
    renamed = source.replace(_PADES_NAME, _LEGACY_NAME)
    verdict = judged(resigned(renamed, PERSON))
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert codes(verdict) == {ErrorCode.SIGNATURE_FORMAT_LEGACY}
    (one,) = verdict.signatures
    assert (one.level, one.intact, one.valid) == ("legacy", True, True)


def test_worst_signature_decides() -> None:
    start, end = gap(sealed())
    broken = with_gap(sealed(), b"<" + b"00" * ((end - start - 2) // 2) + b">")
    verdict = judged(broken)
    assert outcome(verdict) == FORMAT_FAILURE
    assert verdict.signatures[0].indication is Indication.TOTAL_PASSED


def test_malformed_root_is_the_callers_error() -> None:
    with pytest.raises(PkiError):
        judged(person_signed(), TrustMaterial((b"not a certificate",)))
