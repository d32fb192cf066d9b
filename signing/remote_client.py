"""What a client checks before its key signs what a hub has prepared.

The hub prepares the file, the client's key signs a few hundred octets that it can not
read by eye. So the client demands that the file begins with its own exact bytes, adds
one signature and nothing else, and that the octets bind exactly this file and exactly
its own certificate (docs/protocol.md). Needs no PDF library.
"""

from dataclasses import dataclass

from cryptography.x509 import Certificate

from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.remote_check.attributes import require_attributes
from signing.remote_check.changes import AddedSignature, require_signature_alone
from signing.remote_check.increment import changed, read_increment
from signing.remote_check.objects import PdfObjects
from signing.validation.structure import (
    SignatureBytes,
    SignatureForm,
    form_unknown,
    gap_is_not_contents,
    gap_is_not_hexadecimal,
    keys_repeat,
    range_leaves_dictionary,
    range_malformed,
    read_signature,
    signed_bytes,
)

_RULES = (
    keys_repeat,
    form_unknown,
    range_malformed,
    range_leaves_dictionary,
    gap_is_not_contents,
    gap_is_not_hexadecimal,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a hub asks a client to sign.

    Args:
        document: the client's own file, from its own disk.
        prepared: the same with room for a signature, from the hub.
        attributes: DER of the signed attributes, from the hub.
        certificate: the client's own.
        scheme: with which its key signs.
        is_visible: whether the client asked for a signature that shows.
    """

    document: bytes
    prepared: bytes
    attributes: bytes
    certificate: Certificate
    scheme: SignatureScheme
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """An offer that holds.

    Args:
        to_sign: the octets the key is to sign.
        gap: where the value of /Contents lies in the prepared file.
    """

    to_sign: bytes
    gap: tuple[int, int]


def check_offer(offer: Offer) -> Checked:
    """Return the octets to sign, once the offer is found to be what was asked for.

    Raises:
        SigningError: REMOTE_DOCUMENT_CHANGED, REMOTE_DIGEST_WRONG,
            REMOTE_CERTIFICATE_WRONG, REMOTE_ATTRIBUTES_WRONG; PDF_MALFORMED,
            PDF_HYBRID, PDF_ENCRYPTED, LIMIT_EXCEEDED: the file cannot be compared.
    """
    before = PdfObjects.read(offer.document)
    try:
        added = read_increment(before, offer.prepared)
        signature = require_signature_alone(before, added)
        found = _read(offer, signature)
    except SigningError as error:
        if error.code is not ErrorCode.PDF_MALFORMED:
            raise
        raise changed(error.place) from error
    first, second = signed_bytes(found)
    require_attributes(
        offer.attributes,
        covered=(bytes(first), bytes(second)),
        certificate=offer.certificate,
        scheme=offer.scheme,
    )
    return Checked(offer.attributes, (len(first), len(first) + len(found.gap)))


def check_signed(offer: Offer, checked: Checked, value: bytes, signed: bytes) -> None:
    """Demand that a signed file is the prepared one, with this signature in its gap.

    What comes after it (validation data, time stamps) is judged by whoever verifies.

    Args:
        offer: what was asked for.
        checked: as it was found.
        value: of the signature.
        signed: from the hub.

    Raises:
        SigningError: REMOTE_DOCUMENT_CHANGED.
    """
    start, end = checked.gap
    size = len(offer.prepared)
    if signed[:start] != offer.prepared[:start]:
        raise changed("signed file")
    if signed[end:size] != offer.prepared[end:] or len(signed) < size:
        raise changed("signed file")
    try:
        contents = bytes.fromhex(signed[start + 1 : end - 1].decode("ascii"))
    except ValueError as error:
        raise changed("signed file") from error
    # In the CMS the attributes stand under another tag (RFC 5652 clause 5.4).
    if value not in contents or checked.to_sign[1:] not in contents:
        raise changed("signature")


def _read(offer: Offer, signature: AddedSignature) -> SignatureBytes:
    """Read the signature dictionary; its gap must be empty, all else covered."""
    found = read_signature(offer.prepared, signature.dictionary_start)
    if any(broken(found) for broken in _RULES):
        raise changed("signature dictionary")
    if found.form is not SignatureForm.PADES or found.gap.strip(b"<0>"):
        raise changed("/Contents")
    covered = found.byte_range
    if covered is None or covered.end != len(offer.prepared):
        raise changed("/ByteRange")
    if signature.is_visible and not offer.is_visible:
        raise changed("field /Rect")
    return found
