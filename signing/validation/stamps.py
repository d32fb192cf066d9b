"""Facts on one time stamp token: what it is by itself (RFC 3161 2.4.2, RFC 5816).

Whose it is, and whether that counts, is judged in `signing.validation.engine`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from pki.errors import PkiError
from pki.tsa.client import OpenedToken, open_token
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.errors import SigningError
from signing.validation.cms import CmsSignature, read_cms
from signing.validation.findings import Finding, format_failure
from signing.validation.limits import MAX_CERTIFICATES

_BY_ISSUER = (3, 1)
_BY_KEY_IDENTIFIER = (3, 3)
_IMPRINT = "messageImprint"

_HASH = (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
_VALUE = (Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE)
_SIGNER = (Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
_ALGORITHM = (
    Indication.INDETERMINATE,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
)
_MEANINGS = MappingProxyType(
    {
        ErrorCode.SIGNATURE_INVALID: _VALUE,
        ErrorCode.SIGNING_CERTIFICATE_MISMATCH: _SIGNER,
        ErrorCode.KEY_WEAK: _ALGORITHM,
        ErrorCode.SIGNATURE_ALGORITHM_REFUSED: _ALGORITHM,
    }
)

# RFC 5816: ESSCertID (SHA-1) alone no longer says who signed.
_UNBOUND = Finding(*_SIGNER, ErrorCode.SIGNING_CERTIFICATE_MISMATCH, "ESSCertIDv2")


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFacts:
    """One token.

    Args:
        finding: why it is no proof, whoever it is by; None if it is sound.
        at: the time stamped; None if it is not sound.
        certificate: of whom it is by, DER.
        embedded: what came along, DER.
        intact: it stamps what it stands for; None if that was not compared.
        valid: its value is its signer's; None if that was not checked.
        token: the whole of it, DER.
    """

    finding: Finding | None = None
    at: datetime | None = None
    certificate: bytes | None = None
    embedded: tuple[bytes, ...] = ()
    intact: bool | None = None
    valid: bool | None = None
    token: bytes = b""


def read_stamp(token: bytes, digest_of: Callable[[str], bytes]) -> StampFacts:
    """Find out about a token.

    Args:
        token: the TimeStampToken.
        digest_of: gives the digest of what it should have stamped, by the `hashlib`
            name of a digest algorithm.
    """
    return replace(_read(token, digest_of), token=token)


def _read(token: bytes, digest_of: Callable[[str], bytes]) -> StampFacts:
    try:
        cms = read_cms(token)
        if cms.attributes is not None and cms.attributes.binding is None:
            return StampFacts(finding=_UNBOUND)
        opened = open_token(token, digest_of)
    except SigningError as error:
        return StampFacts(finding=format_failure(error.code, error.place))
    except PkiError as error:
        return _refused(error)
    sound = StampFacts(
        at=opened.at,
        certificate=opened.certificate,
        embedded=opened.certificates,
        intact=True,
        valid=True,
    )
    if _is_odd(cms, opened):
        odd = format_failure(ErrorCode.TIME_STAMP_MALFORMED, "SignedData")
        return replace(sound, finding=odd)
    return sound


def _refused(error: PkiError) -> StampFacts:
    mismatch = error.code is ErrorCode.TIME_STAMP_MISMATCH
    if mismatch and error.place == _IMPRINT:
        finding = Finding(*_HASH, error.code, error.place)
        return StampFacts(finding=finding, intact=False)
    if mismatch or error.code is ErrorCode.SIGNATURE_INVALID:
        finding = Finding(*_VALUE, error.code, error.place)
        return StampFacts(finding=finding, intact=True, valid=False)
    meaning = _MEANINGS.get(error.code)
    if meaning is None:
        return StampFacts(finding=format_failure(error.code, error.place))
    return StampFacts(finding=Finding(*meaning, error.code, error.place), intact=True)


def _is_odd(cms: CmsSignature, opened: OpenedToken) -> bool:
    """Tell whether what nobody signed is other than it must be (RFC 5652 5.1, 5.3)."""
    return (
        cms.signer_count != 1
        or cms.versions != (_BY_ISSUER if cms.names_issuer else _BY_KEY_IDENTIFIER)
        or cms.digests != (cms.digest,)
        or cms.other_content
        or cms.unsigned is not None
        or cms.certificate != opened.certificate
        or len(cms.certificates) > MAX_CERTIFICATES
    )
