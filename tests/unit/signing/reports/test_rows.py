"""Whether the certificate was valid when it signed, by the best time there is."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from schemas.errors import Text
from schemas.verdict import RevocationState, SignatureVerdict
from signing.reports import words
from signing.reports.rows import Mark, Row, at_signing, check_row
from tests.support.pki import NOW
from tests.support.reported import GOOD, LEAF, SIGNATURE

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
