"""A verdict with all that it rests on, as JSON for other programs.

It holds what `schemas.render.verdict_to_json` gives, and for each signature whom its
certificates name, what every status check found, and until when the verdict holds.
"""

import json
from dataclasses import replace
from datetime import datetime

from schemas.render import (
    Json,
    certificate_to_json,
    signature_to_json,
    verdict_to_json,
)
from schemas.timestamps import format_utc
from schemas.verdict import (
    AppliedPolicy,
    CertificateSummary,
    RevocationCheck,
    SignatureVerdict,
    Verdict,
)
from signing.reports.report import Report

MEDIA_TYPE = "application/json"


def render(report: Report) -> bytes:
    """Return the JSON document, UTF-8."""
    whole = {
        "file": {"name": report.name, "sha256": report.sha256},
        "checked_at": format_utc(report.checked_at),
        "policy": _policy(report.verdict.policy),
        "verdict": _verdict(report.verdict),
    }
    text = json.dumps(whole, ensure_ascii=False, indent=2)
    # A name may hold what UTF-8 has no place for.
    return text.encode(errors="backslashreplace")


def _policy(policy: AppliedPolicy | None) -> Json | None:
    if policy is None:
        return None
    return {"name": policy.name, "version": policy.version, "sha256": policy.sha256}


def _verdict(verdict: Verdict) -> Json:
    known = verdict_to_json(replace(verdict, signatures=(), parts=()))
    return {
        **known,
        "signatures": [_signature(one) for one in verdict.signatures],
        "parts": [_verdict(one) for one in verdict.parts],
    }


def _signature(signature: SignatureVerdict) -> Json:
    return {
        **signature_to_json(signature),
        "timestamp_authority": signature.timestamp_authority,
        "chain": [_certificate(one) for one in signature.chain],
        "revocation": [_check(one) for one in signature.revocation],
        "good_until": _time(signature.good_until),
        "evidence": [
            {"kind": str(one.kind), "sha256": one.sha256} for one in signature.evidence
        ],
    }


def _certificate(certificate: CertificateSummary) -> Json:
    return {
        **certificate_to_json(certificate),
        "name": certificate.name,
        "organisation": certificate.organisation,
        "unit": certificate.unit,
        "issuer_name": certificate.issuer_name,
    }


def _check(check: RevocationCheck) -> Json:
    return {
        "certificate": check.certificate,
        "state": str(check.state),
        "source": str(check.source) if check.source else None,
        "said_at": _time(check.said_at),
        "fresh_until": _time(check.fresh_until),
        "revoked_at": _time(check.revoked_at),
        "evidence": check.evidence,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_utc(moment)
