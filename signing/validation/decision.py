"""From facts to the verdict (EN 319 102-1 5.3): pure, and passed only on proof."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cryptography import x509

from pki.names import UNREADABLE_CERTIFICATE, common_name, summary
from schemas.errors import ErrorCode
from schemas.verdict import (
    FileKind,
    Indication,
    Modifications,
    Reason,
    SignatureVerdict,
    SubIndication,
    Verdict,
    worst,
)
from signing.validation.chains import chain_findings
from signing.validation.engine.judged import JudgedSignature
from signing.validation.findings import NOT_SIGNED, Finding, conclusion, not_checked
from signing.validation.structure import SignatureForm

UNHARMED = frozenset({Modifications.NONE, Modifications.LTA, Modifications.SIGNATURE})
"""Later changes that a signature outlives."""

_LEVELS = {
    SignatureForm.PADES: "PAdES-B-B",
    SignatureForm.LEGACY: "legacy",
    SignatureForm.TIME_STAMP: "document-time-stamp",
}
_DIGEST_MISMATCH = Finding(
    Indication.TOTAL_FAILED,
    SubIndication.HASH_FAILURE,
    ErrorCode.DOCUMENT_DIGEST_MISMATCH,
)
_VALUE_WRONG = Finding(
    Indication.TOTAL_FAILED,
    SubIndication.SIG_CRYPTO_FAILURE,
    ErrorCode.SIGNATURE_INVALID,
)
# What is shown is not what was signed: as grave as another digest (5.2.2, 5.1.3).
_MODIFIED = Finding(
    Indication.TOTAL_FAILED,
    SubIndication.FORMAT_FAILURE,
    ErrorCode.MODIFIED_AFTER_SIGNING,
)
_LEGACY = Finding(
    Indication.INDETERMINATE,
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    ErrorCode.SIGNATURE_FORMAT_LEGACY,
)
_FORM_FINDINGS: dict[SignatureForm, tuple[Finding, ...]] = {
    SignatureForm.PADES: (),
    SignatureForm.LEGACY: (_LEGACY,),
    SignatureForm.TIME_STAMP: (),
}
_JUDGED_FORMS = {SignatureForm.PADES, SignatureForm.TIME_STAMP}
_NOT_ASSESSED = not_checked(ErrorCode.MODIFICATION_NOT_ASSESSED)
_UNPROVED = not_checked(ErrorCode.PARSER_FAILED)


def decide(
    judged: Sequence[JudgedSignature],
    shared: tuple[Finding, ...] = (),
    remarks: tuple[Reason, ...] = (),
) -> Verdict:
    """Return the verdict on a file that has signatures.

    Args:
        judged: its signatures and document time stamps.
        shared: findings on the whole file; they count against every signature.
        remarks: what is told of a file that did not fail; they count against none.
    """
    shared = (*shared, *_unsigned(judged))
    signatures = tuple(_decide_one(one, shared) for one in judged)
    indication, sub_indication = worst(signatures)
    told = () if indication is Indication.TOTAL_FAILED else remarks
    return Verdict(
        kind=FileKind.PDF,
        indication=indication,
        sub_indication=sub_indication,
        signatures=signatures,
        reasons=tuple(dict.fromkeys((*(one.reason for one in shared), *told))),
    )


def refused(finding: Finding) -> Verdict:
    """Return the verdict on a file in which no signature could be judged."""
    return Verdict(
        kind=FileKind.PDF,
        indication=finding.indication,
        sub_indication=finding.sub_indication,
        reasons=(finding.reason,),
    )


def _unsigned(judged: Sequence[JudgedSignature]) -> tuple[Finding, ...]:
    """Find that all there is are time stamps: whatever they prove, nobody signed."""
    only_stamps = all(one.facts.form is SignatureForm.TIME_STAMP for one in judged)
    return (NOT_SIGNED,) if only_stamps else ()


def _decide_one(
    judged: JudgedSignature, shared: tuple[Finding, ...]
) -> SignatureVerdict:
    facts = judged.facts
    own = [_placed(one, facts.field) for one in _findings(judged)]
    notes = [_placed(one, facts.field) for one in judged.notes]
    findings = (*own, *shared)
    if not findings and not _is_proved(judged):
        findings = (_placed(_UNPROVED, facts.field),)
    indication, sub_indication = conclusion(findings)
    chain = judged.chain.chain if judged.chain else ()
    return SignatureVerdict(
        field=facts.field,
        indication=indication,
        sub_indication=sub_indication,
        signer=_signer(facts.certificate),
        intact=facts.intact is True,
        valid=facts.valid is True,
        covers_whole_document=facts.covers_whole_document,
        modifications=facts.modifications,
        changed_objects=facts.changed_objects,
        changed_pages=facts.changed_pages,
        level=judged.level or (_LEVELS[facts.form] if facts.form else ""),
        signing_time=facts.signing_time,
        timestamp_time=judged.stamped_at,
        timestamp_authority=judged.authority,
        chain=tuple(summary(one) for one in chain),
        revocation=judged.chain.revocation if judged.chain else (),
        good_until=judged.good_until,
        evidence=judged.evidence,
        reasons=tuple(dict.fromkeys(one.reason for one in (*findings, *notes))),
    )


def _placed(finding: Finding, field: str) -> Finding:
    """Name the signature where a finding names no other place."""
    return finding if finding.place else replace(finding, place=field)


def _findings(judged: JudgedSignature) -> Iterator[Finding]:
    """Give the findings in the order in which they explain the signature best."""
    facts = judged.facts
    if facts.intact is False:
        yield _DIGEST_MISMATCH
    if facts.valid is False:
        yield _VALUE_WRONG
    yield from facts.findings
    if facts.modifications is not Modifications.NOT_ASSESSED:
        yield from () if facts.modifications in UNHARMED else (_MODIFIED,)
    elif not facts.findings:
        yield _NOT_ASSESSED
    if facts.form is not None:
        yield from _FORM_FINDINGS[facts.form]
    if judged.chain is not None and facts.form is not SignatureForm.TIME_STAMP:
        yield from chain_findings(judged.chain)
    yield from judged.loose


def _is_proved(judged: JudgedSignature) -> bool:
    """Tell whether all three parts were checked and hold; no finding is no proof."""
    facts, chain = judged.facts, judged.chain
    return (
        facts.intact is True
        and facts.valid is True
        and facts.form in _JUDGED_FORMS
        and facts.modifications in UNHARMED
        and chain is not None
        and chain.indication is Indication.TOTAL_PASSED
    )


def _signer(certificate: bytes | None) -> str:
    if certificate is None:
        return ""
    try:
        return common_name(x509.load_der_x509_certificate(certificate))
    except UNREADABLE_CERTIFICATE:
        return ""
