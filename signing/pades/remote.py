"""A signature whose private key is elsewhere: prepared here, completed here.

Between the two, a file waits with room for its signature, and what is needed to go on
is kept as JSON: the signed attributes are replayed and never made again, the waiting
file is known by its digest, and the value is checked before anything is written
(EN 319 142-1 clause 6, RFC 5652 clause 5.4).
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from pki.der import DerReader
from pki.errors import PkiError, SignatureInvalidError
from pki.keys.api import Credential, PublicKey, SignatureScheme
from pki.keys.software import verify_signature
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.cms import template_for
from signing.pades.levels import NO_SERVICES, SignedDocument, SigningServices
from signing.pades.request import SignRequest
from signing.pades.revision import PreparedRevision
from signing.pades.signer import Unsigned, prepare_unsigned, raised, stamped
from signing.profiles import SignatureLevel, scheme_for

MAX_VALUE = 1024
"""Octets of a signature value: RSA with 8192 bits."""

_VERSION = 1
_SET = 0x31


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
            raise _damaged("state") from error


@dataclass(frozen=True, slots=True)
class PreparedSignature:
    """A file with room for its signature.

    Args:
        data: the file; it begins with the document's own bytes.
        state: what to keep.
    """

    data: bytes
    state: KeptState


def prepare_signature(
    source: bytes,
    *,
    certificate: Certificate,
    chain: Sequence[Certificate],
    request: SignRequest,
    services: SigningServices = NO_SERVICES,
) -> PreparedSignature:
    """Prepare `source` to be signed by the key of `certificate`, wherever it is.

    Room is kept for the level wanted, so that nothing is found too small at the end.

    Raises:
        SigningError: the document, the certificate or the request is refused.
        PkiError: the certificate is not good.
    """
    public_key = certificate.public_key()
    # The template refuses any other kind of key.
    absent = AbsentKey(public_key)  # type: ignore[arg-type]
    credential = Credential(absent, certificate, tuple(chain))
    unsigned = prepare_unsigned(source, credential, request, services)
    data = unsigned.prepared.content
    offset = unsigned.prepared.byte_range
    gap = (offset.reserved_region_start, offset.reserved_region_end)
    state = KeptState(
        prepared_sha256=sha256(data).digest(),
        gap=gap,
        digest=unsigned.prepared.digest,
        attributes=unsigned.attributes,
        scheme=scheme_for(request.profile, unsigned.template.public_key),
        certificates=tuple(
            one.public_bytes(Encoding.DER) for one in (certificate, *chain)
        ),
        level=request.level,
        room=unsigned.room,
    )
    return PreparedSignature(data, state)


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


def complete_signature(
    prepared: bytes,
    state: KeptState,
    value: bytes,
    services: SigningServices = NO_SERVICES,
) -> SignedDocument:
    """Return the prepared file with its signature, at the level that can be reached.

    Args:
        prepared: the file, as `prepare_signature` gave it.
        state: what was kept.
        value: the signature over the attributes.
        services: who stamps, and where evidence comes from.

    Raises:
        SigningError: SIGNATURE_VALUE_WRONG; STORED_BYTES_DAMAGED, the prepared file or
            the state is not what was kept.
    """
    if sha256(prepared).digest() != state.prepared_sha256:
        raise _damaged("prepared file")
    check_value(state, value)
    unsigned = _restored(prepared, state)
    return raised(stamped(unsigned, value, state.level, services), services)


def _restored(prepared: bytes, state: KeptState) -> Unsigned:
    """Return what was prepared as it was, the attributes byte for byte."""
    own, *above = map(load_der_x509_certificate, state.certificates)
    # As when it was prepared: a key that the template accepts.
    absent = AbsentKey(own.public_key())  # type: ignore[arg-type]
    template = template_for(Credential(absent, own, tuple(above)), state.scheme)
    before, found, after = _content(state.attributes).partition(state.digest)
    template = replace(template, attributes=(before, after))
    if not found or template.signed_attributes(state.digest) != state.attributes:
        raise _damaged("attributes")
    byte_range = PreparedByteRangeDigest(state.digest, *state.gap)
    revision = PreparedRevision(BytesIO(prepared), byte_range)
    return Unsigned(template, revision, state.room)


def _content(attributes: bytes) -> bytes:
    try:
        return DerReader(attributes).content(_SET)
    except ValueError as error:
        raise _damaged("attributes") from error


def _fields(data: bytes) -> dict[str, Any]:
    fields = json.loads(data)
    if not isinstance(fields, dict) or fields["v"] != _VERSION:
        raise ValueError("another version")
    return fields


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


def _damaged(place: str) -> SigningError:
    return SigningError(ErrorCode.STORED_BYTES_DAMAGED, place=place)
