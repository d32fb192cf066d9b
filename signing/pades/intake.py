"""What must hold before a document is signed.

No active content, no earlier signature broken, no lock, and the order of Decree
30/2020/NĐ-CP: a role signs once (article 13), the agency only what a person has signed
(article 32.2d). Secrecy marks are looked for elsewhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    Certificate,
    CertificatePolicies,
    ExtensionNotFound,
    load_der_x509_certificate,
)
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    read_certification_data,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel

from pki.kinds import KIND_POLICIES, CertificateKind
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.active import refuse_active_content
from signing.pades.reading import refusing_malformed
from signing.profiles import ROLES, SignerRole

MAX_SIGNATURES = 50

_GAP = re.compile(rb"<(?:[0-9A-Fa-f]{2})+>")
_TIME_STAMP = "/DocTimeStamp"


@dataclass(frozen=True, slots=True)
class ExistingSignature:
    """One intact signature that the document already has.

    Args:
        widget: the field's annotation.
    """

    field_name: str
    role: SignerRole
    certificate: Certificate
    widget: generic.DictionaryObject


def admit(
    reader: PdfFileReader,
    source: bytes,
    *,
    role: SignerRole,
    certificate: Certificate,
) -> tuple[ExistingSignature, ...]:
    """Return the signatures of a document that `certificate` may sign as `role`.

    Raises:
        SigningError: PDF_ACTIVE_CONTENT, PDF_ALREADY_BROKEN, PDF_SIGNING_FORBIDDEN,
            ROLE_ALREADY_SIGNED, PERSON_SIGNATURE_MISSING, PDF_MALFORMED.
    """
    with refusing_malformed():
        refuse_active_content(reader, source)
        fields = tuple(enumerate_sig_fields(reader, filled_status=True))
    if len(fields) > MAX_SIGNATURES:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="signatures")
    existing = _existing(reader, source, fields)
    _refuse_locked(reader)
    _require_turn(existing, role, certificate)
    return existing


def kind_of(certificate: Certificate) -> CertificateKind | None:
    """Return what the internal CA says a certificate is for; None for foreign ones.

    Raises:
        SigningError: CERTIFICATE_MALFORMED.
    """
    try:
        found = certificate.extensions.get_extension_for_class(CertificatePolicies)
    except ExtensionNotFound:
        return None
    except UNREADABLE_CERTIFICATE as error:
        raise SigningError(ErrorCode.CERTIFICATE_MALFORMED) from error
    stated = {policy.policy_identifier for policy in found.value}
    return next((kind for kind, oid in KIND_POLICIES.items() if oid in stated), None)


def _existing(
    reader: PdfFileReader,
    source: bytes,
    fields: Sequence[tuple[str, object, generic.IndirectObject]],
) -> tuple[ExistingSignature, ...]:
    """Check all earlier signatures; document time stamps belong to no role."""
    found = []
    for name, _, reference in fields:
        with refusing_malformed(ErrorCode.PDF_ALREADY_BROKEN):
            field = reference.get_object()
            if field["/V"].get("/Type") == _TIME_STAMP:
                continue
            signature = EmbeddedPdfSignature(reader, field, name)
            if not _is_intact(signature, source):
                raise SigningError(ErrorCode.PDF_ALREADY_BROKEN, place=name)
            found.append(_read(signature))
    return tuple(found)


def _is_intact(signature: EmbeddedPdfSignature, source: bytes) -> bool:
    """Check bytes, signature value, coverage, and what was changed later."""
    _, first, second, _ = signature.byte_range
    if _GAP.fullmatch(source, first, second) is None:
        return False
    digest = signature.compute_digest()
    certificate = signature.signer_cert
    verdict = validate_sig_integrity(signature.signer_info, certificate, "data", digest)
    signature.compute_integrity_info()
    return all(verdict) and _is_covered(signature) and _is_unmodified(signature)


def _is_covered(signature: EmbeddedPdfSignature) -> bool:
    """Tell whether all bytes up to the end of the signed revision are signed."""
    if signature.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return True
    # Bytes behind the last revision belong to nobody: readers ignore them or not.
    last = signature.reader.xrefs.total_revisions - 1
    whole_revision = signature.coverage is SignatureCoverageLevel.ENTIRE_REVISION
    return whole_revision and signature.signed_revision < last


def _is_unmodified(signature: EmbeddedPdfSignature) -> bool:
    difference = signature.diff_result
    return (
        isinstance(difference, DiffResult)
        and difference.modification_level is not ModificationLevel.OTHER
    )


def _read(signature: EmbeddedPdfSignature) -> ExistingSignature:
    certificate = load_der_x509_certificate(signature.signer_cert.dump())
    field = signature.sig_field
    kids = field.get("/Kids")
    widget = kids[0] if kids else field
    name = signature.fq_name
    return ExistingSignature(name, _role_of(name, certificate), certificate, widget)


def _role_of(field_name: str, certificate: Certificate) -> SignerRole:
    seal = ROLES[SignerRole.AGENCY_SEAL]
    if field_name == seal.field_name or kind_of(certificate) is seal.certificate_kind:
        return SignerRole.AGENCY_SEAL
    return SignerRole.PERSON


def _refuse_locked(reader: PdfFileReader) -> None:
    """Respect a certification that allows no change (ISO 32000-2 12.8.2.2)."""
    with refusing_malformed():
        certification = read_certification_data(reader)
    if certification and certification.permission is MDPPerm.NO_CHANGES:
        raise SigningError(ErrorCode.PDF_SIGNING_FORBIDDEN, place="DocMDP")


def _require_turn(
    existing: Sequence[ExistingSignature], role: SignerRole, certificate: Certificate
) -> None:
    profile = ROLES[role]
    own = certificate.public_bytes(Encoding.DER)
    for one in existing:
        same = one.certificate.public_bytes(Encoding.DER) == own
        if same or one.field_name == profile.field_name:
            raise SigningError(ErrorCode.ROLE_ALREADY_SIGNED, place=one.field_name)
    signed_by_person = any(one.role is SignerRole.PERSON for one in existing)
    if profile.follows_person and not signed_by_person:
        raise SigningError(ErrorCode.PERSON_SIGNATURE_MISSING)
