"""What a time stamp token says it stamped (RFC 3161 clause 2.4.2)."""

from asn1crypto import tsp

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.identifiers import DIGESTS


def imprint_of(content: bytes) -> tuple[str, bytes]:
    """Return digest algorithm and digest in a TSTInfo.

    The name is empty if the algorithm is not allowed.

    Raises:
        SigningError: CMS_INVALID, no TSTInfo.
    """
    try:
        imprint = tsp.TSTInfo.load(content, strict=True)["message_imprint"]
        name = DIGESTS.get(imprint["hash_algorithm"].dump(), "")
        return name, bytes(imprint["hashed_message"].native)
    except (ValueError, TypeError, KeyError) as error:
        raise SigningError(ErrorCode.CMS_INVALID, place="TSTInfo") from error
