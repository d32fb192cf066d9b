"""OCSP answers as bytes (RFC 6960 4.2), signed with any `SigningKey`.

Written here, since the library's builder takes one certificate per answer and keys of
its own only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags, SubjectKeyIdentifier
from cryptography.x509.oid import OCSPExtensionOID

from pki.algorithms import SCHEMES, default_scheme
from pki.ca.status import CertificateStatus, Standing
from pki.der import (
    NULL,
    OCTET_STRING,
    bit_string,
    constructed_tag,
    element,
    enumerated,
    generalized_time,
    object_identifier,
    primitive_tag,
    sequence,
)
from pki.keys.api import Credential, SignatureScheme
from pki.ocsp.request import CertificateId


class ResponseStatus(IntEnum):
    """How a request fared (RFC 6960 4.2.1)."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    TRY_LATER = 3
    UNAUTHORIZED = 6


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when an answer counts, in whole seconds."""

    this_update: datetime
    next_update: datetime


Finding = tuple[CertificateId, CertificateStatus]

_BASIC = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
_NONCE = object_identifier(OCSPExtensionOID.NONCE)

# RFC 5280 5.3.1; "unspecified" is left out, as on the lists.
_REASONS: Mapping[ReasonFlags, int] = MappingProxyType(
    {
        ReasonFlags.key_compromise: 1,
        ReasonFlags.ca_compromise: 2,
        ReasonFlags.affiliation_changed: 3,
        ReasonFlags.superseded: 4,
        ReasonFlags.cessation_of_operation: 5,
        ReasonFlags.certificate_hold: 6,
        ReasonFlags.privilege_withdrawn: 9,
        ReasonFlags.aa_compromise: 10,
    }
)


def refusal(status: ResponseStatus) -> bytes:
    """Return an answer that says nothing but why there is none; it is not signed."""
    return sequence(enumerated(status))


def signed_answer(
    findings: Sequence[Finding],
    *,
    credential: Credential,
    period: Period,
    nonce: bytes | None = None,
) -> bytes:
    """Sign what was found.

    Args:
        findings: in the order of the request.
        credential: of the responder; its certificate goes along.
        period: when the answer counts; it is produced at its begin.
        nonce: value of the request's nonce extension, repeated.
    """
    scheme = default_scheme(credential.key.public_key)
    data = _response_data(findings, credential, period, nonce)
    certificate = credential.certificate.public_bytes(Encoding.DER)
    basic = sequence(
        data,
        _algorithm(scheme),
        bit_string(credential.key.sign(data, scheme)),
        element(constructed_tag(0), sequence(certificate)),
    )
    octets = sequence(_BASIC, element(OCTET_STRING, basic))
    status = enumerated(ResponseStatus.SUCCESSFUL)
    return sequence(status, element(constructed_tag(0), octets))


def _response_data(
    findings: Sequence[Finding],
    credential: Credential,
    period: Period,
    nonce: bytes | None,
) -> bytes:
    key_id = SubjectKeyIdentifier.from_public_key(credential.key.public_key).digest
    parts = [
        element(constructed_tag(2), element(OCTET_STRING, key_id)),
        generalized_time(period.this_update),
        sequence(*(_single(finding, period) for finding in findings)),
    ]
    if nonce is not None:
        extension = sequence(_NONCE, element(OCTET_STRING, nonce))
        parts.append(element(constructed_tag(1), sequence(extension)))
    return sequence(*parts)


def _single(finding: Finding, period: Period) -> bytes:
    certificate, status = finding
    return sequence(
        certificate.encoded,
        _status(status),
        generalized_time(period.this_update),
        element(constructed_tag(0), generalized_time(period.next_update)),
    )


def _status(status: CertificateStatus) -> bytes:
    if status.standing is Standing.GOOD:
        return element(primitive_tag(0), b"")
    if status.standing is Standing.UNKNOWN or status.revoked_at is None:
        return element(primitive_tag(2), b"")
    content = generalized_time(status.revoked_at)
    code = _REASONS.get(status.reason) if status.reason else None
    if code is not None:
        content += element(constructed_tag(0), enumerated(code))
    return element(constructed_tag(1), content)


def _algorithm(scheme: SignatureScheme) -> bytes:
    name = object_identifier(SCHEMES[scheme].oid)
    # RFC 4055 section 5 demands NULL for PKCS #1 v1.5, RFC 5758 3.2 nothing for ECDSA.
    is_rsa = scheme is SignatureScheme.RSA_PKCS1V15_SHA256
    return sequence(name, element(NULL, b"") if is_rsa else b"")
