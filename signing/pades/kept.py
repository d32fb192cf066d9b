"""What is kept of a signature between preparing and completing it, as JSON.

No PDF library is needed to keep it, or to check a value against it.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from cryptography.x509 import load_der_x509_certificate

from pki.errors import PkiError, SignatureInvalidError
from pki.keys.api import PublicKey, SignatureScheme
from pki.keys.software import verify_signature
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.profiles import SignatureLevel

MAX_VALUE = 1024
"""Octets of a signature value: RSA with 8192 bits."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class AbsentKey:
    """The public half of a key that is somewhere else.

    Args:
        public_key: the public half.
    """

    public_key: PublicKey

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Refuse: this key signs elsewhere.

        Raises:
            PkiError: KEY_NOT_FOUND.
        """
        raise PkiError(ErrorCode.KEY_NOT_FOUND, place=f"{scheme}: {len(data)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """What must be kept between preparing and completing, beside the prepared file.

    Args:
        prepared_sha256: of the prepared file.
        gap: where the value of /Contents begins and ends in it.
        digest: of the bytes that the signature covers.
        attributes: DER of the signed attributes; the key signs these octets.
        certificates: the signer's and those above it, DER.
        room: octets kept for a time stamp on the signature.
    """

    prepared_sha256: bytes
    gap: tuple[int, int]
    digest: bytes
    attributes: bytes
    scheme: SignatureScheme
    certificates: tuple[bytes, ...]
    level: SignatureLevel
    room: int

    def to_json(self) -> bytes:
        """Write the state."""
        fields = {
            "v": _VERSION,
            "prepared_sha256": self.prepared_sha256.hex(),
            "gap": self.gap,
            "digest": self.digest.hex(),
            "attributes": _base64(self.attributes),
            "scheme": self.scheme,
            "certificates": [_base64(one) for one in self.certificates],
            "level": self.level,
            "room": self.room,
        }
        return json.dumps(fields).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "KeptState":
        """Read what `to_json` wrote.

        Raises:
            SigningError: STORED_BYTES_DAMAGED, it did not.
        """
        try:
            fields = _fields(data)
            start, end = map(int, fields["gap"])
            return cls(
                prepared_sha256=bytes.fromhex(fields["prepared_sha256"]),
                gap=(start, end),
                digest=bytes.fromhex(fields["digest"]),
                attributes=b64decode(fields["attributes"], validate=True),
                scheme=SignatureScheme(fields["scheme"]),
                certificates=tuple(map(b64decode, fields["certificates"])),
                level=SignatureLevel(fields["level"]),
                room=int(fields["room"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise damaged("state") from error


def check_value(state: KeptState, value: bytes) -> None:
    """Demand that `value` is the signature of the certificate's key.

    A wrong one would complete just as silently, and make an invalid file.

    Raises:
        SigningError: SIGNATURE_VALUE_WRONG.
    """
    certificate = load_der_x509_certificate(state.certificates[0])
    # What the file was prepared with: a key that the template accepted.
    public_key: PublicKey = certificate.public_key()  # type: ignore[assignment]
    try:
        if not 0 < len(value) <= MAX_VALUE:
            raise SigningError(ErrorCode.SIGNATURE_VALUE_WRONG, place="size")
        verify_signature(public_key, state.scheme, value, state.attributes)
    except SignatureInvalidError as error:
        raise SigningError(ErrorCode.SIGNATURE_VALUE_WRONG) from error


def _fields(data: bytes) -> dict[str, Any]:
    fields = json.loads(data)
    if not isinstance(fields, dict) or fields["v"] != _VERSION:
        raise ValueError("another version")
    return fields


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


def damaged(place: str) -> SigningError:
    """Return the refusal of what is not as it was kept."""
    return SigningError(ErrorCode.STORED_BYTES_DAMAGED, place=place)
