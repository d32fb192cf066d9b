"""What stands in a signature beside what is signed (RFC 5652 clause 5.3).

Whoever has the file may write there. So it is read octet by octet, and only what is
judged elsewhere may stand there at all.
"""

from dataclasses import dataclass

from signing.validation.der import contents, octets

SIGNATURE_TIME_STAMP = bytes.fromhex("2a864886f70d010910020e")
"""id-aa-signatureTimeStampToken (RFC 3161 appendix A), without its header."""

_UNSIGNED = 0xA1
_SHAPE = (0x06, 0x31)
_SEQUENCE = 0x30


@dataclass(frozen=True, slots=True)
class UnsignedAttribute:
    """One attribute.

    Args:
        kind: its identifier, encoded without header.
        values: DER.
    """

    kind: bytes
    values: tuple[bytes, ...]


def unsigned_attributes(signed_data: bytes) -> tuple[UnsignedAttribute, ...] | None:
    """Return the unsigned attributes of the first signer; None if there is no set.

    Args:
        signed_data: a ContentInfo, checked to be DER all the way down.

    Raises:
        SigningError: CMS_INVALID.
        ValueError: another structure than a SignedData has.
        IndexError: likewise.
    """
    _, explicit = contents(signed_data)
    (inner,) = contents(explicit)
    signer = contents(contents(inner)[-1])[0]
    last = contents(signer)[-1]
    if last[0] != _UNSIGNED:
        return None
    return tuple(map(_attribute, contents(last)))


def _attribute(encoded: bytes) -> UnsignedAttribute:
    kind, values = contents(encoded)
    if encoded[0] != _SEQUENCE or (kind[0], values[0]) != _SHAPE:
        raise ValueError("not an attribute")
    return UnsignedAttribute(octets(kind), contents(values))
