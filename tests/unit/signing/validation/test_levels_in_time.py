"""What a file proves by itself, years later (EN 319 102-1 clauses 5.5 and 5.6)."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from pki.policy.rules import AlgorithmEnds
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.pades.levels import Evidence
from signing.pades.stamped import add_time_stamp
from signing.pades.store import add_evidence
from signing.profiles import SignatureLevel
from signing.validation.engine.algorithms import weak_at
from signing.validation.engine.proofs import Proof, Proofs
from signing.validation.pdf import read_facts
from tests.support.judged_pdf import codes, outcome
from tests.support.keys import rsa_key
from tests.support.pki import NOW
from tests.support.signed_pdf import LETTER
from tests.support.time_stamps import TSA_SHAPE, tsa_credential
from tests.support.timed_pdf import (
    archived,
    desk,
    everything,
    example,
    first,
    roots,
    verdict_on,
)

PASSED = (Indication.TOTAL_PASSED, None)
DAY = timedelta(days=1)
SIGNER_ENDED = NOW + 800 * DAY
B_B, B_T, B_LT, B_LTA = SignatureLevel
LASTING = (B_LT, B_LTA)


@pytest.mark.parametrize("level", SignatureLevel)
def test_level_is_named_as_proven(level: SignatureLevel) -> None:
    made, data = example(level)
    verdict = verdict_on(data, everything(made))
    assert outcome(verdict) == PASSED
    assert first(verdict).level == f"PAdES-{level}"
    stamped = (NOW, "TSA") if level is not B_B else (None, "")
    assert (first(verdict).timestamp_time, first(verdict).timestamp_authority) == (
        stamped
    )
    assert not codes(verdict)


def test_file_that_nobody_signed_is_not_signed_whatever_stamps_it_has() -> None:
    made = desk()
    stamped = add_time_stamp(LETTER.read_bytes(), made.services())
    verdict = verdict_on(stamped, everything(made))
    assert outcome(verdict) == (
        Indication.INDETERMINATE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )
    assert codes(verdict) == {ErrorCode.NOT_SIGNED}
    assert first(verdict).level == "document-time-stamp"
    assert first(verdict).timestamp_authority == "TSA"


@pytest.mark.parametrize("level", LASTING)
@pytest.mark.parametrize("at", [NOW, NOW + 30 * DAY, SIGNER_ENDED])
def test_root_alone_is_enough_years_later(level: SignatureLevel, at: datetime) -> None:
    made, data = example(level)
    verdict = verdict_on(data, roots(made), at)
    assert outcome(verdict) == PASSED
    assert first(verdict).level == f"PAdES-{level}"


@pytest.mark.parametrize("level", [B_B, B_T])
def test_without_a_store_the_root_alone_is_not_enough(level: SignatureLevel) -> None:
    made, data = example(level)
    verdict = verdict_on(data, roots(made))
    assert outcome(verdict) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    assert ErrorCode.REVOCATION_UNCHECKED in codes(verdict)


@pytest.mark.parametrize("level", SignatureLevel)
def test_ended_signer_needs_a_proof_of_time(level: SignatureLevel) -> None:
    """With the lists of the day of signing at hand, all that is missing is the time."""
    made, data = example(level)
    verdict = verdict_on(data, everything(made), SIGNER_ENDED)
    expired = (Indication.INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE)
    assert outcome(verdict) == (expired if level is B_B else PASSED)


@pytest.mark.parametrize("level", SignatureLevel)
def test_revocation_after_the_time_stamp_does_not_count(level: SignatureLevel) -> None:
    made = desk()
    signer = made.pki.person()
    data = made.signed(LETTER.read_bytes(), level, signer)
    made.later(days=10)
    made.pki.issuing.revoke(signer.certificate, made.now)
    verdict = verdict_on(data, everything(made), made.now)
    no_proof = (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE)
    assert outcome(verdict) == (no_proof if level is B_B else PASSED)


@pytest.mark.parametrize("level", [B_T, B_LT, B_LTA])
def test_revocation_before_the_time_stamp_is_final(level: SignatureLevel) -> None:
    """It became known later; the file says nothing of it."""
    made = desk()
    signer = made.pki.person()
    data = made.signed(LETTER.read_bytes(), level, signer)
    made.later(days=10)
    made.pki.issuing.revoke(signer.certificate, NOW - timedelta(hours=1))
    verdict = verdict_on(data, everything(made), made.now)
    assert outcome(verdict) == (Indication.TOTAL_FAILED, SubIndication.REVOKED)


@pytest.mark.parametrize("level", [B_T, B_LT, B_LTA])
def test_ended_authority_proves_nothing_without_a_later_stamp(
    level: SignatureLevel,
) -> None:
    made = desk(replace(TSA_SHAPE, not_after=NOW + 300 * DAY))
    data = made.signed(LETTER.read_bytes(), level)
    made.later(days=301)
    verdict = verdict_on(data, everything(made), made.now)
    # The signer is good to this day; it is the time that is proven no more.
    assert first(verdict).indication is Indication.TOTAL_PASSED
    assert first(verdict).level == "PAdES-B-B"
    assert first(verdict).timestamp_time is None
    assert ErrorCode.TIME_STAMP_UNCHECKED in codes(verdict)
    late = verdict_on(data, everything(made), SIGNER_ENDED)
    assert outcome(late) == (
        Indication.INDETERMINATE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
    )


def test_ended_authority_counts_under_a_later_archive_stamp() -> None:
    made = desk(replace(TSA_SHAPE, not_after=NOW + 300 * DAY))
    data = made.signed(LETTER.read_bytes(), B_LTA)
    made.later(days=290)
    next_shape = replace(
        TSA_SHAPE, common_name="TSA 2", not_before=made.now, not_after=NOW + 1500 * DAY
    )
    successor = replace(made, _tsa=tsa_credential(made.pki, next_shape))
    data = archived(data, successor, made)
    for at in (made.now, NOW + 400 * DAY, SIGNER_ENDED, NOW + 1400 * DAY):
        verdict = verdict_on(data, roots(made), at)
        assert outcome(verdict) == PASSED
        assert first(verdict).level == "PAdES-B-LTA"
        assert first(verdict).timestamp_time == NOW
        assert [one.level for one in verdict.signatures[1:]] == [
            "document-time-stamp",
            "document-time-stamp",
        ]
    ended = verdict_on(data, roots(made), NOW + 1600 * DAY)
    assert outcome(ended) == (
        Indication.INDETERMINATE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
    )


def test_revoked_ca_spoke_the_truth_before_as_far_as_that_is_proven() -> None:
    """The keys of the CA were stolen: whoever has them may write any list."""
    made, other = desk(), desk()
    lasting = made.signed(LETTER.read_bytes(), B_LT)
    other.later(days=1)
    proven = add_time_stamp(lasting, other.services())
    made.later(days=20)
    other.later(days=19)
    made.pki.root.revoke(made.pki.issuing.credential.certificate, NOW + 10 * DAY)
    known = everything(made, other)
    bare, covered = (verdict_on(one, known, made.now) for one in (lasting, proven))
    assert first(bare).indication is Indication.INDETERMINATE
    assert first(bare).sub_indication is SubIndication.REVOKED_CA_NO_POE
    assert first(covered).indication is Indication.TOTAL_PASSED
    # Its own stamp had no later proof before the CA was lost: the other's counts.
    assert outcome(covered) == PASSED


def test_list_of_a_revoked_ca_counts_from_before_only() -> None:
    """The signature is proven in time; what says that its signer was good is not."""
    made, other = desk(), desk()
    data = made.signed(LETTER.read_bytes(), B_B)
    other.later(days=1)
    stamped = add_time_stamp(data, other.services())
    made.later(days=5)
    lists = everything(made).crls
    late = add_evidence(stamped, Evidence((), lists))
    other.later(days=5)
    in_time = add_time_stamp(late, other.services())
    other.later(days=24)
    made.pki.root.revoke(made.pki.issuing.credential.certificate, NOW + 10 * DAY)
    known = everything(other)
    roots_list = made.pki.root.crl(other.now)
    known = replace(
        known,
        roots=(*known.roots, *roots(made).roots),
        crls=(*known.crls, roots_list),
    )
    unproven, proven = (verdict_on(one, known, other.now) for one in (late, in_time))
    assert outcome(unproven) == (
        Indication.INDETERMINATE,
        SubIndication.REVOKED_CA_NO_POE,
    )
    assert outcome(proven) == PASSED


def test_upgraded_by_a_document_time_stamp_alone() -> None:
    made, data = example(B_B)
    later = replace(made, now=NOW + DAY)
    stamped = add_time_stamp(data, later.services())
    verdict = verdict_on(stamped, everything(later), SIGNER_ENDED)
    assert outcome(verdict) == PASSED
    assert first(verdict).level == "PAdES-B-T"
    assert first(verdict).timestamp_time == NOW + DAY


def test_times_in_the_wrong_order_prove_nothing() -> None:
    made = desk()
    made.later(hours=1)
    data = made.signed(LETTER.read_bytes(), B_T)
    earlier = replace(made, now=NOW)
    turned = add_time_stamp(data, earlier.services())
    verdict = verdict_on(turned, everything(made), NOW + DAY)
    assert first(verdict).level == "PAdES-B-T"
    assert first(verdict).timestamp_time == NOW
    assert ErrorCode.TIME_STAMP_MISMATCH in codes(verdict)
    future = verdict_on(data, everything(made), NOW - timedelta(hours=1))
    assert first(future).level == "PAdES-B-B"
    assert ErrorCode.TIME_STAMP_MISMATCH in codes(future)


def test_claimed_time_after_the_stamp_is_told() -> None:
    made = desk()
    data = made.signed(LETTER.read_bytes(), B_T, at=NOW + timedelta(hours=3))
    verdict = verdict_on(data, everything(made))
    assert outcome(verdict) == PASSED
    assert codes(verdict) == {ErrorCode.SIGNING_TIME_CONTRADICTED}


def test_algorithms_end_and_older_signatures_outlive_them() -> None:
    made = desk()
    key = rsa_key(2048)
    signer = made.pki.issuing.issue("Cán bộ", organ_id="H99.151", key=key, days=1790)
    at = datetime(2031, 2, 1, tzinfo=UTC)
    weak, proven = (
        made.signed(LETTER.read_bytes(), level, signer) for level in (B_B, B_T)
    )
    made.now = at
    assert outcome(verdict_on(weak, everything(made), at)) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    )
    assert outcome(verdict_on(proven, everything(made), at)) == PASSED


def test_digests_end_for_all_but_the_root() -> None:
    made = desk()
    chain = (made.pki.person().certificate, made.pki.root.root)
    ends = AlgorithmEnds(digests=(("sha256", NOW),))
    assert weak_at(chain, NOW - DAY, ends) is None
    assert weak_at(chain, NOW, ends) is chain[0]
    assert weak_at(chain[1:], NOW, ends) is None


def test_stamp_proves_what_lies_before_its_end_and_not_itself() -> None:
    proofs = Proofs().and_also(Proof(NOW, 100)).and_also(Proof(NOW - DAY, 50))
    assert proofs.earliest(49) == NOW - DAY
    assert proofs.earliest(50) == NOW
    assert proofs.earliest(100) is None


def test_verdict_holds_no_longer_than_the_authority_of_its_stamp() -> None:
    made = desk(replace(TSA_SHAPE, not_after=NOW + DAY))
    data = made.signed(LETTER.read_bytes(), B_T)
    (signature,) = verdict_on(data, everything(made)).signatures
    assert signature.good_until == NOW + DAY


def test_facts_can_be_written_down() -> None:
    _, data = example(B_LTA)
    written = json.loads(json.dumps(asdict(read_facts(data)), default=str))
    assert [one["form"] for one in written["signatures"]] == ["pades", "time_stamp"]
    assert len(written["store"]["crls"]) == 2
    assert read_facts(data) == read_facts(data)
