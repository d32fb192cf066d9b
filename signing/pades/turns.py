"""Whose turn it is: the order of signatures in Decree 30/2020/NĐ-CP.

A role signs once (article 13); the agency only what a person has signed, and the clerk
only documents of the clerk's own agency (article 32.2); nothing follows the seal but
what is no act of issuing: annexes and copies are files of their own.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from pki.names import SubjectFields, subject_fields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, OrganIdForm, organ_id_form
from signing.errors import SigningError
from signing.pades.existing import ExistingSignature
from signing.pades.text_lines import folded
from signing.profiles import ROLES, SignerRole

_BY_ONE_CLERK = {SignerRole.NUMBER, SignerRole.AGENCY_SEAL}
"""One certificate puts the number on a document and seals it."""


def require_turn(
    existing: Sequence[ExistingSignature], role: SignerRole, certificate: Certificate
) -> None:
    """Require that `certificate` may sign as `role` now.

    Raises:
        SigningError: ROLE_ALREADY_SIGNED, PERSON_SIGNATURE_MISSING, SEALED_ALREADY,
            SEAL_OF_OTHER_AGENCY.
    """
    profile = ROLES[role]
    for one in existing:
        if one.field_name == profile.field_name or _signed(one, role, certificate):
            raise SigningError(ErrorCode.ROLE_ALREADY_SIGNED, place=one.field_name)
    persons = [one for one in existing if one.role is SignerRole.PERSON]
    if profile.follows_person and not persons:
        raise SigningError(ErrorCode.PERSON_SIGNATURE_MISSING)
    if profile.precedes_seal:
        _require_unsealed(existing, role)
    if profile.follows_person:
        require_own_document(persons[-1].certificate, certificate)


def _signed(one: ExistingSignature, role: SignerRole, certificate: Certificate) -> bool:
    """Tell whether the certificate signed before, as somebody it cannot also be."""
    own = certificate.public_bytes(Encoding.DER)
    if one.certificate.public_bytes(Encoding.DER) != own:
        return False
    return {one.role, role} != _BY_ONE_CLERK


def _require_unsealed(existing: Sequence[ExistingSignature], role: SignerRole) -> None:
    for one in existing:
        if one.role is SignerRole.AGENCY_SEAL:
            again = role is SignerRole.AGENCY_SEAL
            code = ErrorCode.ROLE_ALREADY_SIGNED if again else ErrorCode.SEALED_ALREADY
            raise SigningError(code, place=one.field_name)


def require_own_document(person: Certificate, seal: Certificate) -> None:
    """Require that the person who signed is of the agency whose seal it is.

    Both certificates name the same agency; or the person's names a unit below it by
    its code and, as organisation, the agency itself (an office that signs by its
    authority). A seal that names no agency is of a foreign authority and nothing is
    compared; a person without an agency is nobody's whom our seals know.

    Raises:
        SigningError: SEAL_OF_OTHER_AGENCY.
    """
    of_person, of_seal = subject_fields(person), subject_fields(seal)
    if of_seal.organ_id is None:
        return
    if of_person.organ_id is None:
        place = "no agency in the person's certificate"
        raise SigningError(ErrorCode.SEAL_OF_OTHER_AGENCY, place=place)
    if of_person.organ_id == of_seal.organ_id:
        return
    below = _is_below(of_person.organ_id, of_seal.organ_id)
    if not (below and _is_organisation_of(of_person, of_seal)):
        place = str(of_person.organ_id)
        raise SigningError(ErrorCode.SEAL_OF_OTHER_AGENCY, place=place)


def _is_below(unit: OrganId, agency: OrganId) -> bool:
    path, prefix = _path(unit), _path(agency)
    return len(path) > len(prefix) and path[: len(prefix)] == prefix


def _path(code: OrganId) -> tuple[str, ...]:
    """Return a code from the top down; the form of 2016 is written the other way."""
    groups = code.split(".")
    if organ_id_form(code) is OrganIdForm.QCVN_2016:
        return tuple(one for one in reversed(groups) if one.strip("0"))
    return tuple(groups)


def _is_organisation_of(person: SubjectFields, seal: SubjectFields) -> bool:
    stated = {folded(seal.organisation), folded(seal.common_name)} - {""}
    return folded(person.organisation) in stated
