"""Whether the certificate was valid when it signed, by the best time there is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from schemas.errors import Text
from schemas.verdict import (
    Indication,
    RevocationState,
    SignatureVerdict,
    Verdict,
)
from signing.profiles import SignatureLevel
from signing.reports import words
from signing.reports.rows import (
    Mark,
    Row,
    all_signatures,
    at_signing,
    check_row,
    signature_rows,
)
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.evidence_bundle import ANNEX, Conversation
from tests.support.pki import NOW, TestPki
from tests.support.reported import GOOD, LEAF, SIGNATURE
from tests.support.signed_pdf import LETTER
from tests.support.timed_pdf import desk, everything, verdict_on

HOUR = timedelta(hours=1)


def when_signing(signature: SignatureVerdict) -> tuple[Text, Mark]:
    row = at_signing(signature, LEAF)
    return row.value, row.mark


def revoked(at: datetime) -> SignatureVerdict:
    check = replace(GOOD, state=RevocationState.REVOKED, revoked_at=at)
    return replace(SIGNATURE, revocation=(check,))


def test_valid_and_not_revoked_is_valid() -> None:
    assert when_signing(SIGNATURE) == (words.WAS_VALID, Mark.GOOD)


@pytest.mark.parametrize(
    ("signed_at", "expected"),
    [
        (LEAF.not_before - HOUR, words.WAS_TOO_EARLY),
        (LEAF.not_after + HOUR, words.WAS_EXPIRED),
    ],
)
def test_time_outside_the_period_is_no_validity(
    signed_at: datetime, expected: Text
) -> None:
    late = replace(SIGNATURE, signing_time=signed_at)
    assert when_signing(late) == (expected, Mark.BAD)


def test_last_second_of_the_period_counts() -> None:
    last = LEAF.not_after + timedelta(microseconds=999_999)
    assert when_signing(replace(SIGNATURE, signing_time=last))[1] is Mark.GOOD


def test_revoked_before_signing_is_revoked() -> None:
    assert when_signing(revoked(NOW - HOUR)) == (words.WAS_REVOKED, Mark.BAD)


def test_revoked_after_a_time_that_is_only_claimed_is_open() -> None:
    assert when_signing(revoked(NOW + HOUR)) == (words.REVOKED_SINCE, Mark.OPEN)


def test_revoked_after_a_time_stamp_was_valid() -> None:
    later = revoked(NOW + HOUR)
    assert when_signing(replace(later, timestamp_time=NOW))[1] is Mark.GOOD


def test_revoked_after_any_proof_of_time_is_valid_and_said_to_be_revoked() -> None:
    """A verdict may rest on a receipt or the log: good, and revoked since."""
    for later in (timedelta(), HOUR):
        check = replace(GOOD, revoked_at=NOW + later)
        signature = replace(SIGNATURE, revocation=(check,))
        assert when_signing(signature) == (words.WAS_VALID, Mark.GOOD)
        said = check_row(check)
        assert said.value.vi.startswith("bị thu hồi sau thời điểm đã chứng minh, từ ")
        assert said.value.en.startswith("revoked after the proven time, since ")
        assert said.mark is Mark.GOOD


def stamped_and_revoked_later() -> Verdict:
    made = desk()
    signer = made.pki.person()
    data = made.signed(LETTER.read_bytes(), SignatureLevel.B_T, signer)
    made.later(days=10)
    made.pki.issuing.revoke(signer.certificate, made.now)
    return verdict_on(data, everything(made), made.now)


def accepted_and_revoked_later() -> Verdict:
    pki = TestPki.create()
    conversation = Conversation.create(pki, [ANNEX])
    pki.issuing.revoke(conversation.signers.sender.certificate, NOW + HOUR / 60)
    material = conversation.material()
    return judge_bundle(
        conversation.bundle(), material=material, at=None, judge_pdf=judge_pdf
    )


@pytest.mark.parametrize(
    "judged", [stamped_and_revoked_later, accepted_and_revoked_later]
)
def test_no_row_speaks_against_a_signature_that_passed(
    judged: Callable[[], Verdict],
) -> None:
    verdict = judged()
    assert verdict.indication is Indication.TOTAL_PASSED
    rows = [
        row
        for _, signature in all_signatures(verdict)
        for row in signature_rows(signature)
    ]
    assert [one for one in rows if one.mark in {Mark.OPEN, Mark.BAD}] == []
    told = [one.value.en for one in rows if one.heading == words.REVOCATION_CHECK]
    assert sum("revoked after the proven time" in one for one in told) == 1
    assert [one for one in told if "not revoked, since" in one] == []


@pytest.mark.parametrize(
    "state", [RevocationState.UNCHECKED, RevocationState.STALE, None]
)
def test_nothing_is_called_valid_without_a_current_check(
    state: RevocationState | None,
) -> None:
    checks = (replace(GOOD, state=state),) if state else ()
    unchecked = replace(SIGNATURE, revocation=checks)
    assert when_signing(unchecked) == (words.WAS_IN_TIME, Mark.OPEN)


def test_without_any_time_nothing_is_said() -> None:
    timeless = replace(SIGNATURE, signing_time=None)
    assert when_signing(timeless) == (words.UNKNOWN, Mark.OPEN)


def test_revocation_names_its_time_and_its_source() -> None:
    check = replace(GOOD, state=RevocationState.REVOKED, revoked_at=NOW - HOUR)
    assert check_row(check) == Row(
        words.REVOCATION_CHECK,
        Text(
            vi="ĐÃ BỊ THU HỒI, từ 21/11/2026 08:00:00 +07:00, danh sách thu hồi (CRL), "
            "tính đến 21/11/2026 06:00:00 +07:00",
            en="REVOKED, since 21/11/2026 08:00:00 +07:00, revocation list, "
            "as of 21/11/2026 06:00:00 +07:00",
        ),
        Mark.BAD,
    )
