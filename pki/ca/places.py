"""Where a hierarchy publishes what relying parties may fetch.

The addresses are written into certificates for others. Nothing here ever fetches an
address because a certificate names it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pki.ca.labels import AnyLabel, CaLabel
from pki.errors import PkiError
from pki.kinds import RESPONDERS
from schemas.errors import ErrorCode

_LONGEST_URL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPlaces:
    """Addresses a certificate names (RFC 5280 4.2.1.13, 4.2.2.1).

    Args:
        ocsp: the responder; empty where nobody answers for the issuer.
        issuer: certificate of the issuer.
        revocation_list: list of the issuer.
    """

    ocsp: str
    issuer: str
    revocation_list: str


def places_below(public_url: str, issuer: AnyLabel) -> PublicPlaces:
    """Return what certificates of one CA name, under the hierarchy's public URL.

    The root is offline and certifies no responder: its list alone says what it revoked.
    """
    base = public_url.rstrip("/")
    kind = issuer.kind if isinstance(issuer, CaLabel) else issuer
    return PublicPlaces(
        ocsp=f"{base}/ocsp" if kind in RESPONDERS else "",
        issuer=f"{base}/ca/{issuer}.cer",
        revocation_list=f"{base}/crl/{issuer}.crl",
    )


def check_public_url(url: str) -> str:
    """Let pass an address that may stand in certificates.

    Plain HTTP alone: judging a TLS certificate must not need TLS (RFC 5280 section 8).

    Raises:
        PkiError: another scheme, no host, or parts beyond a path.
    """
    try:
        parts = urlsplit(url)
        is_bare = not (parts.query or parts.fragment or parts.username)
        is_usable = parts.scheme == "http" and bool(parts.hostname) and is_bare
        # Reading the port checks its range.
        _ = parts.port
    except ValueError as error:
        raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="public_url") from error
    printable = url.isascii() and url.isprintable() and " " not in url
    if not is_usable or not printable or len(url) > _LONGEST_URL:
        raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="public_url")
    return url
