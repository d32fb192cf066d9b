"""Verdicts to write reports about."""

from dataclasses import replace
from datetime import timedelta

from schemas.errors import ErrorCode
from schemas.verdict import (
    CertificateSummary,
    FileKind,
    Indication,
    Modifications,
    Reason,
    RevocationCheck,
    RevocationSource,
    RevocationState,
    SignatureVerdict,
    SubIndication,
    Verdict,
)
from signing.reports.report import Report
from tests.support.pki import NOW

LEAF = CertificateSummary(
    subject="CN=Đoàn Thạch Khuê",
    issuer="CN=CA Cán bộ",
    serial="1f",
    not_before=NOW - timedelta(days=30),
    not_after=NOW + timedelta(days=700),
    sha256="00" * 32,
    name="Đoàn Thạch Khuê",
    issuer_name="CA Cán bộ",
    organisation="UBND xã Suối Mây",
    unit="Văn phòng",
)
GOOD = RevocationCheck(
    certificate=LEAF.sha256,
    state=RevocationState.GOOD,
    source=RevocationSource.CRL,
    said_at=NOW - timedelta(hours=3),
    fresh_until=NOW + timedelta(days=7),
    evidence="11" * 32,
)
SIGNATURE = SignatureVerdict(
    field="signature-1",
    indication=Indication.TOTAL_PASSED,
    signer="Đoàn Thạch Khuê",
    intact=True,
    valid=True,
    modifications=Modifications.NONE,
    signing_time=NOW,
    chain=(LEAF,),
    revocation=(GOOD,),
    level="PAdES-B-B",
)
PASSED = Verdict(
    kind=FileKind.ENVELOPE,
    indication=Indication.TOTAL_PASSED,
    signatures=(SIGNATURE,),
)
FAILED = Verdict(
    kind=FileKind.PDF,
    indication=Indication.TOTAL_FAILED,
    sub_indication=SubIndication.HASH_FAILURE,
    signatures=(
        replace(
            SIGNATURE,
            indication=Indication.TOTAL_FAILED,
            intact=False,
            reasons=(Reason(ErrorCode.DOCUMENT_DIGEST_MISMATCH, "Signature1"),),
        ),
    ),
    reasons=(Reason(ErrorCode.DOCUMENT_DIGEST_MISMATCH, "Signature1"),),
)


def report(verdict: Verdict, language: str = "vi") -> Report:
    """A report on `verdict`."""
    return Report(
        verdict=verdict,
        name="công văn.pdf",
        sha256="ab" * 32,
        checked_at=NOW,
        language=language,
    )
