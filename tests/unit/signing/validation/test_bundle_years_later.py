"""A bundle fetched when certificates have ended and the hub has other keys."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.errors import ErrorCode
from schemas.evidence import MemberRole
from schemas.verdict import Indication, Verdict
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.evidence_bundle import (
    ANNEX,
    Conversation,
    Signers,
    pdf_attachment,
)
from tests.support.pki import NOW, TestCa, TestPki
from tests.support.signed_pdf import LETTER, sign

PASSED, INDETERMINATE = Indication.TOTAL_PASSED, Indication.INDETERMINATE
MINUTE = timedelta(minutes=1)
YEARS = timedelta(days=4 * 365)
"""Certificates of the test PKI end after two."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation, and the PKI years later."""

    pki: TestPki
    conversation: Conversation

    def judged(self, **changes: object) -> Verdict:
        """Fetch and judge it by the root alone."""
        bundle = replace(
            self.conversation,
            handed_out_by=Signers.of(self.pki),
            **changes,  # type: ignore[arg-type]  # by field name
        ).bundle(at=NOW + YEARS + MINUTE)
        return judge_bundle(
            bundle,
            material=self.conversation.material(),
            at=None,
            judge_pdf=judge_pdf,
        )


@pytest.fixture
def kept() -> Kept:
    pki = TestPki.create()
    attachments = [pdf_attachment(sign(LETTER.read_bytes(), pki.person())), ANNEX]
    conversation = Conversation.create(pki, attachments)
    for one in (pki.root, pki.issuing):
        one.now, one.keeps_ended = NOW + YEARS, True
    return Kept(pki, conversation)


def codes(verdict: Verdict) -> set[ErrorCode]:
    parts = (verdict, *verdict.parts)
    return {reason.code for one in parts for reason in one.reasons}


def test_passes_with_the_root_alone_though_all_signers_certificates_ended(
    kept: Kept,
) -> None:
    verdict = kept.judged()
    assert verdict.indication is PASSED, [
        (one.name, one.reasons) for one in verdict.parts
    ]
    ended = [one for part in verdict.parts[:-1] for one in part.signatures]
    assert {one.level for one in ended} == {"XAdES-B-B"}
    assert all(one.good_until and one.good_until < NOW + YEARS for one in ended)


def test_passes_when_the_issuing_ca_has_ended_and_another_took_its_place(
    kept: Kept,
) -> None:
    last, later = NOW + timedelta(days=1_820), NOW + timedelta(days=6 * 365)
    kept.pki.issuing.now, kept.pki.root.now = last, later
    next_ca = kept.pki.root.issue("Thử nghiệm Issuing CA G2", ca=True)
    issuing = TestCa(next_ca, kept.pki.root.root, later)
    der = next_ca.certificate.public_bytes(Encoding.DER)
    conversation = replace(
        kept.conversation,
        handed_out_by=Signers.of(TestPki(kept.pki.root, issuing)),
        members={
            "certificates/g2.der": (MemberRole.CERTIFICATE, der),
            "crls/g2.crl": (MemberRole.REVOCATION_LIST, issuing.crl()),
        },
    )
    verdict = judge_bundle(
        conversation.bundle(at=later + MINUTE),
        material=conversation.material(),
        at=None,
        judge_pdf=judge_pdf,
    )
    assert verdict.indication is PASSED, verdict.reasons


@pytest.mark.parametrize("signer", ["sender", "recipient", "receipt"])
def test_key_that_was_stolen_since_takes_nothing_from_what_the_log_had(
    kept: Kept, signer: str
) -> None:
    credential = getattr(kept.conversation.signers, signer)
    kept.pki.issuing.revoke(credential.certificate, NOW + MINUTE)
    assert kept.judged().indication is PASSED


@pytest.mark.parametrize("signer", ["sender", "recipient", "receipt"])
def test_key_that_was_revoked_by_then_does_not_count(kept: Kept, signer: str) -> None:
    credential = getattr(kept.conversation.signers, signer)
    kept.pki.issuing.revoke(credential.certificate, NOW)
    verdict = kept.judged()
    assert verdict.indication is not PASSED
    assert ErrorCode.CERTIFICATE_REVOKED in codes(verdict)


@pytest.mark.parametrize("signer", ["sender", "recipient", "receipt"])
def test_key_whose_certificate_had_ended_by_then_does_not_count(signer: str) -> None:
    pki = TestPki.create()
    pki.issuing.now = NOW - timedelta(days=730, minutes=1)
    ended = Signers.of(pki)
    pki.issuing.now = NOW
    signers = replace(Signers.of(pki), **{signer: getattr(ended, signer)})
    conversation = Conversation.create(pki, [ANNEX], signers)
    for one in (pki.root, pki.issuing):
        one.now, one.keeps_ended = NOW + YEARS, True
    verdict = Kept(pki, conversation).judged()
    assert verdict.indication is INDETERMINATE
    assert ErrorCode.CERTIFICATE_EXPIRED in codes(verdict)


def test_receipt_that_is_not_in_the_log_is_not_proven_to_be_older(kept: Kept) -> None:
    verdict = kept.judged(unlogged=3)
    steps = [one for one in verdict.parts if one.name.startswith("receipts/0")]
    assert [one.indication for one in steps] == [INDETERMINATE] * 3
    assert all(ErrorCode.CERTIFICATE_EXPIRED in codes(one) for one in steps)


def test_log_whose_head_is_not_trusted_proves_nothing(kept: Kept) -> None:
    signers = Signers.of(kept.pki)
    kept.pki.issuing.revoke(signers.log.certificate, NOW + YEARS)
    verdict = replace(kept.conversation, handed_out_by=signers).bundle(
        at=NOW + YEARS + MINUTE
    )
    judged = judge_bundle(
        verdict,
        material=kept.conversation.material(),
        at=None,
        judge_pdf=judge_pdf,
    )
    assert {one.indication for one in judged.parts[:-1]} == {INDETERMINATE}


def test_list_that_drops_ended_certificates_says_nothing_about_them(
    kept: Kept,
) -> None:
    kept.pki.issuing.keeps_ended = False
    verdict = kept.judged()
    assert verdict.indication is INDETERMINATE


def test_manifest_by_a_key_that_ended_does_not_pass(kept: Kept) -> None:
    bundle = kept.conversation.bundle(at=NOW + YEARS + MINUTE)
    verdict = judge_bundle(
        bundle, material=kept.conversation.material(), at=None, judge_pdf=judge_pdf
    )
    assert verdict.indication is INDETERMINATE
    assert ErrorCode.CERTIFICATE_EXPIRED in codes(verdict)
