"""A bundle shows by whose leave a stranger signed, as of the time of acceptance."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from pki.keys.api import Credential
from schemas.delegation import Delegation, write_delegation
from schemas.errors import ErrorCode
from schemas.evidence import LogEntry, MemberRole
from schemas.identifiers import OrganId
from schemas.verdict import FileKind, Indication, SubIndication, Verdict
from schemas.vocabulary import LogEntryType
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from signing.xmldsig.sign import sign_receipt
from tests.support import edxml
from tests.support.evidence_bundle import (
    ANNEX,
    Conversation,
    acceptance_of,
    document_body,
    entry,
)
from tests.support.pki import NOW, TestPki

PKI = TestPki.create()
PLAIN = Conversation.create(PKI, [ANNEX])
SEAL = PKI.seal()
NAME = "delegations/01.xml"
DAY = timedelta(days=1)
LETTER, DECISION = "22", "02"
PASSED, INDETERMINATE = Indication.TOTAL_PASSED, Indication.INDETERMINATE


def delegated(**changes: object) -> Delegation:
    said = Delegation(
        delegator=edxml.COMMUNE,
        delegate=edxml.PROVINCE,
        kinds=(LETTER,),
        valid_from=NOW - DAY,
        valid_to=NOW + DAY,
        reason="QĐ 12/QĐ-UBND",
    )
    return replace(said, **changes)  # type: ignore[arg-type]  # names of its fields


def sealed(said: Delegation, seal: Credential = SEAL) -> bytes:
    return sign_receipt(write_delegation(said), credential=seal, at=NOW - DAY)


def filed(content: bytes, *, at: timedelta = -DAY, end: bool = False) -> LogEntry:
    subject = sha256(content).hexdigest() + ("/revoked" if end else "")
    return replace(entry(LogEntryType.DIRECTORY, content, subject), at=NOW + at)


def signed_by_province(content: bytes, *logged: LogEntry) -> Conversation:
    """The province signed what the commune sent; the bundle has a delegation."""
    stranger = PLAIN.signers.recipient
    body = document_body(stranger, [ANNEX])
    steps = tuple(
        (replace(receipt, body_sha256=body.sha256), signer)
        for receipt, signer in PLAIN.steps
    )
    return replace(
        PLAIN,
        body=body,
        acceptance=acceptance_of(body, stranger),
        steps=steps,
        members={NAME: (MemberRole.DELEGATION, content)},
        also_logged=logged,
    )


def judged(conversation: Conversation) -> Verdict:
    return judge_bundle(
        conversation.bundle(),
        material=PLAIN.material(),
        at=None,
        judge_pdf=judge_pdf,
    )


def part(verdict: Verdict, name: str) -> Verdict:
    (found,) = [one for one in verdict.parts if one.name == name]
    return found


def codes(verdict: Verdict) -> set[ErrorCode]:
    return {one.code for one in verdict.reasons}


def test_delegate_passes_by_the_delegation_in_the_bundle() -> None:
    content = sealed(delegated())

    verdict = judged(signed_by_province(content, filed(content)))

    assert verdict.indication is PASSED
    delegation = part(verdict, NAME)
    assert (delegation.kind, delegation.indication) == (FileKind.DELEGATION, PASSED)
    assert delegation.signatures[0].chain


def test_bundle_of_before_without_delegation_goes_by_the_word_of_the_hub() -> None:
    content = sealed(delegated())
    earlier = replace(signed_by_province(content), members={})

    assert judged(earlier).indication is PASSED


def test_delegation_revoked_after_acceptance_counted() -> None:
    content = sealed(delegated())
    end = filed(content, at=timedelta(seconds=1), end=True)

    verdict = judged(signed_by_province(content, filed(content), end))

    assert verdict.indication is PASSED


REFUSED = {
    "over": (delegated(valid_to=NOW), ErrorCode.DELEGATION_NOT_IN_TIME),
    "not begun": (
        delegated(valid_from=NOW + timedelta(seconds=1)),
        ErrorCode.DELEGATION_NOT_IN_TIME,
    ),
    "another kind": (
        delegated(kinds=(DECISION,)),
        ErrorCode.DELEGATION_OUT_OF_SCOPE,
    ),
    "another delegate": (
        delegated(delegate=OrganId("G05")),
        ErrorCode.SIGNER_NOT_OF_SENDER,
    ),
}


@pytest.mark.parametrize(("said", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_delegation_that_does_not_cover_the_document_is_named(
    said: Delegation, code: ErrorCode
) -> None:
    content = sealed(said)

    verdict = judged(signed_by_province(content, filed(content)))

    envelope = part(verdict, "envelope/body")
    assert verdict.indication is INDETERMINATE
    assert envelope.sub_indication is SubIndication.SIG_CONSTRAINTS_FAILURE
    assert codes(envelope) >= {code}


@pytest.mark.parametrize("moment", [timedelta(0), -timedelta(hours=1)], ids=str)
def test_delegation_revoked_by_then_does_not_count(moment: timedelta) -> None:
    content = sealed(delegated())
    end = filed(content, at=moment, end=True)

    verdict = judged(signed_by_province(content, filed(content), end))

    assert verdict.indication is INDETERMINATE
    assert ErrorCode.DELEGATION_REVOKED in codes(part(verdict, "envelope/body"))


def test_delegation_filed_afterwards_does_not_count() -> None:
    content = sealed(delegated())
    late = filed(content, at=timedelta(seconds=1))

    verdict = judged(signed_by_province(content, late))

    assert verdict.indication is INDETERMINATE
    assert ErrorCode.DELEGATION_NOT_IN_TIME in codes(part(verdict, "envelope/body"))


def test_delegation_filed_afterwards_under_an_earlier_date_does_not_pass() -> None:
    content = sealed(delegated())
    dated_back = filed(content, at=-8 * DAY)

    verdict = judged(signed_by_province(content, dated_back))

    assert verdict.indication is INDETERMINATE
    assert (ErrorCode.TIMES_CONTRADICTED, "log/05.json") in {
        (one.code, one.place) for one in verdict.reasons
    }


def test_delegation_the_log_does_not_know_does_not_count() -> None:
    verdict = judged(signed_by_province(sealed(delegated())))

    assert verdict.indication is INDETERMINATE
    assert (ErrorCode.BUNDLE_INCOMPLETE, NAME) in {
        (one.code, one.place) for one in verdict.reasons
    }


def test_delegate_does_not_delegate_for_the_delegator() -> None:
    by_delegate = PKI.issuing.issue("Con dấu tỉnh", organ_id=edxml.PROVINCE)
    content = sealed(delegated(), by_delegate)

    verdict = judged(signed_by_province(content, filed(content)))

    assert verdict.indication is INDETERMINATE
    assert codes(part(verdict, NAME)) == {ErrorCode.SIGNER_NOT_OF_SENDER}
    assert ErrorCode.DELEGATION_INVALID in codes(part(verdict, "envelope/body"))


def test_changed_delegation_fails() -> None:
    content = sealed(delegated(kinds=(DECISION,)))
    changed = content.replace(b">02<", b">22<")

    verdict = judged(signed_by_province(changed, filed(changed)))

    assert changed != content
    assert verdict.indication is Indication.TOTAL_FAILED
    assert codes(part(verdict, NAME)) == {ErrorCode.REFERENCE_DIGEST_MISMATCH}


def test_delegation_sealed_under_another_root_does_not_count() -> None:
    foreign = TestPki.create("Khác").seal()
    content = sealed(delegated(), foreign)

    verdict = judged(signed_by_province(content, filed(content)))

    assert verdict.indication is INDETERMINATE
    assert (
        part(verdict, NAME).sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    )
