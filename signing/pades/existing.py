"""The signatures that a document has already, and whether they are intact."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from cryptography.x509 import (
    Certificate,
    CertificatePolicies,
    ExtensionNotFound,
    load_der_x509_certificate,
)
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import byte_range_digest
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from pki.kinds import KIND_POLICIES, CertificateKind
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode
from schemas.verdict import Modifications
from signing.errors import SigningError
from signing.pades.reading import MIB, Octets, refusing_malformed
from signing.profiles import ROLES, SignerRole
from signing.validation.decision import UNHARMED
from signing.validation.modifications import Comparison

MAX_SIGNATURES = 50

_HASHED_AT_ONCE = MIB // 4

_GAP = re.compile(rb"<(?:[0-9A-Fa-f]{2})+>")
_TIME_STAMP = "/DocTimeStamp"
_BROKEN_BY = {True: ErrorCode.PDF_SIGNING_FORBIDDEN, False: ErrorCode.PDF_MALFORMED}
_ROLE_OF_FIELD = {profile.field_name: role for role, profile in ROLES.items()}

_Field = tuple[str, object, generic.IndirectObject]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What is compared with later revisions."""

    reference: generic.Reference
    field: generic.DictionaryObject
    revision: int


def existing_signatures(
    reader: PdfFileReader, source: Octets
) -> tuple[ExistingSignature, ...]:
    """Check all earlier signatures and return them in the order of signing.

    Document time stamps belong to no role.

    Raises:
        SigningError: PDF_ALREADY_BROKEN, LIMIT_EXCEEDED, PDF_MALFORMED.
    """
    with refusing_malformed():
        fields: Sequence[_Field] = tuple(
            enumerate_sig_fields(reader, filled_status=True)
        )
    if len(fields) > MAX_SIGNATURES:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="signatures")
    found, comparison = [], Comparison(reader)
    for name, _, reference in fields:
        with refusing_malformed(ErrorCode.PDF_ALREADY_BROKEN):
            field = reference.get_object()
            if field["/V"].get("/Type") == _TIME_STAMP:
                continue
            signature = EmbeddedPdfSignature(reader, field, name)
            if not _is_intact(signature, source, comparison):
                raise SigningError(ErrorCode.PDF_ALREADY_BROKEN, place=name)
            found.append((signature.signed_revision, _read(signature)))
    return tuple(one for _, one in sorted(found, key=itemgetter(0)))


def require_outlived(reader: PdfFileReader) -> None:
    """Refuse an increment after which an earlier signature would count no more.

    Certifications and locks say what may be added (ISO 32000-2 12.8.2.2, 12.8.2.4);
    some files are written so that nothing added to them can be told from a change.

    Args:
        reader: over the file with the increment; its own signature may still lack the
            value. The signatures before it were intact without the increment.

    Raises:
        SigningError: PDF_SIGNING_FORBIDDEN, by who signed; PDF_MALFORMED, by the way
            the file is written; LIMIT_EXCEEDED.
    """
    comparison = Comparison(reader)
    with refusing_malformed():
        for name, _, reference in tuple(
            enumerate_sig_fields(reader, filled_status=True)
        ):
            field = reference.get_object()
            if field["/V"].get("/Type") == _TIME_STAMP:
                continue
            if not _is_unmodified(reader, field, comparison):
                is_forbidden = _is_restricting(field)
                raise SigningError(_BROKEN_BY[is_forbidden], place=name)


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


def _is_intact(
    signature: EmbeddedPdfSignature, source: Octets, comparison: Comparison
) -> bool:
    """Check bytes, signature value, coverage, and what was changed later."""
    _, first, second, _ = signature.byte_range
    if _GAP.fullmatch(source, first, second) is None:
        return False
    digest = _digest(signature)
    certificate = signature.signer_cert
    verdict = validate_sig_integrity(signature.signer_info, certificate, "data", digest)
    signature.compute_integrity_info(skip_diff=True)
    is_whole = all(verdict) and _is_covered(signature)
    if not is_whole:
        return False
    return _is_unmodified(signature.reader, signature.sig_field, comparison)


def _digest(signature: EmbeddedPdfSignature) -> bytes:
    """Hash what is signed, in larger pieces than the library takes on its own."""
    name = signature.external_md_algorithm
    stream, covered = signature.reader.stream, signature.byte_range
    _, digest = byte_range_digest(stream, covered, name, chunk_size=_HASHED_AT_ONCE)
    signature.external_digests[name] = digest
    return digest


def _is_covered(signature: EmbeddedPdfSignature) -> bool:
    """Tell whether all bytes up to the end of the signed revision are signed."""
    coverage = signature.coverage
    if coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return True
    # Bytes behind the last revision belong to nobody: readers ignore them or not.
    last = signature.reader.xrefs.total_revisions - 1
    whole_revision = coverage is SignatureCoverageLevel.ENTIRE_REVISION
    return whole_revision and signature.signed_revision < last


def _is_unmodified(
    reader: PdfFileReader, field: generic.DictionaryObject, comparison: Comparison
) -> bool:
    """Hold later revisions to the policy of the verdict, and to the signer's own."""
    reference = field.raw_get("/V").reference
    signed = _Signed(
        reference=reference,
        field=field,
        revision=reader.xrefs.get_last_change(reference),
    )
    found = comparison.modifications_after(signed)
    if found is Modifications.NOT_ASSESSED:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="revisions")
    return found in UNHARMED


def _read(signature: EmbeddedPdfSignature) -> ExistingSignature:
    certificate = load_der_x509_certificate(signature.signer_cert.dump())
    field = signature.sig_field
    kids = field.get("/Kids")
    name = signature.fq_name
    return ExistingSignature(
        field_name=name,
        role=_role_of(name, certificate),
        certificate=certificate,
        widget=kids[0] if kids else field,
    )


def _is_restricting(field: generic.DictionaryObject) -> bool:
    """Tell whether a signature says which changes it allows, or locks fields."""
    return "/Reference" in field["/V"] or "/Lock" in field


def _role_of(field_name: str, certificate: Certificate) -> SignerRole:
    """Go by the fields of our roles; in others the certificate's kind tells."""
    role = _ROLE_OF_FIELD.get(field_name)
    if role is not None:
        return role
    if kind_of(certificate) is CertificateKind.AGENCY_SEAL:
        return SignerRole.AGENCY_SEAL
    return SignerRole.PERSON
