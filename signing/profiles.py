"""Who signs a document, how it looks and with which algorithm, as data.

Source of the roles: Decree 30/2020/NĐ-CP articles 5, 13 and 32 and Annex I. Lengths
are PDF points; coordinates start at the lower left corner of the page as displayed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import rsa

from pki.algorithms import default_scheme
from pki.keys.api import PublicKey, SignatureScheme
from pki.kinds import CertificateKind

POINTS_PER_MM = 72 / 25.4

SEAL_OVERLAP = 1 / 3
"""Share of the personal signature that the seal covers (Annex I, cell 8)."""


class SignerRole(StrEnum):
    """In which role somebody signs."""

    PERSON = "person"
    AGENCY_SEAL = "agency-seal"


class InkColour(StrEnum):
    """The colour a signature image must have; the value names its channel."""

    BLUE = "B"
    RED = "R"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProfile:
    """What one role is: its field, its image, its certificate, its turn.

    Args:
        field_name: the form field of the role; one document has it once.
        label: name of the field for people (and for screen readers).
        ink: colour of the image.
        width: of the image, in points.
        height: of the image, in points.
        certificate_kind: what a certificate of the internal CA must be.
        follows_person: signs only what a person has signed (article 32.2d).
    """

    field_name: str
    label: str
    ink: InkColour
    width: float
    height: float
    certificate_kind: CertificateKind
    follows_person: bool


ROLES: Mapping[SignerRole, RoleProfile] = MappingProxyType(
    {
        SignerRole.PERSON: RoleProfile(
            field_name="lienthong-person",
            label="Chữ ký số của người có thẩm quyền",
            ink=InkColour.BLUE,
            width=50 * POINTS_PER_MM,
            height=22 * POINTS_PER_MM,
            certificate_kind=CertificateKind.PERSON,
            follows_person=False,
        ),
        SignerRole.AGENCY_SEAL: RoleProfile(
            field_name="lienthong-agency-seal",
            label="Chữ ký số của cơ quan, tổ chức",
            ink=InkColour.RED,
            width=36 * POINTS_PER_MM,
            height=36 * POINTS_PER_MM,
            certificate_kind=CertificateKind.AGENCY_SEAL,
            follows_person=True,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a signature shows.

    Args:
        page: counted from 1.
        x: left edge.
        y: lower edge.
    """

    page: int
    x: float
    y: float
    width: float
    height: float


def person_rectangle(
    page: int, *, centre_x: float, y_from: float, y_to: float
) -> Placement:
    """Centre a personal signature between the title and the name of the signer.

    Args:
        page: counted from 1.
        centre_x: middle of the signer's block.
        y_from: upper edge of the name.
        y_to: lower edge of the title.
    """
    role = ROLES[SignerRole.PERSON]
    height = min(role.height, y_to - y_from)
    width = role.width * height / role.height
    lower = (y_from + y_to - height) / 2
    return Placement(page, centre_x - width / 2, lower, width, height)


def seal_rectangle(person: Placement) -> Placement:
    """Place the seal, in its real size, over the left third of a personal signature."""
    role = ROLES[SignerRole.AGENCY_SEAL]
    right = person.x + person.width * SEAL_OVERLAP
    lower = person.y + (person.height - role.height) / 2
    return Placement(person.page, right - role.width, lower, role.width, role.height)


class SignatureProfile(StrEnum):
    """Which signature algorithm an RSA key uses; other keys have one anyway.

    STANDARD follows Circular 15/2025/TT-BTTTT (RSASSA-PSS), VGCA_COMPATIBLE what the
    readers of the government CA understand (PKCS #1 v1.5).
    """

    STANDARD = "standard"
    VGCA_COMPATIBLE = "vgca-compat"


def scheme_for(profile: SignatureProfile, public_key: PublicKey) -> SignatureScheme:
    """Return the signature scheme of `profile` for a key."""
    if not isinstance(public_key, rsa.RSAPublicKey):
        return default_scheme(public_key)
    if profile is SignatureProfile.VGCA_COMPATIBLE:
        return SignatureScheme.RSA_PKCS1V15_SHA256
    return SignatureScheme.RSA_PSS_SHA256
