"""Times in a bundle that cannot be true together leave it undecided."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from exchange.domain.intake import IntakePolicy
from schemas.errors import ErrorCode
from schemas.evidence import LogEntry, TreeHead
from schemas.verdict import Indication, SubIndication, Verdict
from schemas.vocabulary import LogEntryType
from signing.validation.bundle import judge_bundle
from signing.validation.dates import may_hold, out_of_order
from signing.validation.pdf import judge_pdf
from tests.support import evidence_bundle
from tests.support.evidence_bundle import ANNEX, Conversation, Signers
from tests.support.pki import NOW, TestPki

PLAIN = Conversation.create(TestPki.create(), [ANNEX])
PASSED, INDETERMINATE = Indication.TOTAL_PASSED, Indication.INDETERMINATE
NOT_YET_VALID = SubIndication.NOT_YET_VALID
ACCEPTANCE, BODY = "receipts/acceptance.xml", "envelope/body"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DELIVERED, TAKEN, REGISTERED = range(3)


def judged(conversation: Conversation, *, at: datetime | None = None) -> Verdict:
    return judge_bundle(
        conversation.bundle(at) if at else conversation.bundle(),
        material=conversation.material(),
        at=None,
        judge_pdf=judge_pdf,
    )


def contradicted(verdict: Verdict) -> set[str]:
    found = (one for one in verdict.reasons)
    return {one.place for one in found if one.code is ErrorCode.TIMES_CONTRADICTED}


def accepted(
    conversation: Conversation, at: datetime, *, logged: datetime | None = None
) -> Conversation:
    """The same, accepted at a time; its entry says so too, or when it is told to."""
    receipt = replace(conversation.acceptance, accepted_at=at)
    if logged is not None:
        promised = replace(entry_of(conversation), at=logged)
        receipt = replace(receipt, log_entry_digest=promised.leaf_hash().hex())
    return replace(conversation, acceptance=receipt)


def entry_of(conversation: Conversation) -> LogEntry:
    digest = bytes.fromhex(conversation.body.sha256)
    return evidence_bundle.entry(LogEntryType.ACCEPTED, digest)


def step_at(number: int, at: datetime) -> Conversation:
    steps = list(PLAIN.steps)
    receipt, signer = steps[number]
    steps[number] = (replace(receipt, at=at), signer)
    return replace(PLAIN, steps=tuple(steps))


@pytest.mark.parametrize("by", [-400 * DAY, -2 * HOUR, MINUTE, 400 * DAY], ids=str)
def test_acceptance_is_dated_as_the_entry_it_promised(by: timedelta) -> None:
    verdict = judged(accepted(PLAIN, NOW + by))
    assert verdict.indication is INDETERMINATE
    assert ACCEPTANCE in contradicted(verdict)


def test_sender_revoked_by_then_does_not_pass_by_an_acceptance_dated_back() -> None:
    pki = TestPki.create()
    conversation = Conversation.create(pki, [ANNEX])
    pki.issuing.revoke(conversation.signers.sender.certificate, NOW - MINUTE)
    verdict = judged(accepted(conversation, NOW - 2 * HOUR))
    assert verdict.indication is INDETERMINATE
    assert contradicted(verdict) == {ACCEPTANCE, BODY}


@pytest.fixture
def dated_back(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A time to which the log entry of the acceptance is dated back."""
    made, at = evidence_bundle.entry, NOW - 400 * DAY

    def entry(entry_type: LogEntryType, *rest: object) -> LogEntry:
        found = made(entry_type, *rest)  # type: ignore[arg-type]  # passed on
        is_acceptance = entry_type is LogEntryType.ACCEPTED
        return replace(found, at=at) if is_acceptance else found

    monkeypatch.setattr(evidence_bundle, "entry", entry)
    return at


def test_entry_dated_back_with_its_receipt_is_older_than_what_was_signed(
    dated_back: datetime,
) -> None:
    verdict = judged(accepted(PLAIN, dated_back, logged=dated_back))
    assert verdict.indication is INDETERMINATE
    assert contradicted(verdict) == {BODY}
    assert not_begun(verdict) == {ACCEPTANCE}


def not_begun(verdict: Verdict) -> set[str]:
    """The parts whose signer's certificate began afterwards."""
    code = ErrorCode.CERTIFICATE_NOT_YET_VALID
    found = (one for one in verdict.parts if code in {r.code for r in one.reasons})
    return {one.name for one in found if one.sub_indication is NOT_YET_VALID}


@pytest.mark.parametrize(
    ("signer", "names"),
    [
        ("sender", {BODY}),
        ("recipient", {"receipts/02-taken.xml", "statuses/01/body"}),
        ("receipt", {ACCEPTANCE, "receipts/01-delivered.xml"}),
    ],
)
def test_certificate_did_not_begin_after_what_it_signed_was_logged(
    signer: str, names: set[str]
) -> None:
    pki = TestPki.create()
    pki.issuing.now = NOW + 2 * DAY
    later = Signers.of(pki)
    pki.issuing.now = NOW
    signers = replace(Signers.of(pki), **{signer: getattr(later, signer)})
    verdict = judged(Conversation.create(pki, [ANNEX], signers), at=NOW + 2 * DAY)
    assert verdict.indication is INDETERMINATE
    assert not_begun(verdict) >= names


@pytest.mark.parametrize(
    ("number", "by", "name"),
    [
        (DELIVERED, -6 * MINUTE, "receipts/01-delivered.xml"),
        (DELIVERED, 6 * MINUTE, "receipts/01-delivered.xml"),
        (TAKEN, 6 * MINUTE, "receipts/02-taken.xml"),
        (TAKEN, -73 * HOUR, "receipts/02-taken.xml"),
        (REGISTERED, -DAY, "receipts/03-registered.xml"),
    ],
    ids=["hub before", "hub after", "system after", "system before", "status before"],
)
def test_step_is_dated_as_its_log_entry_allows(
    number: int, by: timedelta, name: str
) -> None:
    verdict = judged(step_at(number, NOW + by))
    assert verdict.indication is INDETERMINATE
    assert name in contradicted(verdict)


@pytest.mark.parametrize(
    ("number", "by"),
    [(DELIVERED, -5 * MINUTE), (TAKEN, -72 * HOUR), (TAKEN, 5 * MINUTE)],
    ids=["hub", "system behind", "system ahead"],
)
def test_clocks_may_be_as_far_apart_as_at_intake(number: int, by: timedelta) -> None:
    assert judged(step_at(number, NOW + by)).indication is PASSED


@pytest.mark.parametrize("ahead", [-400, -1, 0, 1, 4, 400])
@pytest.mark.parametrize(
    "by", [-73 * HOUR, -72 * HOUR, -MINUTE, 0 * MINUTE, 5 * MINUTE, 6 * MINUTE], ids=str
)
def test_what_a_system_reports_holds_if_it_was_taken_in(
    ahead: int, by: timedelta
) -> None:
    """Also where the hub's clock was wrong when it accepted, and was set right."""
    accepted = NOW + ahead * DAY
    for at in (NOW + by, accepted + by):
        taken_in = IntakePolicy().may_be_done(at, accepted=accepted, now=NOW)
        held = may_hold(at, logged=NOW, accepted=accepted, by_hub=False)
        assert held is taken_in


def test_status_is_not_answered_before_it_was_signed() -> None:
    verdict = judged(step_at(REGISTERED, NOW - 6 * MINUTE))
    assert contradicted(verdict) == {"receipts/03-registered.xml", "statuses/01/body"}


def headed(monkeypatch: pytest.MonkeyPatch, at: datetime) -> Conversation:
    """The same under a head of another time."""

    def head(**said: object) -> TreeHead:
        return TreeHead(**{**said, "at": at})  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(evidence_bundle, "TreeHead", head)
    return PLAIN


def test_head_is_not_older_than_the_entries_under_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert judged(headed(monkeypatch, NOW - 5 * MINUTE)).indication is PASSED
    verdict = judged(headed(monkeypatch, NOW - 6 * MINUTE))
    assert verdict.indication is INDETERMINATE
    assert contradicted(verdict) == {f"log/{one:02d}.json" for one in range(1, 5)}


def test_manifest_is_not_older_than_the_head() -> None:
    assert judged(PLAIN, at=NOW - 5 * MINUTE).indication is PASSED
    verdict = judged(PLAIN, at=NOW - 6 * MINUTE)
    assert verdict.indication is INDETERMINATE
    assert contradicted(verdict) == {"log/head.xml"}


def test_entry_dated_far_before_those_ahead_of_it_is_out_of_order() -> None:
    week = 7 * DAY
    first, late = ("first", 10, NOW), ("late", 30, NOW - week)
    assert list(out_of_order([late, first])) == []
    back = ("back", 20, NOW - week - MINUTE)
    assert list(out_of_order([back, late, first])) == ["back"]
    assert list(out_of_order([("before", 1, NOW - 400 * DAY), first])) == []
