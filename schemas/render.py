"""Verdicts as JSON, in the shape that ``lienthong verify --json`` prints.

Texts come from the catalogue, so that a code and its explanation never part.
"""

from datetime import datetime

from schemas.catalogue import explain
from schemas.errors import Text
from schemas.timestamps import format_utc
from schemas.verdict import CertificateSummary, Reason, SignatureVerdict, Verdict

Json = dict[str, object]


def verdict_to_json(verdict: Verdict) -> Json:
    """Return a verdict with its signatures and parts."""
    return {
        "kind": str(verdict.kind),
        "name": verdict.name,
        "indication": str(verdict.indication),
        "sub_indication": _optional(verdict.sub_indication),
        "signatures": [signature_to_json(one) for one in verdict.signatures],
        "parts": [verdict_to_json(one) for one in verdict.parts],
        "reasons": [reason_to_json(one) for one in verdict.reasons],
    }


def reason_to_json(reason: Reason) -> Json:
    """Return a reason with its explanation in both languages."""
    explanation = explain(reason.code)
    return {
        "code": str(reason.code),
        "side": str(explanation.side),
        "message": text_to_json(explanation.message),
        "next": text_to_json(explanation.next),
        "place": reason.place,
    }


def text_to_json(text: Text) -> Json:
    """Return one sentence in both languages."""
    return {"vi": text.vi, "en": text.en}


def signature_to_json(verdict: SignatureVerdict) -> Json:
    """Return the verdict on one signature."""
    return {
        "field": verdict.field,
        "signer": verdict.signer,
        "intact": verdict.intact,
        "valid": verdict.valid,
        "covers_whole_document": verdict.covers_whole_document,
        "modifications": str(verdict.modifications),
        "changed_objects": list(verdict.changed_objects),
        "changed_pages": list(verdict.changed_pages),
        "indication": str(verdict.indication),
        "sub_indication": _optional(verdict.sub_indication),
        "level": verdict.level,
        "signing_time": _time(verdict.signing_time),
        "timestamp_time": _time(verdict.timestamp_time),
        "timestamp_authority": verdict.timestamp_authority,
        "chain": [certificate_to_json(one) for one in verdict.chain],
        "reasons": [reason_to_json(one) for one in verdict.reasons],
    }


def certificate_to_json(certificate: CertificateSummary) -> Json:
    """Return one certificate of a chain."""
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": format_utc(certificate.not_before),
        "not_after": format_utc(certificate.not_after),
        "sha256": certificate.sha256,
    }


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_utc(moment)
