"""Sign a PDF document as a PAdES baseline signature, in process.

The library writes the increment; the CMS comes from a template, so that a signature
costs little more than the private-key operation (docs/adr/0003-own-signer.md). Above
level B-B others are asked; what they do not give now is added later
(signing/pades/extend.py), and the result says so.
"""

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader

from pki.errors import PkiError
from pki.keys.api import Credential
from pki.purposes import KeyPurpose
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import Reason
from signing.errors import SigningError
from signing.pades.cms import CmsTemplate, template_for
from signing.pades.existing import kind_of, require_outlived
from signing.pades.extend import raised
from signing.pades.intake import admit, refuse_secret
from signing.pades.levels import (
    NO_SERVICES,
    EvidenceQuestion,
    SignedDocument,
    SigningServices,
)
from signing.pades.plan import plan_revision
from signing.pades.reading import Octets, open_pdf, open_stream, refusing_malformed
from signing.pades.request import SignRequest
from signing.pades.revision import PreparedRevision, prepare_revision
from signing.pades.stamped import stamp_value
from signing.profiles import ROLES, SignatureLevel, scheme_for


def sign_pdf(source: bytes, *, credential: Credential, request: SignRequest) -> bytes:
    """Return `source` with one more signature; its own bytes come first, unchanged.

    Raises:
        SigningError: the document, the certificate or the request is refused.
        PkiError: the key does not sign.
        ValueError: a level above B-B is asked for, which needs `sign_document`.
    """
    if request.level is not SignatureLevel.B_B:
        raise ValueError("nobody is named who could stamp")
    return sign_document(source, credential=credential, request=request).data


def sign_document(
    source: bytes,
    *,
    credential: Credential,
    request: SignRequest,
    services: SigningServices = NO_SERVICES,
) -> SignedDocument:
    """Return `source` with one more signature, of the level that can be reached now.

    Where evidence is at hand, chain and revocation of the signer are judged before the
    key is used (Circular 15/2025/TT-BTTTT).

    Raises:
        SigningError: the document, the certificate or the request is refused.
        PkiError: the key does not sign, or the certificate is not good.
    """
    unsigned = prepare_unsigned(source, credential, request, services)
    value = credential.key.sign(unsigned.attributes, unsigned.template.scheme)
    return raised(stamped(unsigned, value, request.level, services), services)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A file that waits for the value of its signature.

    Args:
        room: octets kept for a time stamp.
    """

    template: CmsTemplate
    prepared: PreparedRevision
    room: int

    @property
    def attributes(self) -> bytes:
        """What the key signs: the DER of the signed attributes."""
        return self.template.signed_attributes(self.prepared.digest)

    def cms(self, value: bytes, token: bytes = b"") -> bytes:
        """Return the DER of the signature."""
        return self.template.assemble(self.prepared.digest, value, token)

    def complete(self, value: bytes, token: bytes = b"") -> bytes:
        """Return the file with its signature."""
        return self.prepared.complete(self.cms(value, token))


def prepare_unsigned(
    source: bytes,
    credential: Credential,
    request: SignRequest,
    services: SigningServices,
) -> Unsigned:
    """Return a copy of `source` that waits for a signature.

    Raises:
        SigningError: the document, the certificate or the request is refused.
        PkiError: the certificate is not good.
    """
    return prepare_in_stream(open_pdf(source), source, credential, request, services)


def prepare_in_stream(
    reader: PdfFileReader,
    source: Octets,
    credential: Credential,
    request: SignRequest,
    services: SigningServices,
) -> Unsigned:
    """Append the increment of a signature to the stream under `reader`.

    Args:
        reader: over the file.
        source: the same file.
        credential: who signs.
        request: what is asked for.
        services: where evidence is at hand, the signer is judged first.

    Raises:
        SigningError: the document, the certificate or the request is refused.
        PkiError: the certificate is not good.
    """
    _require_good(credential, request, services)
    scheme = scheme_for(request.profile, credential.key.public_key)
    template = template_for(credential, scheme)
    _require_certificate(credential.certificate, request)
    refuse_secret(request.particulars.text)
    existing = admit(
        reader, source, role=request.role, certificate=credential.certificate
    )
    is_stamped = request.level.includes(SignatureLevel.B_T) and services.stamps
    room = services.room.octets if is_stamped else 0
    with refusing_malformed():
        plan = plan_revision(reader, request, existing, credential.certificate)
        plan = replace(plan, token_room=room)
        prepared = prepare_revision(reader, template, plan)
    if existing:
        require_outlived(open_stream(prepared.output))
    return Unsigned(template, prepared, room)


def stamped(
    unsigned: Unsigned,
    value: bytes,
    wanted: SignatureLevel,
    services: SigningServices,
) -> SignedDocument:
    """Complete the signature, with a time stamp if it is to have one and there is."""
    token, reason = token_for(unsigned, value, wanted, services)
    return SignedDocument(
        data=unsigned.complete(value, token),
        level=SignatureLevel.B_T if token else SignatureLevel.B_B,
        wanted=wanted,
        reason=reason,
    )


def token_for(
    unsigned: Unsigned,
    value: bytes,
    wanted: SignatureLevel,
    services: SigningServices,
) -> tuple[bytes, Reason | None]:
    """Return the time stamp of a signature value; without one, why it is missing."""
    if not wanted.includes(SignatureLevel.B_T):
        return b"", None
    try:
        name, room = unsigned.template.hash_name, unsigned.room
        return stamp_value(value, name, services, room=room).token, None
    except (PkiError, SigningError) as error:
        return b"", reason_of(error)


def reason_of(error: CodedError) -> Reason:
    """Return why a level was not reached."""
    return Reason(error.code, error.place)


def _require_good(
    credential: Credential, request: SignRequest, services: SigningServices
) -> None:
    if services.evidence is None:
        return
    certificates = (credential.certificate, *credential.chain)
    own, *above = (one.public_bytes(Encoding.DER) for one in certificates)
    question = EvidenceQuestion(
        certificate=own,
        intermediates=above,
        usage=KeyPurpose.DOCUMENT_ANY,
        at=request.at,
        is_past=False,
    )
    services.evidence.collect(question)


def _require_certificate(certificate: Certificate, request: SignRequest) -> None:
    """Check validity and kind before the key is used (Circular 15/2025/TT-BTTTT).

    Chain and revocation are judged where trust material is at hand.
    """
    if request.at < certificate.not_valid_before_utc:
        raise SigningError(ErrorCode.CERTIFICATE_NOT_YET_VALID)
    if request.at > certificate.not_valid_after_utc:
        raise SigningError(ErrorCode.CERTIFICATE_EXPIRED)
    kind = kind_of(certificate)
    if kind not in (None, ROLES[request.role].certificate_kind):
        raise SigningError(ErrorCode.CERTIFICATE_USAGE_WRONG, place=request.role)
