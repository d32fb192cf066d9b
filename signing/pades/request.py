"""What a caller asks for when a document is to be signed."""

from dataclasses import dataclass
from datetime import datetime

from signing.profiles import Placement, SignatureProfile, SignerRole


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRequest:
    """One signature to be made.

    Args:
        role: in which role the holder of the credential signs.
        at: the signing time that is claimed, with its zone.
        image: PNG of the handwritten signature or the seal.
        placement: where image and text show. Without one the seal goes to the left
            of the personal signature; nothing else shows without one.
        text_lines: drawn below the image.
        field_name: an empty signature field of the document to sign in; without one
            the role's own field is made.
        profile: which algorithm an RSA key uses.
    """

    role: SignerRole
    at: datetime
    image: bytes | None = None
    placement: Placement | None = None
    text_lines: tuple[str, ...] = ()
    field_name: str | None = None
    profile: SignatureProfile = SignatureProfile.STANDARD

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a signing time without a zone names no instant")

    @property
    def is_visible(self) -> bool:
        """Whether there is anything to show."""
        return self.image is not None or bool(self.text_lines)
