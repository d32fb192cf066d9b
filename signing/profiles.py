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

CORNER_RIGHT, CORNER_TOP = 15 * POINTS_PER_MM, 6 * POINTS_PER_MM
"""Distance of text in the corner from the edges of the page: the least right margin
of Annex I, and room for three lines above its least top margin of 20 mm."""

SEAL_OVERLAP = 1 / 3
"""Share of the personal signature that the seal covers (Annex I, cell 8)."""


class SignerRole(StrEnum):
    """In which role somebody signs."""

    PERSON = "person"
    NUMBER = "number"
    AGENCY_SEAL = "agency-seal"
    ANNEX = "annex"
    COPY = "copy"


class CopyForm(StrEnum):
    """The form of a certified copy (article 25); the value is how one asks for it."""

    FULL = "sao-y"
    FORWARDED = "sao-luc"
    EXTRACT = "trich-sao"

    @property
    def label(self) -> str:
        """The words on the copy."""
        return _COPY_LABELS[self]


_COPY_LABELS = {
    CopyForm.FULL: "Sao y",
    CopyForm.FORWARDED: "Sao lục",
    CopyForm.EXTRACT: "Trích sao",
}


class InkColour(StrEnum):
    """The colour a signature image must have; the value names its channel."""

    BLUE = "B"
    RED = "R"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleImage:
    """The image that a role shows.

    Args:
        ink: its colour.
        width: in points.
        height: in points.
    """

    ink: InkColour
    width: float
    height: float


_SIGNATURE_IMAGE = RoleImage(
    ink=InkColour.BLUE, width=50 * POINTS_PER_MM, height=22 * POINTS_PER_MM
)
_SEAL_IMAGE = RoleImage(
    ink=InkColour.RED, width=36 * POINTS_PER_MM, height=36 * POINTS_PER_MM
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProfile:
    """What one role is: its field, its image, its certificate, its turn.

    Args:
        field_name: the form field of the role; one document has it once.
        label: name of the field for people (and for screen readers).
        certificate_kind: what a certificate of the internal CA must be.
        image: what it shows, None for a role that shows text of its own.
        follows_person: signs only what a person has signed (article 32.2d).
        precedes_seal: signs only what the agency has not sealed yet.
    """

    field_name: str
    label: str
    certificate_kind: CertificateKind
    image: RoleImage | None
    follows_person: bool = False
    precedes_seal: bool = False


ROLES: Mapping[SignerRole, RoleProfile] = MappingProxyType(
    {
        SignerRole.PERSON: RoleProfile(
            field_name="lienthong-person",
            label="Chữ ký số của người có thẩm quyền",
            certificate_kind=CertificateKind.PERSON,
            image=_SIGNATURE_IMAGE,
            precedes_seal=True,
        ),
        SignerRole.NUMBER: RoleProfile(
            field_name="lienthong-number",
            label="Số và thời gian ban hành do văn thư cơ quan ghi",
            certificate_kind=CertificateKind.AGENCY_SEAL,
            image=None,
            follows_person=True,
            precedes_seal=True,
        ),
        SignerRole.AGENCY_SEAL: RoleProfile(
            field_name="lienthong-agency-seal",
            label="Chữ ký số của cơ quan, tổ chức",
            certificate_kind=CertificateKind.AGENCY_SEAL,
            image=_SEAL_IMAGE,
            follows_person=True,
            precedes_seal=True,
        ),
        SignerRole.ANNEX: RoleProfile(
            field_name="lienthong-annex",
            label="Chữ ký số của cơ quan, tổ chức trên văn bản kèm theo",
            certificate_kind=CertificateKind.AGENCY_SEAL,
            image=None,
        ),
        SignerRole.COPY: RoleProfile(
            field_name="lienthong-copy",
            label="Chữ ký số của cơ quan, tổ chức trên bản sao",
            certificate_kind=CertificateKind.AGENCY_SEAL,
            image=None,
        ),
    }
)
"""Annex I cells 7c and 8 for person and seal, 14 and section III for copy and annex."""


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
    image = _SIGNATURE_IMAGE
    height = min(image.height, y_to - y_from)
    width = image.width * height / image.height
    lower = (y_from + y_to - height) / 2
    return Placement(page, centre_x - width / 2, lower, width, height)


def seal_rectangle(person: Placement) -> Placement:
    """Place the seal, in its real size, over the left third of a personal signature."""
    image = _SEAL_IMAGE
    right = person.x + person.width * SEAL_OVERLAP
    lower = person.y + (person.height - image.height) / 2
    return Placement(person.page, right - image.width, lower, image.width, image.height)


def top_right_rectangle(
    page_size: tuple[float, float], text_size: tuple[float, float]
) -> Placement:
    """Place text in the top right corner of page 1, above the page's own text.

    Args:
        page_size: width and height of the page as displayed.
        text_size: width and height of the text.
    """
    (page_width, page_height), (width, height) = page_size, text_size
    left = page_width - CORNER_RIGHT - width
    return Placement(1, left, page_height - CORNER_TOP - height, width, height)


class SignatureProfile(StrEnum):
    """Which signature algorithm an RSA key uses; other keys have one anyway.

    STANDARD follows Circular 15/2025/TT-BTTTT (RSASSA-PSS), VGCA_COMPATIBLE what the
    readers of the government CA understand (PKCS #1 v1.5).
    """

    STANDARD = "standard"
    VGCA_COMPATIBLE = "vgca-compat"


class SignatureLevel(StrEnum):
    """How long a signature can be proven (EN 319 142-1 clause 6, baseline levels)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    def includes(self, other: "SignatureLevel") -> bool:
        """Tell whether this level has all that `other` has."""
        order = list(SignatureLevel)
        return order.index(self) >= order.index(other)


def scheme_for(profile: SignatureProfile, public_key: PublicKey) -> SignatureScheme:
    """Return the signature scheme of `profile` for a key."""
    if not isinstance(public_key, rsa.RSAPublicKey):
        return default_scheme(public_key)
    if profile is SignatureProfile.VGCA_COMPATIBLE:
        return SignatureScheme.RSA_PKCS1V15_SHA256
    return SignatureScheme.RSA_PSS_SHA256
