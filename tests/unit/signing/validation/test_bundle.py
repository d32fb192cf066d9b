"""A bundle passes with the root alone, and only if everything in it fits together."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from pki.trust import TrustMaterial
from schemas.edxml.document import Attachment
from schemas.errors import ErrorCode
from schemas.evidence import MemberRole, TreeHead
from schemas.identifiers import EnvelopeId
from schemas.verdict import (
    FileKind,
    Indication,
    Reason,
    RevocationSource,
    SubIndication,
    Verdict,
)
from schemas.vocabulary import EnvelopeKind, EvidenceLevel, StatusCode, Step
from signing.validation.archive import MANIFEST, write_bundle
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.attacks.status import good_answer
from tests.support.evidence_bundle import (
    ANNEX,
    LATER,
    Conversation,
    document_body,
    pdf_attachment,
    status_body,
    step_of,
)
from tests.support.pki import NOW, TestPki
from tests.support.receipts import STATUS_ENVELOPE
from tests.support.signed_pdf import LETTER, sign, tampered

PKI = TestPki.create()
PDF = sign(LETTER.read_bytes(), PKI.person())
PLAIN = Conversation.create(PKI, [ANNEX])
PASSED, FAILED = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED
INDETERMINATE = Indication.INDETERMINATE
TOLD_AGAIN = EnvelopeId("01JD6Q3V5W8X9YZ0ABCDEFGHJZ")


def _judge(
    data: bytes | Conversation,
    material: TrustMaterial | None = None,
    at: Any = None,
) -> Verdict:
    bundle = data.bundle() if isinstance(data, Conversation) else data
    return judge_bundle(
        bundle, material=material or PLAIN.material(), at=at, judge_pdf=judge_pdf
    )


def _reasons(verdict: Verdict) -> set[tuple[ErrorCode, str]]:
    return {(one.code, one.place) for one in verdict.reasons}


def _part(verdict: Verdict, name: str) -> Verdict:
    (found,) = [one for one in verdict.parts if one.name == name]
    return found


def _changed(**changes: Any) -> Conversation:
    return replace(PLAIN, **changes)


def _acceptance(**changes: Any) -> Conversation:
    return _changed(acceptance=replace(PLAIN.acceptance, **changes))


def test_bundle_passes_with_the_root_alone() -> None:
    verdict = _judge(Conversation.create(PKI, [pdf_attachment(PDF), ANNEX]))
    assert verdict.indication is PASSED
    assert verdict.kind is FileKind.BUNDLE
    assert [one.field for one in verdict.signatures] == [MANIFEST]
    assert [one.name for one in verdict.parts] == [
        "receipts/acceptance.xml",
        "envelope/body",
        "receipts/01-delivered.xml",
        "receipts/02-taken.xml",
        "receipts/03-registered.xml",
        "statuses/01/body",
        "log/head.xml",
    ]
    (pdf,) = _part(verdict, "envelope/body").parts
    assert (pdf.kind, pdf.name, pdf.indication) == (
        FileKind.PDF,
        "cong-van.pdf",
        PASSED,
    )


def test_bundle_of_another_root_is_indeterminate() -> None:
    other = Conversation.create(TestPki.create("Khác"), [ANNEX])
    verdict = _judge(other)
    assert verdict.indication is INDETERMINATE
    assert verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert verdict.parts == ()


def test_bundle_without_revocation_lists_is_indeterminate() -> None:
    verdict = _judge(_changed(without=frozenset({"crls/1.crl", "crls/2.crl"})))
    assert verdict.indication is INDETERMINATE
    assert ErrorCode.REVOCATION_UNCHECKED in {one.code for one in verdict.reasons}


def _asked_instead(*, without: str = "") -> Conversation:
    """Hold OCSP answers about the signers in place of the list of their CA."""
    signers = {
        one.name: getattr(PLAIN.signers, one.name) for one in fields(PLAIN.signers)
    }
    answers = {
        f"ocsps/{name}.ors": (
            MemberRole.OCSP_ANSWER,
            good_answer(one.certificate, PKI.issuing),
        )
        for name, one in signers.items()
        if name != without
    }
    root_list = (MemberRole.REVOCATION_LIST, PKI.root.crl())
    return _changed(
        without=frozenset({"crls/1.crl", "crls/2.crl"}),
        members={**answers, "crls/root.crl": root_list},
    )


def test_answers_of_a_responder_do_for_lists_by_the_root_alone() -> None:
    verdict = _judge(_asked_instead())
    assert verdict.indication is PASSED, verdict.reasons
    signers = [one for part in verdict.parts for one in part.signatures]
    assert {one.revocation[0].source for one in signers} == {RevocationSource.OCSP}


@pytest.mark.parametrize("without", ["sender", "recipient", "receipt", "log"])
def test_bundle_without_the_answer_about_a_signer_is_indeterminate(
    without: str,
) -> None:
    assert _judge(_asked_instead(without=without)).indication is INDETERMINATE


def test_bundle_is_judged_at_the_time_of_its_manifest() -> None:
    later = NOW + timedelta(days=30)
    assert _judge(PLAIN.bundle(at=later)).indication is INDETERMINATE
    assert _judge(PLAIN.bundle(at=LATER)).indication is PASSED


def test_given_time_counts_instead_of_the_manifests() -> None:
    verdict = _judge(PLAIN, at=NOW + timedelta(days=30))
    assert verdict.indication is INDETERMINATE
    assert ErrorCode.REVOCATION_STALE in {one.code for one in verdict.reasons}


def test_revocation_of_the_sender_after_acceptance_does_not_count() -> None:
    pki = TestPki.create()
    conversation = Conversation.create(pki, [ANNEX])
    sender = conversation.signers.sender.certificate
    pki.issuing.revoke(sender, NOW + timedelta(minutes=1))
    verdict = _judge(conversation, conversation.material())
    assert _part(verdict, "envelope/body").indication is PASSED


def test_sender_revoked_before_acceptance_fails() -> None:
    pki = TestPki.create()
    conversation = Conversation.create(pki, [ANNEX])
    sender = conversation.signers.sender.certificate
    pki.issuing.revoke(sender, NOW - timedelta(minutes=1))
    verdict = _judge(conversation, conversation.material())
    assert verdict.indication is FAILED
    assert verdict.sub_indication is SubIndication.REVOKED


def test_changed_member_is_named() -> None:
    for name in PLAIN.contents().keys() - {MANIFEST}:
        contents = PLAIN.contents()
        contents[name] = contents[name][:-1] + b"!"
        verdict = _judge(write_bundle(contents))
        assert verdict.indication is FAILED
        assert verdict.reasons[0] == Reason(ErrorCode.BUNDLE_MEMBER_MISMATCH, name)


def test_changed_byte_of_a_members_content_is_named_in_the_archive_as_it_is() -> None:
    data = bytearray(PLAIN.bundle())
    data[data.index(b"%s" % ANNEX.content)] ^= 1
    verdict = _judge(bytes(data))
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_MEMBER_MISMATCH, "envelope/body")}


def test_missing_member_is_named() -> None:
    contents = PLAIN.contents()
    del contents["receipts/02-taken.xml"]
    verdict = _judge(write_bundle(contents))
    assert verdict.indication is FAILED
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_INCOMPLETE, "receipts/02-taken.xml")}


def test_manifest_of_a_letter_to_all_communes_is_read() -> None:
    names = [f"receipts/{number}-taken.xml" for number in range(14_000)]
    listed = dict.fromkeys(names, (MemberRole.STEP, b""))
    contents = replace(PLAIN, members=listed).contents()
    for one in names:
        del contents[one]
    verdict = _judge(write_bundle(contents))
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_INCOMPLETE, one) for one in names}


def test_member_the_manifest_does_not_list_is_refused() -> None:
    verdict = _judge(write_bundle({**PLAIN.contents(), "them": b"x"}))
    assert verdict.indication is FAILED
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_STRUCTURE_INVALID, "them")}


def test_bundle_without_manifest_is_refused() -> None:
    contents = PLAIN.contents()
    del contents[MANIFEST]
    verdict = _judge(write_bundle(contents))
    assert verdict.indication is FAILED
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_STRUCTURE_INVALID, MANIFEST)}


def test_changed_manifest_fails() -> None:
    contents = PLAIN.contents()
    contents[MANIFEST] = contents[MANIFEST].replace(b"02:10:00", b"02:11:00", 1)
    verdict = _judge(write_bundle(contents))
    assert verdict.indication is FAILED
    assert verdict.sub_indication is SubIndication.HASH_FAILURE


def test_manifest_signed_by_a_system_does_not_pass() -> None:
    signers = replace(PLAIN.signers, receipt=PLAIN.signers.sender)
    verdict = _judge(_changed(signers=signers))
    assert verdict.indication is INDETERMINATE
    assert verdict.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE


@pytest.mark.parametrize(
    "conversation",
    [
        _acceptance(body_sha256="00" * 32),
        _acceptance(body_size=1),
        _acceptance(content_type="application/xml"),
        _acceptance(attachments=()),
        _acceptance(
            attachments=(replace(PLAIN.acceptance.attachments[0], name="khac.xlsx"),)
        ),
        _acceptance(
            attachments=(
                replace(PLAIN.acceptance.attachments[0], content_sha256="00" * 32),
            )
        ),
        _acceptance(kind=EnvelopeKind.STATUS),
        _acceptance(
            signature_verdict=replace(
                PLAIN.acceptance.signature_verdict,  # type: ignore[type-var]  # is set
                certificate_sha256="00" * 32,
            )
        ),
    ],
    ids=[
        "digest",
        "size",
        "content-type",
        "attachment-left-out",
        "attachment-name",
        "attachment-digest",
        "kind",
        "signer",
    ],
)
def test_receipt_of_another_envelope_fails(conversation: Conversation) -> None:
    verdict = _judge(conversation)
    assert verdict.indication is FAILED
    expected = (ErrorCode.RECEIPT_MISMATCH, "receipts/acceptance.xml")
    assert expected in _reasons(verdict)


@pytest.mark.parametrize(
    "change",
    [{"body_sha256": "00" * 32}, {"envelope_id": "01JD6Q3V5W8X9YZ0ABCDEFGHJX"}],
)
def test_step_of_another_envelope_fails(change: dict[str, str]) -> None:
    receipt, signer = PLAIN.steps[0]
    step = (replace(receipt, **change), signer)  # type: ignore[arg-type]  # by name
    verdict = _judge(_changed(steps=(step, *PLAIN.steps[1:])))
    assert verdict.indication is FAILED
    expected = (ErrorCode.RECEIPT_MISMATCH, "receipts/01-delivered.xml")
    assert expected in _reasons(verdict)


def test_bundle_of_another_envelope_id_fails() -> None:
    verdict = _judge(_acceptance(envelope_id=STATUS_ENVELOPE))
    assert verdict.indication is FAILED


def test_status_no_receipt_names_fails() -> None:
    other = status_body(PLAIN.signers.recipient, StatusCode.FINISHED)
    verdict = _judge(_changed(status=other))
    assert verdict.indication is FAILED
    assert (ErrorCode.RECEIPT_MISMATCH, "statuses/01/body") in _reasons(verdict)
    assert (ErrorCode.BUNDLE_INCOMPLETE, "status") in _reasons(verdict)


def test_status_that_was_left_out_is_missed() -> None:
    verdict = _judge(_changed(without=frozenset({"statuses/01/body"})))
    assert verdict.indication is INDETERMINATE
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_INCOMPLETE, "status")}


def test_one_body_does_not_stand_for_a_status_that_was_told_twice() -> None:
    registered, signer = PLAIN.steps[2]
    again = replace(registered, status_envelope_id=TOLD_AGAIN)
    verdict = _judge(_changed(steps=(*PLAIN.steps, (again, signer))))
    assert verdict.indication is INDETERMINATE
    assert _reasons(verdict) == {(ErrorCode.BUNDLE_INCOMPLETE, "status")}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("envelope/body", MemberRole.BODY),
        ("receipts/acceptance.xml", MemberRole.ACCEPTANCE),
        ("log/head.xml", MemberRole.TREE_HEAD),
    ],
)
def test_bundle_lacking_a_necessary_part_does_not_pass(
    name: str, role: MemberRole
) -> None:
    verdict = _judge(_changed(without=frozenset({name})))
    assert verdict.indication is INDETERMINATE
    assert (ErrorCode.BUNDLE_INCOMPLETE, role) in _reasons(verdict)


def test_log_entry_under_another_head_fails() -> None:
    head = TreeHead(log_id="nhat-ky", size=4, root_hash=bytes(32), at=NOW)
    verdict = _judge(_changed(head=head))
    assert verdict.indication is FAILED
    assert (ErrorCode.LOG_PROOF_INVALID, "log/01.json") in _reasons(verdict)


def test_head_of_another_log_fails() -> None:
    head = TreeHead(log_id="khac", size=4, root_hash=bytes(32), at=NOW)
    verdict = _judge(_changed(head=head))
    assert (ErrorCode.LOG_PROOF_INVALID, "log/head.xml") in _reasons(verdict)


def test_head_signed_by_another_key_than_the_logs_does_not_pass() -> None:
    signers = replace(PLAIN.signers, log=PLAIN.signers.receipt)
    verdict = _judge(_changed(signers=signers))
    assert _part(verdict, "log/head.xml").indication is INDETERMINATE
    assert verdict.indication is INDETERMINATE


def test_malformed_log_entry_fails() -> None:
    members = {"log/01.json": (MemberRole.LOG_PROOF, b"{}")}
    verdict = _judge(_changed(members=members))
    assert verdict.indication is FAILED
    assert (ErrorCode.LOG_PROOF_INVALID, "log/01.json") in _reasons(verdict)


def test_log_entry_about_nothing_in_the_bundle_fails() -> None:
    without = frozenset({"receipts/01-delivered.xml"})
    verdict = _judge(_changed(without=without))
    assert (ErrorCode.LOG_PROOF_INVALID, "log/02.json") in _reasons(verdict)


def test_receipt_without_log_entry_is_missed() -> None:
    verdict = _judge(_changed(unlogged=1))
    assert verdict.indication is INDETERMINATE
    assert _reasons(verdict) == {
        (ErrorCode.BUNDLE_INCOMPLETE, "receipts/03-registered.xml")
    }


def test_acceptance_without_log_entry_is_missed() -> None:
    verdict = _judge(_changed(without=frozenset({"log/01.json"})))
    assert _reasons(verdict) == {
        (ErrorCode.BUNDLE_INCOMPLETE, "receipts/acceptance.xml")
    }


def test_tampered_pdf_fails_the_bundle() -> None:
    attachments = [pdf_attachment(tampered(PDF))]
    verdict = _judge(Conversation.create(PKI, attachments))
    assert verdict.indication is FAILED


@pytest.mark.parametrize(
    ("level", "code"),
    [
        (EvidenceLevel.SIGNED, ErrorCode.NOT_SIGNED),
        (EvidenceLevel.CHANNEL, ErrorCode.SENT_BY_CHANNEL),
    ],
    ids=str,
)
def test_unsigned_envelope_is_indeterminate_even_in_a_bundle(
    level: EvidenceLevel, code: ErrorCode
) -> None:
    attachments: list[Attachment] = [ANNEX]
    conversation = Conversation.create(PKI, attachments)
    body = document_body(None, attachments)
    receipt = replace(
        conversation.acceptance,
        body_sha256=body.sha256,
        body_size=len(body.data),
        content_type=body.content_type,
        signature_verdict=None,
        evidence_level=level,
    )
    steps = ((step_of(Step.DELIVERED, body), conversation.signers.receipt),)
    verdict = _judge(replace(conversation, body=body, acceptance=receipt, steps=steps))
    part = _part(verdict, "envelope/body")
    assert part.indication is INDETERMINATE
    assert part.reasons[0].code is code
    assert verdict.indication is not PASSED


def test_any_zip_file_is_a_refused_bundle() -> None:
    verdict = _judge(b"PK\x03\x04" + bytes(100))
    assert verdict.indication is FAILED
    assert verdict.sub_indication is SubIndication.FORMAT_FAILURE
