"""Sign a PDF document as a PAdES baseline signature of level B-B, in process.

The library writes the increment; the CMS comes from a template, so that a signature
costs little more than the private-key operation (docs/adr/0003-own-signer.md).
"""

from cryptography.x509 import Certificate

from pki.keys.api import Credential
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.cms import template_for
from signing.pades.existing import kind_of, require_outlived
from signing.pades.intake import admit, refuse_secret
from signing.pades.plan import plan_revision
from signing.pades.reading import open_pdf, refusing_malformed
from signing.pades.request import SignRequest
from signing.pades.revision import prepare_revision
from signing.profiles import ROLES, scheme_for


def sign_pdf(source: bytes, *, credential: Credential, request: SignRequest) -> bytes:
    """Return `source` with one more signature; its own bytes come first, unchanged.

    Raises:
        SigningError: the document, the certificate or the request is refused.
        PkiError: the key does not sign.
    """
    scheme = scheme_for(request.profile, credential.key.public_key)
    template = template_for(credential, scheme)
    _require_certificate(credential.certificate, request)
    refuse_secret(request.particulars.text)
    reader = open_pdf(source)
    existing = admit(
        reader, source, role=request.role, certificate=credential.certificate
    )
    with refusing_malformed():
        plan = plan_revision(reader, request, existing, credential.certificate)
        prepared = prepare_revision(reader, template, plan)
    if any(one.is_restricting for one in existing):
        require_outlived(prepared.content, existing)
    attributes = template.signed_attributes(prepared.digest)
    value = credential.key.sign(attributes, scheme)
    return prepared.complete(template.assemble(prepared.digest, value))


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
