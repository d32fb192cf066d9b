import json
from datetime import UTC, datetime

from schemas.catalogue import explain
from schemas.errors import ErrorCode
from schemas.render import reason_to_json, verdict_to_json
from schemas.verdict import (
    CertificateSummary,
    FileKind,
    Indication,
    Modifications,
    Reason,
    SignatureVerdict,
    SubIndication,
    Verdict,
)

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
REASON = Reason(ErrorCode.REVOCATION_UNCHECKED, place="CN=Nguyễn Văn A")
CERTIFICATE = CertificateSummary(
    subject="CN=Nguyễn Văn A",
    issuer="CN=CA",
    serial="0a",
    not_before=AT,
    not_after=AT,
    sha256="0a" * 32,
)
SIGNATURE = SignatureVerdict(
    field="Sig1",
    indication=Indication.INDETERMINATE,
    sub_indication=SubIndication.TRY_LATER,
    signer="Nguyễn Văn A",
    intact=True,
    valid=True,
    covers_whole_document=True,
    modifications=Modifications.NONE,
    level="B-B",
    signing_time=AT,
    chain=(CERTIFICATE,),
    reasons=(REASON,),
)


def test_reason_carries_both_languages_side_and_place() -> None:
    explanation = explain(ErrorCode.REVOCATION_UNCHECKED)
    assert reason_to_json(REASON) == {
        "code": "revocation_unchecked",
        "side": "operator",
        "message": {"vi": explanation.message.vi, "en": explanation.message.en},
        "next": {"vi": explanation.next.vi, "en": explanation.next.en},
        "place": "CN=Nguyễn Văn A",
    }


def test_verdict_has_the_published_shape() -> None:
    part = Verdict(
        kind=FileKind.PDF,
        name="a.pdf",
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.TRY_LATER,
        signatures=(SIGNATURE,),
    )
    whole = Verdict(
        kind=FileKind.ENVELOPE, indication=Indication.INDETERMINATE, parts=(part,)
    )
    assert verdict_to_json(whole) == {
        "kind": "envelope",
        "name": "",
        "indication": "INDETERMINATE",
        "sub_indication": None,
        "signatures": [],
        "parts": [
            {
                "kind": "pdf",
                "name": "a.pdf",
                "indication": "INDETERMINATE",
                "sub_indication": "TRY_LATER",
                "signatures": [
                    {
                        "field": "Sig1",
                        "signer": "Nguyễn Văn A",
                        "intact": True,
                        "valid": True,
                        "covers_whole_document": True,
                        "modifications": "none",
                        "changed_objects": [],
                        "changed_pages": [],
                        "indication": "INDETERMINATE",
                        "sub_indication": "TRY_LATER",
                        "level": "B-B",
                        "signing_time": "2026-11-21T02:00:00.000Z",
                        "timestamp_time": None,
                        "timestamp_authority": "",
                        "chain": [
                            {
                                "subject": "CN=Nguyễn Văn A",
                                "issuer": "CN=CA",
                                "serial": "0a",
                                "not_before": "2026-11-21T02:00:00.000Z",
                                "not_after": "2026-11-21T02:00:00.000Z",
                                "sha256": "0a" * 32,
                            }
                        ],
                        "reasons": [reason_to_json(REASON)],
                    }
                ],
                "parts": [],
                "reasons": [],
            }
        ],
        "reasons": [],
    }


def test_verdict_is_plain_json() -> None:
    verdict = Verdict(
        kind=FileKind.PDF,
        indication=Indication.INDETERMINATE,
        signatures=(SIGNATURE,),
        reasons=(REASON,),
    )
    rendered = verdict_to_json(verdict)
    assert json.loads(json.dumps(rendered)) == rendered
