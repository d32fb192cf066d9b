"""False proofs of time, each without effect: no level and no verdict rests on them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.generic import ArrayObject, NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from pki.keys.api import SignatureScheme
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication, Verdict
from signing.pades.levels import Evidence
from signing.pades.stamped import add_time_stamp
from signing.pades.store import add_evidence
from signing.profiles import SignatureLevel
from tests.support.judged_pdf import FORMAT_FAILURE, codes, flipped, gap, outcome
from tests.support.later_revisions import revised, security_store
from tests.support.levels import LevelDesk
from tests.support.ocsp import OcspDesk, request_for
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import time_stamped
from tests.support.time_stamps import TSA_SHAPE, tsa_credential
from tests.support.timed_pdf import (
    TOKEN,
    Attribute,
    archived,
    der,
    desk,
    everything,
    example,
    first,
    plain,
    roots,
    signature_der,
    token_for,
    value_of,
    verdict_on,
    with_attributes,
    with_token,
    with_unsigned,
)

B_B, B_T, B_LT, B_LTA = SignatureLevel
DAY = timedelta(days=1)
LATE = NOW + 800 * DAY
EXPIRED = (Indication.INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE)
DESK = desk()
SIGNED = plain(DESK)
VALUE = value_of(SIGNED)


def _proves_nothing(data: bytes, *desks: LevelDesk) -> Verdict:
    """Require level B-B, undecided now and once the signer ended."""
    known = everything(*(desks or (DESK,)))
    verdict = verdict_on(data, known)
    assert verdict.indication is not Indication.TOTAL_PASSED
    assert first(verdict).level == "PAdES-B-B"
    assert first(verdict).timestamp_time is None
    assert outcome(verdict_on(data, known, LATE)) == EXPIRED
    return verdict


def test_the_true_stamp_does_prove_it() -> None:
    data = with_token(SIGNED, token_for(VALUE, DESK.tsa))
    verdict = verdict_on(data, everything(DESK))
    assert first(verdict).level == "PAdES-B-T"
    assert verdict_on(data, everything(DESK), LATE).indication is (
        Indication.TOTAL_PASSED
    )


def test_stamp_of_another_signature() -> None:
    other = plain(DESK)
    moved = with_token(other, token_for(VALUE, DESK.tsa))
    assert ErrorCode.TIME_STAMP_MISMATCH in codes(_proves_nothing(moved))


@pytest.mark.parametrize(
    "stamped",
    [b"", b"another value", sha256(VALUE).digest()],
    ids=["nothing", "another value", "digest"],
)
def test_stamp_of_something_else(stamped: bytes) -> None:
    data = with_token(SIGNED, token_for(stamped, DESK.tsa))
    assert codes(_proves_nothing(data)) == {
        ErrorCode.TIME_STAMP_UNCHECKED,
        ErrorCode.TIME_STAMP_MISMATCH,
    }


_STAMPS = ExtendedKeyUsageOID.TIME_STAMPING
_SIGNS = ExtendedKeyUsageOID.EMAIL_PROTECTION


@pytest.mark.parametrize(
    "extra",
    [
        (),
        ((x509.ExtendedKeyUsage([_STAMPS]), False),),
        ((x509.ExtendedKeyUsage([_STAMPS, _SIGNS]), True),),
        ((x509.ExtendedKeyUsage([_SIGNS]), True),),
    ],
)
def test_stamp_by_a_key_for_something_else(
    extra: tuple[tuple[x509.ExtensionType, bool], ...],
) -> None:
    credential = tsa_credential(DESK.pki, replace(TSA_SHAPE, extra=extra))
    data = with_token(SIGNED, token_for(VALUE, credential))
    assert ErrorCode.CERTIFICATE_USAGE_WRONG in codes(_proves_nothing(data))


def test_stamp_below_another_root() -> None:
    other = desk()
    data = with_token(SIGNED, token_for(VALUE, other.tsa))
    assert ErrorCode.CHAIN_NOT_FOUND in codes(_proves_nothing(data))


def test_stamp_nobody_signed() -> None:
    token = token_for(VALUE, DESK.tsa)
    verdict = _proves_nothing(with_token(SIGNED, flipped(token, len(token) - 1)))
    assert ErrorCode.SIGNATURE_INVALID in codes(verdict)


def test_stamp_that_names_its_certificate_by_sha1() -> None:
    """ESSCertID, as the library's own stamper writes it."""
    token = signature_der(time_stamped(SIGNED))
    verdict = _proves_nothing(with_token(SIGNED, token))
    assert ErrorCode.SIGNING_CERTIFICATE_MISMATCH in codes(verdict)


_ONE = core.Integer(1).dump()


def _twice(_: bytes) -> tuple[Attribute, ...]:
    return ((TOKEN, [_ONE, _ONE]),)


def _repeated(_: bytes) -> tuple[Attribute, ...]:
    return ((TOKEN, [_ONE]), (TOKEN, [_ONE]))


def _and_another(token: bytes) -> tuple[Attribute, ...]:
    return ((TOKEN, [token]), ("1.2.3.4", [_ONE]))


def _unknown(_: bytes) -> tuple[Attribute, ...]:
    return (("1.2.3.4", [_ONE]),)


def _empty_set(_: bytes) -> tuple[Attribute, ...]:
    return ()


def _no_value(_: bytes) -> tuple[Attribute, ...]:
    return ((TOKEN, []),)


@pytest.mark.parametrize(
    "attributes",
    [_twice, _repeated, _and_another, _unknown, _empty_set, _no_value],
)
def test_nothing_but_one_stamp_may_stand_beside_what_is_signed(
    attributes: Callable[[bytes], tuple[Attribute, ...]],
) -> None:
    data = with_attributes(SIGNED, *attributes(token_for(VALUE, DESK.tsa)))
    verdict = verdict_on(data, everything(DESK))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.CMS_INVALID}


def test_more_in_a_token_than_is_judged() -> None:
    token = with_unsigned(token_for(VALUE, DESK.tsa), *_unknown(b""))
    verdict = _proves_nothing(with_token(SIGNED, token))
    assert ErrorCode.TIME_STAMP_MALFORMED in codes(verdict)


def test_every_octet_of_a_stamp_counts() -> None:
    """A changed one proves nothing; what proves something is as it was made."""
    data = with_token(SIGNED, token := token_for(VALUE, DESK.tsa))
    known = everything(DESK)
    start = data.index(token.hex().encode())
    for number, position in enumerate(range(start, start + 2 * len(token), 101)):
        mask = 1 if data[position : position + 1].isdigit() else 2
        if flipped(data, position, mask)[position] not in b"0123456789abcdef":
            mask = 3
        changed = flipped(data, position, mask)
        verdict = verdict_on(changed, known)
        assert first(verdict).level == "PAdES-B-B", number
        assert verdict_on(changed, known, LATE).indication is not (
            Indication.TOTAL_PASSED
        )


def test_every_octet_round_a_stamp_counts() -> None:
    """Headers of the attributes, and of the set they stand in."""
    data = with_token(SIGNED, token := token_for(VALUE, DESK.tsa))
    start = data.index(token.hex().encode())
    for position in range(start - 2 * 21, start):
        mask = 1 if data[position : position + 1].isdigit() else 2
        changed = flipped(data, position, mask)
        verdict = verdict_on(changed, everything(DESK))
        assert first(verdict).level != "PAdES-B-T"


def test_stamp_after_the_revocation_and_lists_from_before() -> None:
    """The store says what was true before; who has newer lists knows better."""
    made = desk()
    signer = made.pki.person()
    lists = made.material().crls
    made.later(days=3)
    made.pki.issuing.revoke(signer.certificate, NOW + DAY)
    value = value_of(data := plain(made, signer))
    data = with_token(data, token_for(value, made.tsa, made.now))
    data = add_evidence(data, Evidence((), lists))
    alone = verdict_on(data, roots(made), NOW + 20 * DAY)
    assert alone.indication is Indication.INDETERMINATE
    assert ErrorCode.EVIDENCE_TOO_OLD in codes(alone)
    informed = verdict_on(data, everything(made), made.now)
    assert outcome(informed) == (Indication.TOTAL_FAILED, SubIndication.REVOKED)


def test_store_with_lists_from_before_the_signature_is_no_proof() -> None:
    made = desk(published=NOW - DAY)
    value = value_of(data := plain(made))
    data = with_token(data, token_for(value, made.tsa))
    data = add_evidence(data, Evidence((), made.material().crls))
    verdict = verdict_on(data, roots(made), NOW + 10 * DAY)
    assert outcome(verdict) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    assert ErrorCode.EVIDENCE_TOO_OLD in codes(verdict)
    assert first(verdict).level == "PAdES-B-T"


def test_store_with_lists_of_somebody_else() -> None:
    foreign = TestPki.create()
    data = with_token(SIGNED, token_for(VALUE, DESK.tsa))
    for lists in (foreign.crls(), (_forged(DESK.pki, foreign),)):
        stored = add_evidence(data, Evidence((), lists))
        verdict = verdict_on(stored, roots(DESK))
        assert outcome(verdict) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
        assert first(verdict).level == "PAdES-B-B"


def _forged(pki: TestPki, by: TestPki) -> bytes:
    """Name the issuing CA as issuer of a list that another key signs."""
    honest, forging = pki.issuing, by.issuing
    credential = replace(honest.credential, key=forging.credential.key)
    return replace(honest, credential=credential).crl()


def test_store_with_answers_by_a_sibling_authority() -> None:
    """A responder of another CA below the same root."""
    made, sibling = desk(), OcspDesk()
    signer = made.pki.person()
    sibling.issued.add(signer.certificate.serial_number)
    sibling.publish()
    issuer = made.pki.issuing.credential.certificate
    asked = request_for(signer.certificate, issuer=sibling.issuer)
    answer = sibling.responder.answer(asked).body
    value = value_of(data := plain(made, signer))
    data = with_token(data, token_for(value, made.tsa))
    certificates = (der(sibling.credential), issuer.public_bytes(Encoding.DER))
    stored = add_evidence(
        data, Evidence(certificates, (made.pki.root.crl(),), (answer,))
    )
    both = TrustMaterial((*roots(made).roots, *sibling.pki.material().roots))
    verdict = verdict_on(stored, both)
    assert verdict.indication is Indication.INDETERMINATE
    assert ErrorCode.REVOCATION_UNCHECKED in codes(verdict)


def test_stamp_on_the_document_that_does_not_reach_its_end() -> None:
    made, data = example(B_LTA)
    verdict = verdict_on(data + b"% more\n", roots(made))
    assert outcome(verdict) == FORMAT_FAILURE
    cut = data.rindex(b"/ByteRange")
    tail = data[cut:]
    last = tail[: tail.index(b"]")].split()[-1]
    shorter = str(int(last) - 2).rjust(len(last)).encode()
    changed = data[:cut] + tail.replace(last, shorter, 1)
    assert verdict_on(changed, roots(made)).indication is Indication.TOTAL_FAILED


def test_store_changed_after_the_last_stamp_is_allowed_and_not_proven() -> None:
    made, data = example(B_LTA)
    more = TestPki.create().crls()
    changed = add_evidence(data, Evidence((), more))
    verdict = verdict_on(changed, roots(made))
    assert verdict.indication is Indication.TOTAL_PASSED
    assert first(verdict).level == "PAdES-B-LTA"
    assert not any(one.covers_whole_document for one in verdict.signatures)


def test_store_written_after_the_last_stamp_is_not_archived() -> None:
    made, data = example(B_T)
    stamped = add_time_stamp(data, made.services())
    found = everything(made)
    late = add_evidence(stamped, Evidence(found.roots, found.crls))
    assert first(verdict_on(late, roots(made))).level == "PAdES-B-LT"
    again = add_time_stamp(late, made.services())
    assert first(verdict_on(again, roots(made))).level == "PAdES-B-LTA"


def test_replaced_store_takes_the_level_away() -> None:
    made, data = example(B_LTA)
    replaced = revised(data, security_store)
    verdict = verdict_on(replaced, roots(made))
    assert first(verdict).level != "PAdES-B-LTA"
    assert verdict.indication is not Indication.TOTAL_PASSED


def test_damaged_entries_of_a_store_lower_the_level() -> None:
    made, data = example(B_LT)
    reader = PdfFileReader(BytesIO(data))
    for item in reader.root["/DSS"]["/CRLs"]:
        stream = item.get_object()
        at = data.index(stream.encoded_data) + len(stream.encoded_data) // 2
        verdict = verdict_on(flipped(data, at), roots(made))
        assert verdict.indication is not Indication.TOTAL_PASSED
        assert first(verdict).level not in {"PAdES-B-LT", "PAdES-B-LTA"}
        known = verdict_on(flipped(data, at), everything(made))
        assert known.indication is Indication.TOTAL_PASSED
        assert first(known).level == "PAdES-B-T"
        assert codes(known)


def _as_array(writer: IncrementalPdfFileWriter) -> None:
    writer.root[pdf_name("/DSS")] = ArrayObject([NumberObject(1)])
    writer.update_root()


def test_store_of_another_shape_is_none() -> None:
    data = revised(with_token(SIGNED, token_for(VALUE, DESK.tsa)), _as_array)
    verdict = verdict_on(data, everything(DESK))
    assert first(verdict).level == "PAdES-B-T"
    assert verdict.indication is not Indication.TOTAL_PASSED


def test_changed_octets_of_a_document_stamp_prove_nothing() -> None:
    made, data = example(B_LTA)
    start, end = gap(data)
    size = len(data[start:end].rstrip(b"0>"))
    for position in range(start + 1, start + size, 211):
        mask = 1 if data[position : position + 1].isdigit() else 2
        verdict = verdict_on(flipped(data, position, mask), roots(made))
        assert verdict.indication is not Indication.TOTAL_PASSED
        assert first(verdict).level != "PAdES-B-LTA"


def test_archive_stamp_by_a_stranger_archives_nothing() -> None:
    made, stranger = desk(), desk()
    data = made.signed(LETTER.read_bytes(), B_LT)
    stamped = add_time_stamp(data, stranger.services())
    verdict = verdict_on(stamped, roots(made))
    assert first(verdict).level == "PAdES-B-LT"
    assert first(verdict).indication is Indication.TOTAL_PASSED
    assert verdict.indication is Indication.INDETERMINATE
    assert ErrorCode.CHAIN_NOT_FOUND in codes(verdict)


def test_stamp_by_the_signer_is_none() -> None:
    """Whoever signs may not prove the time of it."""
    made = desk()
    signer = made.pki.person()
    value = value_of(data := plain(made, signer))
    assert signer.key.sign(value, SignatureScheme.ECDSA_SHA256)
    data = with_token(data, token_for(value, signer))
    _proves_nothing(data, made)


def test_archive_of_another_file_is_no_use() -> None:
    """The store belongs to a file; the evidence in it is about its own signer."""
    made = desk()
    data = archived(plain(made), made)
    other = desk()
    assert verdict_on(data, roots(other)).indication is Indication.INDETERMINATE
