"""What a caller asks for when a document is to be signed."""

from dataclasses import dataclass, field
from datetime import date, datetime

from signing.pades.text_lines import DocumentText
from signing.profiles import (
    ROLES,
    CopyForm,
    Placement,
    SignatureLevel,
    SignatureProfile,
    SignerRole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What of the document goes into a signature, or tells where it goes.

    Args:
        number: number and notation (`214/UBND-VHXH`): on an annex those of the main
            document, in the role NUMBER what the clerk puts on it.
        issued: the date of issue that the clerk puts on it.
        copy_form: the form of a certified copy.
        signer_name: as printed below the signature; "" for that of the certificate.
        text: what is printed on the document, as a worker read it
            (`signing.workers.Job.DOCUMENT_TEXT`). None: there are no anchors, and
            nobody looked for a secrecy mark.
    """

    number: str = ""
    issued: date | None = None
    copy_form: CopyForm | None = None
    signer_name: str = ""
    text: DocumentText | None = None


NO_PARTICULARS = Particulars()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRequest:
    """One signature to be made.

    Args:
        role: in which role the holder of the credential signs.
        at: the signing time that is claimed, with its zone.
        image: PNG of the handwritten signature or the seal.
        placement: where image and text show. Without one: the seal goes to the left
            of the personal signature, annexes and copies bear theirs in the top right
            corner, and a person signs between title and name as the text has them.
        text_lines: drawn below the image.
        field_name: an empty signature field of the document to sign in; without one
            the role's own field is made.
        profile: which algorithm an RSA key uses.
        particulars: what else the role needs to know of the document.
        level: how long the signature is to be provable.
    """

    role: SignerRole
    at: datetime
    image: bytes | None = None
    placement: Placement | None = None
    text_lines: tuple[str, ...] = ()
    field_name: str | None = None
    profile: SignatureProfile = SignatureProfile.STANDARD
    particulars: Particulars = field(default=NO_PARTICULARS)
    level: SignatureLevel = SignatureLevel.B_B

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a signing time without a zone names no instant")
        if not self.bears_image and (self.image or self.text_lines):
            raise ValueError("annex, copy and number show their own text alone")
        missing = _MISSING[self.role](self.particulars)
        if missing:
            raise ValueError(f"the role {self.role} needs {missing}")

    @property
    def bears_image(self) -> bool:
        """Whether the role shows an image; others show text of their own."""
        return ROLES[self.role].image is not None

    @property
    def is_visible(self) -> bool:
        """Whether there is anything to show."""
        return not self.bears_image or self.image is not None or bool(self.text_lines)


def _nothing(_: Particulars) -> str:
    return ""


def _annex(known: Particulars) -> str:
    return "" if known.number.strip() else "the number of the main document"


def _copy(known: Particulars) -> str:
    return "" if known.copy_form else "the form of the copy"


def _number(known: Particulars) -> str:
    return "" if known.number.strip() or known.issued else "a number or a date"


_MISSING = {
    SignerRole.PERSON: _nothing,
    SignerRole.AGENCY_SEAL: _nothing,
    SignerRole.ANNEX: _annex,
    SignerRole.COPY: _copy,
    SignerRole.NUMBER: _number,
}
