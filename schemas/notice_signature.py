"""How a notice is signed: HTTP Message Signatures (RFC 9421), one shape of them.

Covered are the method, the URL, the digest of the body (RFC 9530), its type, and the
id of the notice. The hub writes these headers; a receiver writes the same text again
and compares, so nothing else is ever taken for a signature.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

NOTICE_HEADER: Final = "Lienthong-Notice"
DIGEST_HEADER: Final = "Content-Digest"
INPUT_HEADER: Final = "Signature-Input"
SIGNATURE_HEADER: Final = "Signature"
JSON: Final = "application/json"

_LABEL = "hub"
_TAG = "lienthong-notice"
_COVERED = (
    '("@method" "@target-uri" "content-digest" "content-type" "lienthong-notice")'
)
_PARAMETERS = re.compile(
    rf"{_LABEL}={re.escape(_COVERED)};created=([0-9]{{1,12}})"
    rf';keyid="([0-9a-f]{{64}})";alg="([a-z0-9-]{{1,32}})";tag="{_TAG}"'
)
_SIGNATURE = re.compile(rf"{_LABEL}=:([A-Za-z0-9+/=]{{1,2000}}):")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParameters:
    """When, by which key and how a notice was signed.

    Args:
        created: seconds since 1970.
        key_id: SHA-256 of the certificate of the hub's receipt key, lower hex.
        algorithm: of RFC 9421 section 6.2.2.
    """

    created: int
    key_id: str
    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNotice:
    """What a signature covers."""

    url: str
    notice_id: str
    body: bytes


def content_digest(body: bytes) -> str:
    """Return the digest of a body as its header has it (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_base(notice: SignedNotice, parameters: SignatureParameters) -> bytes:
    """Return the octets that are signed (RFC 9421 section 2.5)."""
    lines = (
        '"@method": POST',
        f'"@target-uri": {notice.url}',
        f'"content-digest": {content_digest(notice.body)}',
        f'"content-type": {JSON}',
        f'"lienthong-notice": {notice.notice_id}',
        f'"@signature-params": {_written(parameters)}',
    )
    return "\n".join(lines).encode()


def signature_headers(
    notice: SignedNotice, parameters: SignatureParameters, value: bytes
) -> dict[str, str]:
    """Return the headers of a signed notice; an ECDSA value is r and then s."""
    return {
        "Content-Type": JSON,
        NOTICE_HEADER: notice.notice_id,
        DIGEST_HEADER: content_digest(notice.body),
        INPUT_HEADER: f"{_LABEL}={_written(parameters)}",
        SIGNATURE_HEADER: f"{_LABEL}=:{base64.b64encode(value).decode()}:",
    }


def read_parameters(header: str) -> SignatureParameters | None:
    """Read a Signature-Input header; None if it is not of the one shape."""
    found = _PARAMETERS.fullmatch(header)
    if found is None:
        return None
    created, key_id, algorithm = found.groups()
    return SignatureParameters(created=int(created), key_id=key_id, algorithm=algorithm)


def read_value(header: str) -> bytes | None:
    """Read a Signature header; None if it is not of the one shape."""
    found = _SIGNATURE.fullmatch(header)
    try:
        return base64.b64decode(found[1], validate=True) if found else None
    except ValueError:
        return None


def _written(parameters: SignatureParameters) -> str:
    return (
        f'{_COVERED};created={parameters.created};keyid="{parameters.key_id}"'
        f';alg="{parameters.algorithm}";tag="{_TAG}"'
    )
