"""The sender's signature: verified, and its certificate judged, at intake time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from exchange.domain.decisions import Refuse
from exchange.domain.intake import SignerFacts
from exchange.services import Trust, fingerprint
from pki.names import agency_of
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import Indication
from schemas.xml import Element
from signing.xmldsig.place import is_signed
from signing.xmldsig.verify import VerifiedXml, verify_envelope, verify_receipt


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A message with what its signature says.

    Args:
        content: the message; once verified, the envelope that was signed alone.
        signer: as in `exchange.domain.intake.IntakeFacts`.
    """

    content: Element
    signer: SignerFacts | Refuse | None


def authenticate(
    root: Element, *, attachments: Mapping[str, bytes], trust: Trust, at: datetime
) -> Authenticated:
    """Verify the signature of an edXML message, if it carries one.

    A signature that does not hold is a fact for the decision, which refuses it.
    """
    if not is_signed(root):
        return Authenticated(root, None)
    try:
        verified = verify_envelope(root, attachments=attachments)
        signer = _signer(verified, trust, at)
    except CodedError as error:
        return Authenticated(root, Refuse(error.code, error.place))
    return Authenticated(verified.content, signer)


def verified_step(
    root: Element, *, trust: Trust, at: datetime
) -> tuple[Element, SignerFacts]:
    """Verify a step receipt of a peer; return what was signed, and by whom.

    Raises:
        SigningError: the signature does not hold.
        CodedError: the certificate does not hold.
    """
    return _verified(root, trust, at, KeyPurpose.ENVELOPE)


def verified_by_seal(
    root: Element, *, trust: Trust, at: datetime
) -> tuple[Element, SignerFacts]:
    """Verify a document of this project that an agency's seal signed.

    Raises:
        SigningError: the signature does not hold.
        CodedError: the certificate does not hold, or is no seal's.
    """
    return _verified(root, trust, at, KeyPurpose.DOCUMENT_SEAL)


def _verified(
    root: Element, trust: Trust, at: datetime, usage: KeyPurpose
) -> tuple[Element, SignerFacts]:
    verified = verify_receipt(root)
    signer = _signer(verified, trust, at, usage)
    if isinstance(signer, Refuse):
        raise CodedError(signer.code, place=signer.place)
    return verified.content, signer


def refusal_of(judgement: ChainJudgement) -> Refuse | None:
    """Return why a certificate is not accepted, None when it is."""
    if judgement.indication is Indication.TOTAL_PASSED:
        return None
    if judgement.reasons:
        return Refuse(judgement.reasons[0].code, judgement.reasons[0].place)
    return Refuse(ErrorCode.CHAIN_INVALID)


def _signer(
    verified: VerifiedXml,
    trust: Trust,
    at: datetime,
    usage: KeyPurpose = KeyPurpose.ENVELOPE,
) -> SignerFacts | Refuse:
    judgement = trust.judge(
        verified.certificate,
        intermediates=verified.intermediates,
        at=at,
        usage=usage,
    )
    return refusal_of(judgement) or SignerFacts(
        certificate_sha256=fingerprint(verified.certificate),
        agency=agency_of(verified.certificate),
        signing_time=verified.signing_time,
    )
