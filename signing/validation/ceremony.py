"""Verdicts on transcripts of ceremonies."""

from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.ceremony import CeremonyTranscript, read_ceremony
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import FileKind, Indication, SubIndication, Verdict
from schemas.xml import parse
from signing.validation.findings import Finding
from signing.validation.xml import refused_document
from signing.validation.xml_signature import XmlJudge, file_verdict
from signing.xmldsig.verify import VerifiedXml, verify_receipt


def judge_ceremony(data: bytes, *, material: TrustMaterial, at: datetime) -> Verdict:
    """Judge a transcript: a key certified by a CA it tells of must have signed it.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    try:
        verified = verify_receipt(parse(data))
        transcript = read_ceremony(verified.content)
    except CodedError as error:
        return refused_document(FileKind.CEREMONY, error)
    judge = XmlJudge(TrustStore.from_material(material), at)
    signature = judge.judge(verified, KeyPurpose.LOG)
    if not _is_of_its_own_ca(verified, transcript):
        signature = signature.against(
            Finding(
                Indication.INDETERMINATE,
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                ErrorCode.TRANSCRIPT_INVALID,
                transcript.name,
            )
        )
    return file_verdict(FileKind.CEREMONY, signature)


def _is_of_its_own_ca(verified: VerifiedXml, transcript: CeremonyTranscript) -> bool:
    """Tell whether a CA that was founded then certified the signer."""
    founded = {one.sha256 for one in transcript.authorities}
    issuers = [
        one
        for one in verified.intermediates
        if one.subject == verified.certificate.issuer
    ]
    digests = (sha256(one.public_bytes(Encoding.DER)).hexdigest() for one in issuers)
    return any(one in founded for one in digests)
