"""The signature validation report of ETSI TS 119 102-2 (V1.2.1 of its schema).

Its indications are those of the combined verdict: no report of a library is passed on.
The worst main indication in it is that of the verdict on the whole file. Certificates
and revocation data are named by their SHA-256.
"""

from base64 import b64encode
from collections.abc import Iterator

from lxml import etree

from schemas.catalogue import explain
from schemas.timestamps import format_utc
from schemas.verdict import (
    AppliedPolicy,
    CertificateSummary,
    Indication,
    Reason,
    RevocationCheck,
    RevocationSource,
    RevocationState,
    SignatureVerdict,
    SubIndication,
    Verdict,
    worst,
)
from schemas.xml import Element
from signing.reports.report import Report
from signing.reports.rows import all_parts, clean

REPORT = "http://uri.etsi.org/19102/v1.2.1#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
DS = "http://www.w3.org/2000/09/xmldsig#"
MEDIA_TYPE = "application/xml"

_URN = "urn:etsi:019102"
_OWN = "urn:lienthong:verification"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_FILE = "file"
_MAIN = {
    Indication.TOTAL_PASSED: "total-passed",
    Indication.TOTAL_FAILED: "total-failed",
    Indication.INDETERMINATE: "indeterminate",
}
_EVIDENCE = {RevocationSource.CRL: "CRL", RevocationSource.OCSP: "OCSPResponse"}
_HARMLESS = frozenset({"none", "lta", "signature"})


def render(report: Report) -> bytes:
    """Return the report as XML, UTF-8."""
    root = etree.Element(
        f"{{{REPORT}}}ValidationReport", nsmap={"vr": REPORT, "ds": DS}
    )
    for judged in (report.verdict, *all_parts(report.verdict.parts)):
        for signature in judged.signatures:
            _add_signature(root, report, signature)
        if _says_more(judged):
            _add_file(root, report, judged)
    _add_objects(root, report)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _says_more(judged: Verdict) -> bool:
    """Tell whether the verdict on a file is not said by what is inside it."""
    inside: list[SignatureVerdict | Verdict] = [*judged.signatures, *judged.parts]
    return not inside or worst(inside)[0] is not judged.indication


def _add_file(root: Element, report: Report, judged: Verdict) -> None:
    """Report on a file as a whole; there is no signature to identify."""
    one = _add(root, "SignatureValidationReport")
    _add_times(one, report, None)
    _add_document(one, report)
    _add_process(one, None)
    _add_status(one, judged.indication, judged.sub_indication)
    _add_reasons(one[-1], judged.reasons)


def _add_signature(root: Element, report: Report, signature: SignatureVerdict) -> None:
    one = _add(root, "SignatureValidationReport")
    identifier = _add(one, "SignatureIdentifier")
    _add(identifier, "HashOnly", "false")
    _add(identifier, "DocHashOnly", "false")
    _add(identifier, "DAIdentifier", clean(signature.field))
    _add_constraints(one, report, signature)
    _add_times(one, report, signature)
    _add_document(one, report)
    _add_attributes(one, signature)
    if signature.chain:
        signer = _add(one, "SignerInformation")
        _refer(signer, "SignerCertificate", _certificate_id(signature.chain[0]))
        _add(signer, "Signer", clean(signature.signer))
    _add_process(one, signature)
    _add_status(one, signature.indication, signature.sub_indication)
    _add_data(one[-1], signature)


def _add_constraints(one: Element, report: Report, signature: SignatureVerdict) -> None:
    """Name policy and parts of the verdict, all of which must hold (clause 4.3.5)."""
    constraints = _add(one, "ValidationConstraintsEvaluationReport")
    if report.verdict.policy is not None:
        _add_policy(constraints, report.verdict.policy)
    for name, status in _constraints(signature):
        constraint = _add(constraints, "ValidationConstraint")
        _add(constraint, "ValidationConstraintIdentifier", f"{_OWN}:{name}")
        applied = _add(constraint, "ConstraintStatus")
        _add(applied, "Status", f"{_URN}:constraintStatus:applied")
        validation = _add(constraint, "ValidationStatus")
        _add(validation, "MainIndication", f"{_URN}:mainindication:{status}")


def _add_policy(constraints: Element, policy: AppliedPolicy) -> None:
    """Name the validation policy, with its digest (clause 4.3.5.3)."""
    applied = _add(constraints, "SignatureValidationPolicy")
    identifier = _add(applied, "SignaturePolicyIdentifier")
    named = etree.SubElement(identifier, f"{{{XADES}}}SignaturePolicyId")
    holder = etree.SubElement(named, f"{{{XADES}}}SigPolicyId")
    text = etree.SubElement(holder, f"{{{XADES}}}Identifier")
    text.text = f"urn:lienthong:policy:sha256:{policy.sha256}"
    _fill_digest(etree.SubElement(named, f"{{{XADES}}}SigPolicyHash"), policy.sha256)
    _add(applied, "PolicyName", clean(f"{policy.name} {policy.version}"))


def _constraints(signature: SignatureVerdict) -> Iterator[tuple[str, str]]:
    changes = str(signature.modifications)
    checked = {one.state for one in signature.revocation}
    yield "integrity", _passed(holds=signature.intact)
    yield "signature-value", _passed(holds=signature.valid)
    if changes == "not_assessed":
        yield "later-modifications", "indeterminate"
    else:
        yield "later-modifications", _passed(holds=changes in _HARMLESS)
    if RevocationState.REVOKED in checked:
        yield "revocation", "failed"
    else:
        sound = bool(checked) and checked == {RevocationState.GOOD}
        yield "revocation", "passed" if sound else "indeterminate"


def _passed(*, holds: bool) -> str:
    return "passed" if holds else "failed"


def _add_times(
    one: Element, report: Report, signature: SignatureVerdict | None
) -> None:
    """Say when it was judged, and since when the signature is proved to exist."""
    times = _add(one, "ValidationTimeInfo")
    checked = format_utc(report.checked_at)
    proved = signature.timestamp_time if signature else None
    _add(times, "ValidationTime", checked)
    best = _add(times, "BestSignatureTime")
    _add(best, "POETime", format_utc(proved) if proved else checked)
    _add(best, "TypeOfProof", f"{_URN}:poetype:validation")


def _add_document(one: Element, report: Report) -> None:
    document = _add(one, "SignersDocument")
    _add_digest(document, report.sha256)
    _refer(document, "SignersDocumentRepresentation", _FILE)


def _add_attributes(one: Element, signature: SignatureVerdict) -> None:
    if not signature.signing_time and not signature.timestamp_time:
        return
    attributes = _add(one, "SignatureAttributes")
    if signature.signing_time:
        claimed = _add(attributes, "SigningTime", Signed="true")
        _add(claimed, "Time", format_utc(signature.signing_time))
    if signature.timestamp_time:
        stamped = _add(attributes, "SignatureTimeStamp", Signed="false")
        _add(stamped, "TimeStampValue", format_utc(signature.timestamp_time))


def _add_process(one: Element, signature: SignatureVerdict | None) -> None:
    level = signature.level if signature else ""
    process = "LTVM" if signature and signature.timestamp_time else "Basic"
    if level.endswith("-LTA"):
        process = "LTA"
    identifier = f"{_URN}:validationprocess:{process}"
    _add(
        _add(one, "SignatureValidationProcess"),
        "SignatureValidationProcessID",
        identifier,
    )


def _add_status(
    one: Element, indication: Indication, sub_indication: SubIndication | None
) -> None:
    status = _add(one, "SignatureValidationStatus")
    _add(status, "MainIndication", f"{_URN}:mainindication:{_MAIN[indication]}")
    if sub_indication:
        _add(status, "SubIndication", f"{_URN}:subindication:{sub_indication}")


def _add_data(status: Element, signature: SignatureVerdict) -> None:
    """Say what the status rests on (clause 4.3.12)."""
    data = _add(status, "AssociatedValidationReportData")
    if signature.chain:
        _add_chain(data, signature.chain)
    for check in signature.revocation:
        if check.source:
            _refer(data, "RelatedValidationObject", _evidence_id(check))
    _add_revoked(data, signature)
    _add_reason_data(data, signature.reasons)
    if not len(data):
        status.remove(data)


def _add_chain(data: Element, chain: tuple[CertificateSummary, ...]) -> None:
    signer, *others = map(_certificate_id, chain)
    if others:
        _refer(data, "TrustAnchor", others[-1])
    element = _add(data, "CertificateChain")
    _refer(element, "SigningCertificate", signer)
    for one in others[:-1]:
        _refer(element, "IntermediateCertificate", one)
    if others:
        _refer(element, "TrustAnchor", others[-1])


def _add_revoked(data: Element, signature: SignatureVerdict) -> None:
    in_chain = {one.sha256: _certificate_id(one) for one in signature.chain}
    for check in signature.revocation:
        if check.revoked_at and check.certificate in in_chain:
            revoked = _add(data, "RevocationStatusInformation")
            _refer(revoked, "ValidationObjectId", in_chain[check.certificate])
            _add(revoked, "RevocationTime", format_utc(check.revoked_at))
            _refer(revoked, "RevocationObject", _evidence_id(check))
            return


def _add_reasons(status: Element, reasons: tuple[Reason, ...]) -> None:
    if reasons:
        _add_reason_data(_add(status, "AssociatedValidationReportData"), reasons)


def _add_reason_data(data: Element, reasons: tuple[Reason, ...]) -> None:
    if not reasons:
        return
    additional = _add(data, "AdditionalValidationReportData")
    for reason in reasons:
        entry = _add(additional, "ReportData")
        place = f" [{clean(reason.place)}]" if reason.place else ""
        _add(entry, "Type", f"{_OWN}:reason:{reason.code}")
        _add(entry, "Value", f"{explain(reason.code).message.vi}{place}")


def _add_objects(root: Element, report: Report) -> None:
    """Name all that was used, each once (clause 4.4)."""
    objects = _add(root, "SignatureValidationObjects")
    _add_object(objects, _FILE, "signedData", report.sha256)
    named: dict[str, tuple[str, str]] = {}
    for judged in (report.verdict, *all_parts(report.verdict.parts)):
        for signature in judged.signatures:
            named |= {
                _certificate_id(one): ("certificate", one.sha256)
                for one in signature.chain
            }
            named |= {
                _evidence_id(one): (_EVIDENCE[one.source], one.evidence)
                for one in signature.revocation
                if one.source
            }
    for identifier, (kind, digest) in named.items():
        _add_object(objects, identifier, kind, digest)


def _add_object(objects: Element, identifier: str, kind: str, digest: str) -> None:
    one = _add(objects, "ValidationObject", id=identifier)
    _add(one, "ObjectType", f"{_URN}:validationObject:{kind}")
    _add_digest(_add(one, "ValidationObjectRepresentation"), digest)


def _add_digest(parent: Element, digest: str) -> None:
    _fill_digest(_add(parent, "DigestAlgAndValue"), digest)


def _fill_digest(value: Element, digest: str) -> None:
    etree.SubElement(value, f"{{{DS}}}DigestMethod", Algorithm=_SHA256)
    text = b64encode(bytes.fromhex(digest)).decode("ascii")
    etree.SubElement(value, f"{{{DS}}}DigestValue").text = text


def _certificate_id(certificate: CertificateSummary) -> str:
    return f"certificate-{certificate.sha256}"


def _evidence_id(check: RevocationCheck) -> str:
    return f"revocation-{check.evidence}"


def _add(
    parent: Element, name: str, text: str | None = None, **attributes: str
) -> Element:
    element = etree.SubElement(parent, f"{{{REPORT}}}{name}", attributes)
    element.text = text
    return element


def _refer(parent: Element, name: str, identifier: str) -> None:
    _add(parent, name, VOReference=identifier)
