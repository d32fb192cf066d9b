"""A notice as it is sent: small JSON, signed with the hub's receipt key.

The signature is of RFC 9421, whose text no receipt can be taken for, nor the reverse;
receivers believe the certificate they believe of receipts.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from exchange.domain.notices import Notice, Subscription
from exchange.services import Hub
from pki.keys.api import SignatureScheme
from schemas.notice_signature import (
    SignatureParameters,
    SignedNotice,
    signature_base,
    signature_headers,
)
from schemas.timestamps import format_utc


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """What is posted to an endpoint."""

    url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


def notice_request(
    hub: Hub, notice: Notice, subscription: Subscription, *, now: datetime
) -> NoticeRequest:
    """Write and sign a notice; only the time of signing differs between attempts.

    Raises:
        PkiError: the key cannot sign.
    """
    body = json.dumps(_fields(hub, notice), separators=(",", ":")).encode()
    signed = SignedNotice(url=subscription.url, notice_id=notice.notice_id, body=body)
    scheme, algorithm = _how(hub)
    parameters = SignatureParameters(
        created=int(now.timestamp()), key_id=hub.key_id, algorithm=algorithm
    )
    value = hub.receipt.key.sign(signature_base(signed, parameters), scheme)
    headers = signature_headers(signed, parameters, _as_written(hub, value))
    return NoticeRequest(subscription.url, headers, body)


def _fields(hub: Hub, notice: Notice) -> dict[str, object]:
    return {
        "id": notice.notice_id,
        "hub": hub.hub_id,
        "event": notice.event,
        "agency": notice.agency,
        "envelope": notice.envelope_id,
        "cursor": notice.cursor,
        "at": format_utc(notice.created_at),
    }


def _how(hub: Hub) -> tuple[SignatureScheme, str]:
    key = hub.receipt.key.public_key
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return SignatureScheme.RSA_PKCS1V15_SHA256, "rsa-v1_5-sha256"
    if isinstance(key.curve, ec.SECP384R1):
        return SignatureScheme.ECDSA_SHA384, "ecdsa-p384-sha384"
    return SignatureScheme.ECDSA_SHA256, "ecdsa-p256-sha256"


def _as_written(hub: Hub, value: bytes) -> bytes:
    """Return r and s of an ECDSA value side by side (RFC 9421 section 3.3.4)."""
    key = hub.receipt.key.public_key
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return value
    half = key.key_size // 8
    return b"".join(one.to_bytes(half) for one in decode_dss_signature(value))
