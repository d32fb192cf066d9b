"""Verdicts on messages, receipts and tree heads."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

import pytest

from pki.keys.api import Credential
from pki.trust import TrustMaterial, TrustStore
from schemas.edxml.document import Attachment, ManifestEntry
from schemas.edxml.inline import carried, with_inline_attachments
from schemas.edxml.multipart import encode
from schemas.edxml.writer import write_document
from schemas.errors import ErrorCode
from schemas.evidence import TreeHead, write_tree_head
from schemas.identifiers import OrganId
from schemas.preflight import write_preflight
from schemas.receipt import StepReceipt
from schemas.verdict import (
    FileKind,
    Indication,
    Modifications,
    Reason,
    SubIndication,
    Verdict,
)
from schemas.vocabulary import StatusCode, Step
from schemas.xml import LIENTHONG, QCVN, parse, serialize
from signing.pades.stamped import add_time_stamp
from signing.validation.envelope import open_envelope
from signing.validation.message import Message
from signing.validation.pdf import judge_pdf
from signing.validation.xml import (
    XmlJudge,
    judge_envelope,
    judge_preflight,
    judge_receipt,
    judge_tree_head,
    judges_of,
    open_receipt,
)
from signing.xmldsig.sign import sign_envelope, sign_receipt
from tests.support import edxml, receipts
from tests.support.evidence_bundle import (
    ANNEX,
    Body,
    document_body,
    pdf_attachment,
    status_body,
    system,
)
from tests.support.pki import NOW, TestPki
from tests.support.receipts import write_acceptance, write_step
from tests.support.signed_pdf import LETTER, sign, tampered
from tests.support.signed_xml import signed_envelope
from tests.support.timed_pdf import desk, everything

PKI = TestPki.create()
MATERIAL = PKI.material()
SENDER = system(PKI, edxml.COMMUNE, "qlvb-xa")
PDF = sign(LETTER.read_bytes(), PKI.person())
PASSED, FAILED = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED
INDETERMINATE = Indication.INDETERMINATE


def _judge(
    body: Body, material: TrustMaterial = MATERIAL, at: datetime = NOW
) -> Verdict:
    return judge_envelope(
        body.content_type, body.data, material=material, at=at, judge_pdf=judge_pdf
    )


def _document(
    *attachments: Attachment, credential: Credential | None = SENDER
) -> Verdict:
    return _judge(document_body(credential, attachments))


def _codes(verdict: Verdict) -> list[ErrorCode]:
    return [one.code for one in verdict.reasons]


def test_signed_document_passes_with_everything_said_about_its_signature() -> None:
    verdict = _document()
    (signature,) = verdict.signatures
    assert (verdict.kind, verdict.indication) == (FileKind.ENVELOPE, PASSED)
    assert signature.signer == "qlvb-xa"
    assert signature.intact
    assert signature.valid
    assert signature.covers_whole_document
    assert signature.modifications is Modifications.NONE
    assert signature.level == "XAdES-B-B"
    assert signature.signing_time == NOW
    assert [one.subject.split(",")[0] for one in signature.chain] == [
        "CN=qlvb-xa",
        "CN=Thử nghiệm Issuing CA",
        "CN=Thử nghiệm Root CA",
    ]


def test_signed_status_passes_as_status() -> None:
    body = status_body(system(PKI, edxml.PROVINCE, "qlvb-tinh"))
    verdict = _judge(body)
    assert (verdict.kind, verdict.indication) == (FileKind.STATUS, PASSED)


def test_plain_xml_needs_no_content_type() -> None:
    envelope = signed_envelope(SENDER, {})
    verdict = judge_envelope(
        None, envelope.xml, material=MATERIAL, at=NOW, judge_pdf=judge_pdf
    )
    assert verdict.indication is PASSED


@pytest.mark.parametrize("zipped", [False, True])
def test_inline_attachments_are_judged_as_they_were_signed(*, zipped: bool) -> None:
    attachment = pdf_attachment(PDF)
    envelope = _inline([attachment], zipped=zipped)
    verdict = judge_envelope(
        None, envelope, material=MATERIAL, at=NOW, judge_pdf=judge_pdf
    )
    assert verdict.indication is PASSED
    assert [one.indication for one in verdict.parts] == [PASSED]


def _inline(attachments: Sequence[Attachment], *, zipped: bool) -> bytes:
    manifest = tuple(
        ManifestEntry(
            content_id=one.content_id,
            attachment_name=one.name,
            content_type=one.content_type,
        )
        for one in attachments
    )
    xml = serialize(write_document(edxml.document(manifest=manifest)))
    digests = [
        (one.content_id, sha256(carried(one, zipped=zipped)).digest())
        for one in attachments
    ]
    signed = sign_envelope(xml, credential=SENDER, attachments=digests, at=NOW)
    return with_inline_attachments(signed, attachments, zipped=zipped)


def test_signed_pdf_is_a_part_and_counts() -> None:
    verdict = _document(pdf_attachment(PDF))
    assert verdict.indication is PASSED
    assert [(one.kind, one.name) for one in verdict.parts] == [
        (FileKind.PDF, "cong-van.pdf")
    ]


def test_pdf_broken_before_it_was_sent_fails_the_message() -> None:
    verdict = _document(pdf_attachment(tampered(PDF)))
    assert verdict.signatures[0].indication is PASSED
    assert verdict.indication is FAILED


def test_unreadable_pdf_fails_the_message() -> None:
    verdict = _document(pdf_attachment(b"%PDF-1.7 nothing more"))
    assert verdict.indication is not PASSED


def test_attachment_with_a_time_stamp_alone_is_named_as_not_signed() -> None:
    made = desk()
    stamped = add_time_stamp(LETTER.read_bytes(), made.services())
    both = replace(MATERIAL, roots=(*MATERIAL.roots, *everything(made).roots))
    verdict = _judge(
        document_body(SENDER, [pdf_attachment(stamped)]),
        replace(both, crls=(*MATERIAL.crls, *everything(made).crls)),
    )
    assert verdict.indication is PASSED
    assert verdict.parts == ()
    assert verdict.reasons == (Reason(ErrorCode.NOT_SIGNED, "cong-van.pdf"),)


def test_attachments_without_signature_are_named_and_change_nothing() -> None:
    unsigned = pdf_attachment(LETTER.read_bytes())
    verdict = _document(unsigned, ANNEX)
    assert verdict.indication is PASSED
    assert verdict.parts == ()
    assert verdict.reasons == (
        Reason(ErrorCode.NOT_SIGNED, "cong-van.pdf"),
        Reason(ErrorCode.NOT_SIGNED, "phu-luc.xlsx"),
    )


def test_message_that_takes_too_long_is_not_decided() -> None:
    body = document_body(SENDER, [ANNEX])
    verdict = judge_envelope(
        body.content_type,
        body.data,
        material=MATERIAL,
        at=NOW,
        judge_pdf=judge_pdf,
        deadline=0.0,
    )
    assert verdict.indication is INDETERMINATE
    assert verdict.reasons == (Reason(ErrorCode.LIMIT_EXCEEDED, "time"),)


def test_attachments_left_when_the_time_is_up_keep_it_from_passing() -> None:
    told: list[Verdict] = []

    def slow(
        data: bytes,
        *,
        material: TrustMaterial,
        at: datetime,
        proven_at: datetime | None = None,
    ) -> Verdict:
        told.append(judge_pdf(data, material=material, at=at, proven_at=proven_at))
        return told[-1]

    body = document_body(SENDER, [pdf_attachment(PDF), ANNEX])
    trust = TrustStore.from_material(MATERIAL)
    judge = XmlJudge(trust, NOW, deadline=1.0, clock=lambda: float(len(told)))
    message = Message(body.content_type, body.data)
    verdict = open_envelope(
        message, judge, partial(slow, material=MATERIAL, at=NOW)
    ).verdict
    assert verdict.indication is INDETERMINATE
    assert [one.name for one in verdict.parts] == ["cong-van.pdf", "phu-luc.xlsx"]


def test_pdf_under_another_name_is_judged_all_the_same() -> None:
    hidden = replace(
        pdf_attachment(tampered(PDF)), name="a.bin", content_type="application/x-a"
    )
    assert _document(hidden).indication is FAILED


def test_unsigned_message_is_indeterminate() -> None:
    verdict = _document(credential=None)
    assert verdict.indication is INDETERMINATE
    assert verdict.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
    assert _codes(verdict) == [ErrorCode.NOT_SIGNED]


def test_unsigned_message_with_a_broken_pdf_fails() -> None:
    verdict = _document(pdf_attachment(tampered(PDF)), credential=None)
    assert verdict.indication is FAILED


def test_changed_message_fails_by_its_digest() -> None:
    body = document_body(SENDER, [])
    data = body.data.replace("nước sạch".encode(), "nước bẩn".encode())
    verdict = _judge(replace(body, data=data))
    assert (verdict.indication, verdict.sub_indication) == (
        FAILED,
        SubIndication.HASH_FAILURE,
    )
    assert not verdict.signatures[0].intact


def test_changed_attachment_fails_by_its_digest() -> None:
    body = document_body(SENDER, [ANNEX])
    data = body.data.replace(ANNEX.content, b"bang khac")
    verdict = _judge(replace(body, data=data))
    assert verdict.sub_indication is SubIndication.HASH_FAILURE
    assert verdict.reasons == (
        Reason(ErrorCode.ATTACHMENT_DIGEST_MISMATCH, "cid:phu-luc"),
    )


def test_attachment_added_on_the_way_fails() -> None:
    xml = signed_envelope(SENDER, {}).xml
    content_type, data = encode(xml, [ANNEX])
    assert _judge(Body(content_type, data)).indication is FAILED


def test_value_of_another_signature_fails_as_cryptography() -> None:
    body = document_body(SENDER, [])
    begin = body.data.index(b"<ds:SignatureValue>") + 19
    other = b"A" if body.data[begin : begin + 1] != b"A" else b"B"
    data = body.data[:begin] + other + body.data[begin + 1 :]
    verdict = _judge(replace(body, data=data))
    assert verdict.sub_indication is SubIndication.SIG_CRYPTO_FAILURE
    assert verdict.signatures[0].intact
    assert not verdict.signatures[0].valid


def test_signer_of_another_agency_is_indeterminate() -> None:
    stranger = system(PKI, "H99.999", "qlvb-khac")
    verdict = _document(credential=stranger)
    assert (verdict.indication, verdict.sub_indication) == (
        INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert verdict.reasons == (Reason(ErrorCode.SIGNER_NOT_OF_SENDER, edxml.COMMUNE),)


def test_message_signed_with_the_hubs_receipt_key_does_not_pass() -> None:
    verdict = _document(credential=PKI.receipt())
    assert verdict.indication is INDETERMINATE


def test_message_is_indeterminate_without_revocation_lists() -> None:
    body = document_body(SENDER, [])
    verdict = _judge(body, replace(MATERIAL, crls=()))
    assert (verdict.indication, verdict.sub_indication) == (
        INDETERMINATE,
        SubIndication.TRY_LATER,
    )
    assert _codes(verdict) == [ErrorCode.REVOCATION_UNCHECKED]


def test_message_of_an_unknown_root_is_indeterminate() -> None:
    verdict = _judge(document_body(SENDER, []), TestPki.create("Khác").material())
    assert verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_message_after_the_certificate_expired_is_indeterminate() -> None:
    verdict = _judge(document_body(SENDER, []), at=NOW + timedelta(days=800))
    assert verdict.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE


@pytest.mark.parametrize(
    ("content_type", "data", "code"),
    [
        (None, b"", ErrorCode.BODY_EMPTY),
        (None, b"<edXML", ErrorCode.XML_MALFORMED),
        (None, f'<edXML xmlns="{QCVN}"/>'.encode(), ErrorCode.SCHEMA_VIOLATION),
        ("image/png", b"x", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        (None, b"<!DOCTYPE a><a/>", ErrorCode.XML_FORBIDDEN_CONSTRUCT),
        (None, b'<a xmlns="\xff"/>', ErrorCode.ENCODING_NOT_UTF8),
    ],
)
def test_what_is_no_message_fails_by_its_format(
    content_type: str | None, data: bytes, code: ErrorCode
) -> None:
    verdict = judge_envelope(
        content_type, data, material=MATERIAL, at=NOW, judge_pdf=judge_pdf
    )
    assert (verdict.indication, verdict.sub_indication) == (
        FAILED,
        SubIndication.FORMAT_FAILURE,
    )
    assert _codes(verdict) == [code]


def _receipt(data: bytes, material: TrustMaterial = MATERIAL) -> Verdict:
    return judge_receipt(data, material=material, at=NOW)


TAKEN: dict[str, object] = {
    "issuer": "qlvb-xa",
    "step": Step.TAKEN,
    "status_code": None,
    "status_envelope_id": None,
    "status_body_sha256": None,
    "findings": (),
}
"""What a recipient's system says by itself."""


def _step(credential: Credential, **changes: object) -> bytes:
    receipt = replace(receipts.step(), **changes)  # type: ignore[arg-type]  # by name
    return sign_receipt(write_step(receipt), credential=credential, at=NOW)


def test_acceptance_receipt_of_the_hub_passes() -> None:
    root = write_acceptance(receipts.acceptance())
    verdict = _receipt(sign_receipt(root, credential=PKI.receipt(), at=NOW))
    assert (verdict.kind, verdict.indication) == (FileKind.RECEIPT, PASSED)


def test_acceptance_receipt_signed_by_a_system_does_not_pass() -> None:
    root = write_acceptance(receipts.acceptance())
    verdict = _receipt(sign_receipt(root, credential=SENDER, at=NOW))
    assert verdict.indication is INDETERMINATE
    assert ErrorCode.SIGNER_NOT_OF_SENDER in _codes(verdict)


def test_acceptance_receipt_signed_by_the_logs_key_does_not_pass() -> None:
    root = write_acceptance(receipts.acceptance())
    verdict = _receipt(sign_receipt(root, credential=PKI.log(), at=NOW))
    assert verdict.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_step_receipt_of_the_hub_passes() -> None:
    assert _receipt(_step(PKI.receipt())).indication is PASSED


def test_step_receipt_of_the_recipients_system_passes() -> None:
    data = _step(SENDER, **TAKEN, recipient=edxml.COMMUNE)
    assert _receipt(data).indication is PASSED


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "qlvb-khac"},
        {"recipient": OrganId("H99")},
        {"recipient": None},
        {"step": Step.DELIVERED},
        {"step": Step.REGISTERED},
        {"status_code": StatusCode.REGISTERED},
    ],
    ids=["issuer", "recipient", "all", "hub's step", "business step", "status"],
)
def test_step_receipt_in_the_name_of_another_does_not_pass(
    changes: dict[str, object],
) -> None:
    said = {**TAKEN, "recipient": edxml.COMMUNE, **changes}
    verdict = _receipt(_step(SENDER, **said))
    assert verdict.indication is INDETERMINATE
    assert ErrorCode.SIGNER_NOT_OF_SENDER in _codes(verdict)


def test_step_receipt_for_another_agency_passes_when_vouched_for() -> None:
    data = _step(SENDER, **TAKEN, recipient=OrganId("H99"))
    judge = XmlJudge(TrustStore.from_material(MATERIAL), NOW)
    opened = open_receipt(data, judge, is_vouched=True)
    assert opened.verdict.indication is PASSED
    assert isinstance(opened.receipt, StepReceipt)
    assert opened.receipt.recipient == "H99"


def test_chain_of_receipts_is_kept_for_a_minute_and_no_longer_than_it_holds() -> None:
    judge_at = judges_of(TrustStore.from_material(MATERIAL))
    data = _step(PKI.receipt())
    days = timedelta(days=8)
    opened = [
        open_receipt(data, judge_at(NOW + one))
        for one in (timedelta(0), timedelta(seconds=59), timedelta(seconds=61), days)
    ]
    chains = [one.signature.chain for one in opened if one.signature]
    assert chains[0] is chains[1]
    assert chains[1] is not chains[2]
    assert [one.verdict.indication for one in opened] == [*[PASSED] * 3, INDETERMINATE]


def test_chain_that_does_not_pass_is_judged_again() -> None:
    judge_at = judges_of(TrustStore.from_material(replace(MATERIAL, crls=())))
    data = _step(PKI.receipt())
    first, again = (open_receipt(data, judge_at(NOW)).signature for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.chain is not again.chain


def test_unsigned_receipt_fails() -> None:
    verdict = _receipt(serialize(write_step(receipts.step())))
    assert (verdict.indication, verdict.sub_indication) == (
        FAILED,
        SubIndication.FORMAT_FAILURE,
    )
    assert _codes(verdict) == [ErrorCode.SIGNATURE_MISSING]


def test_changed_receipt_fails() -> None:
    verdict = _receipt(_step(PKI.receipt()).replace("Thiếu".encode(), "Thừa".encode()))
    assert verdict.sub_indication is SubIndication.HASH_FAILURE


def test_signed_document_of_ours_that_is_no_receipt_fails() -> None:
    root = parse(f'<Other xmlns="{LIENTHONG}" Id="receipt-1"/>'.encode())
    verdict = _receipt(sign_receipt(root, credential=PKI.receipt(), at=NOW))
    assert (verdict.indication, verdict.sub_indication) == (
        FAILED,
        SubIndication.FORMAT_FAILURE,
    )


def test_receipt_that_is_no_xml_fails() -> None:
    assert _receipt(b"\0").indication is FAILED


def _head(credential: Credential) -> Verdict:
    root = write_tree_head(TreeHead(log_id="l", size=1, root_hash=bytes(32), at=NOW))
    data = sign_receipt(root, credential=credential, at=NOW)
    return judge_tree_head(data, material=MATERIAL, at=NOW)


def test_tree_head_of_the_log_passes() -> None:
    verdict = _head(PKI.log())
    assert (verdict.kind, verdict.indication) == (FileKind.TREE_HEAD, PASSED)


def test_tree_head_signed_with_the_receipt_key_does_not_pass() -> None:
    assert _head(PKI.receipt()).sub_indication is (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE
    )


def test_answer_before_sending_is_the_hubs_word_alone() -> None:
    def judged(credential: Credential) -> Verdict:
        root = write_preflight(receipts.preflight())
        data = sign_receipt(root, credential=credential, at=NOW)
        return judge_preflight(data, material=MATERIAL, at=NOW)

    assert judged(PKI.receipt()).indication is PASSED
    for other in (PKI.log(), PKI.system()):
        assert judged(other).sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    receipt = judge_preflight(_step(PKI.receipt()), material=MATERIAL, at=NOW)
    assert (receipt.kind, receipt.indication) == (FileKind.PREFLIGHT, FAILED)


def test_receipt_is_no_tree_head() -> None:
    verdict = judge_tree_head(_step(PKI.log()), material=MATERIAL, at=NOW)
    assert (verdict.kind, verdict.indication) == (FileKind.TREE_HEAD, FAILED)
