"""Algorithm identifiers in CMS, as the octets they must be.

The identifier of an algorithm is not signed, so each has its allowed spellings here and
no other.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pki.keys.api import SignatureScheme

_NULL = bytes.fromhex("0500")
_SALT_OF_32 = bytes.fromhex("020120")
_MGF1 = bytes.fromhex("06092a864886f70d010108")
_PSS = bytes.fromhex("06092a864886f70d01010a")
_RSA = bytes.fromhex("06092a864886f70d010101")
_RSA_SHA256 = bytes.fromhex("06092a864886f70d01010b")
_ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
_ECDSA_SHA384 = bytes.fromhex("06082a8648ce3d040303")
_SHA256, _SHA384, _SHA512 = (
    bytes.fromhex(f"060960864801650304020{last}") for last in (1, 2, 3)
)


def _sequence(content: bytes) -> bytes:
    return bytes((0x30, len(content))) + content


def _tagged(number: int, content: bytes) -> bytes:
    return bytes((0xA0 + number, len(content))) + content


def _pss(digest: bytes) -> bytes:
    """Return id-RSASSA-PSS with `digest`, MGF1 of it and 32 octets of salt."""
    mask = _sequence(_MGF1 + digest)
    parameters = _tagged(0, digest) + _tagged(1, mask) + _tagged(2, _SALT_OF_32)
    return _sequence(_PSS + _sequence(parameters))


DIGESTS: Mapping[bytes, str] = MappingProxyType(
    {
        _sequence(identifier + null): name
        for identifier, name in (
            (_SHA256, "sha256"),
            (_SHA384, "sha384"),
            (_SHA512, "sha512"),
        )
        for null in (b"", _NULL)
    }
)
"""Digests by AlgorithmIdentifier, with and without NULL (RFC 5754 clause 2)."""

DIGEST_NAMES: Mapping[bytes, str] = MappingProxyType(
    {_SHA256: "sha256", _SHA384: "sha384", _SHA512: "sha512"}
)
"""Digests by the identifier alone."""

SIGNATURES: Mapping[bytes, SignatureScheme] = MappingProxyType(
    {
        _sequence(_ECDSA_SHA256): SignatureScheme.ECDSA_SHA256,
        _sequence(_ECDSA_SHA384): SignatureScheme.ECDSA_SHA384,
        _sequence(_RSA_SHA256 + _NULL): SignatureScheme.RSA_PKCS1V15_SHA256,
        # With plain rsaEncryption the digest stands beside it (RFC 5754 clause 3.2).
        _sequence(_RSA + _NULL): SignatureScheme.RSA_PKCS1V15_SHA256,
        _pss(_sequence(_SHA256 + _NULL)): SignatureScheme.RSA_PSS_SHA256,
        _pss(_sequence(_SHA256)): SignatureScheme.RSA_PSS_SHA256,
    }
)
"""Signature schemes by AlgorithmIdentifier (RFC 5754 clause 3, RFC 4056)."""
