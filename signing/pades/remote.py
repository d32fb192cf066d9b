"""A signature whose private key is elsewhere: prepared here, completed here.

Between the two, a file waits with room for its signature, and what is needed to go on
is kept as JSON: the signed attributes are replayed and never made again, the waiting
file is known by its digest, and the value is checked before anything is written
(EN 319 142-1 clause 6, RFC 5652 clause 5.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from pki.der import DerReader
from pki.keys.api import Credential
from signing.pades.cms import template_for
from signing.pades.extend import raised
from signing.pades.kept import AbsentKey, KeptState, check_value, damaged
from signing.pades.levels import NO_SERVICES, SignedDocument, SigningServices
from signing.pades.request import SignRequest
from signing.pades.revision import PreparedRevision
from signing.pades.signer import Unsigned, prepare_unsigned, stamped
from signing.profiles import scheme_for

_SET = 0x31


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
    unsigned = _checked(prepared, state, value)
    return raised(stamped(unsigned, value, state.level, services), services)


def complete_with_token(
    prepared: bytes, state: KeptState, value: bytes, token: bytes = b""
) -> bytes:
    """Return the prepared file with its signature, at level B-B or, with a token, B-T.

    For a process that may ask nobody: who asked for the token checked it.

    Raises:
        SigningError: as `complete_signature`.
    """
    return _checked(prepared, state, value).complete(value, token)


def _checked(prepared: bytes, state: KeptState, value: bytes) -> Unsigned:
    if sha256(prepared).digest() != state.prepared_sha256:
        raise damaged("prepared file")
    check_value(state, value)
    return _restored(prepared, state)


def _restored(prepared: bytes, state: KeptState) -> Unsigned:
    """Return what was prepared as it was, the attributes byte for byte."""
    own, *above = map(load_der_x509_certificate, state.certificates)
    # As when it was prepared: a key that the template accepts.
    absent = AbsentKey(own.public_key())  # type: ignore[arg-type]
    template = template_for(Credential(absent, own, tuple(above)), state.scheme)
    before, found, after = _content(state.attributes).partition(state.digest)
    template = replace(template, attributes=(before, after))
    if not found or template.signed_attributes(state.digest) != state.attributes:
        raise damaged("attributes")
    byte_range = PreparedByteRangeDigest(state.digest, *state.gap)
    revision = PreparedRevision(BytesIO(prepared), byte_range)
    return Unsigned(template, revision, state.room)


def _content(attributes: bytes) -> bytes:
    try:
        return DerReader(attributes).content(_SET)
    except ValueError as error:
        raise damaged("attributes") from error
