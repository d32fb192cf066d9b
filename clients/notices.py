"""For receivers of webhooks: is this notice the hub's, and what does it say?

Answer 2xx only after `open_notice` returned. The same notice may come again when an
answer was lost; its id is then the same, so remember the ids of the last days.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.x509 import Certificate

from clients.errors import ClientError
from schemas.errors import ErrorCode
from schemas.notice_signature import (
    DIGEST_HEADER,
    INPUT_HEADER,
    NOTICE_HEADER,
    SIGNATURE_HEADER,
    SignatureParameters,
    SignedNotice,
    content_digest,
    read_parameters,
    read_value,
    signature_base,
)

FRESH = timedelta(minutes=5)
"""How far a signature may be from the receiver's clock, before and after."""

_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedNotice:
    """A POST to a webhook, as it came.

    Args:
        url: under which the webhook is registered, letter for letter.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HubNotice:
    """What the hub says.

    Args:
        notice_id: the same when it comes again.
        event: ``envelope.arrived``, ``envelope.overdue`` or ``webhook.test``.
        agency: whose inbox it is about.
        envelope_id: the envelope concerned, if there is one.
        cursor: its place in the inbox, if it has one.
    """

    notice_id: str
    event: str
    agency: str
    envelope_id: str | None
    cursor: int | None


def open_notice(
    received: ReceivedNotice, *, certificates: Mapping[str, Certificate], now: datetime
) -> HubNotice:
    """Check who signed a notice and when, and read it.

    Args:
        received: the request.
        certificates: of the hub's receipt keys that are believed, by key id (SHA-256
            of the certificate, lower hex).
        now: the receiver's time.

    Raises:
        ClientError: it is not the hub's, changed, old, or for another endpoint
            (NOTICE_SIGNATURE_INVALID, the part at fault is named).
    """
    headers = {name.lower(): value for name, value in received.headers.items()}
    notice = SignedNotice(
        url=received.url,
        notice_id=headers.get(NOTICE_HEADER.lower(), ""),
        body=received.body,
    )
    parameters = read_parameters(headers.get(INPUT_HEADER.lower(), ""))
    value = read_value(headers.get(SIGNATURE_HEADER.lower(), ""))
    if parameters is None or value is None or len(received.body) > _LARGEST:
        raise _invalid(INPUT_HEADER)
    if headers.get(DIGEST_HEADER.lower()) != content_digest(received.body):
        raise _invalid(DIGEST_HEADER)
    if abs(now.timestamp() - parameters.created) > FRESH.total_seconds():
        raise _invalid("created")
    certificate = certificates.get(parameters.key_id)
    if certificate is None:
        raise _invalid("keyid")
    _require_signed(certificate, notice, parameters, value)
    return _read(notice)


def _require_signed(
    certificate: Certificate,
    notice: SignedNotice,
    parameters: SignatureParameters,
    value: bytes,
) -> None:
    base, key = signature_base(notice, parameters), certificate.public_key()
    try:
        match key, parameters.algorithm:
            case rsa.RSAPublicKey(), "rsa-v1_5-sha256":
                key.verify(value, base, padding.PKCS1v15(), SHA256())
            case ec.EllipticCurvePublicKey(), "ecdsa-p256-sha256":
                key.verify(_der(value, 32), base, ec.ECDSA(SHA256()))
            case ec.EllipticCurvePublicKey(), "ecdsa-p384-sha384":
                key.verify(_der(value, 48), base, ec.ECDSA(SHA384()))
            case _:
                raise _invalid("alg")
    except InvalidSignature as error:
        raise _invalid(SIGNATURE_HEADER) from error


def _der(value: bytes, half: int) -> bytes:
    """Return r and s, as RFC 9421 section 3.3.4 writes them, in DER."""
    if len(value) != 2 * half:
        raise _invalid(SIGNATURE_HEADER)
    r, s = (int.from_bytes(one) for one in (value[:half], value[half:]))
    return encode_dss_signature(r, s)


def _read(notice: SignedNotice) -> HubNotice:
    try:
        fields = json.loads(notice.body)
        if fields["id"] != notice.notice_id:
            raise _invalid("id")
        return HubNotice(
            notice_id=notice.notice_id,
            event=str(fields["event"]),
            agency=str(fields["agency"]),
            envelope_id=fields["envelope"],
            cursor=fields["cursor"],
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _invalid("body") from error


def _invalid(place: str) -> ClientError:
    return ClientError(ErrorCode.NOTICE_SIGNATURE_INVALID, place=place)
