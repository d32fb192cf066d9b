"""What a certificate is used for, and which certificates may be used so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.certificates import ReadCertificate
from pki.kinds import (
    DOCUMENT_SIGNING,
    KIND_POLICIES,
    LOG_SIGNING,
    RECEIPT_SIGNING,
    CertificateKind,
)


class KeyPurpose(StrEnum):
    """What the key of an end certificate did."""

    DOCUMENT_PERSON = "document-person"
    DOCUMENT_SEAL = "document-seal"
    DOCUMENT_ANY = "document-any"
    ENVELOPE = "envelope"
    ENCRYPTION = "encryption"
    RECEIPT = "receipt"
    LOG = "log"
    TLS_CLIENT = "tls-client"
    TLS_PERSON = "tls-person"
    TLS_SERVER = "tls-server"
    TIME_STAMP = "time-stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeRule:
    """Which end certificates serve one purpose.

    Args:
        key_usage: one of these must be set.
        extended: one of these must be named, where the extension is present.
        extended_required: the extension must be present.
        kinds: where a certificate names its kind by a policy of ours, one of these.
        sole: the extension must be critical and name nothing else.
        forbidden: key usage none of which may be set.
    """

    key_usage: frozenset[str]
    extended: frozenset[ObjectIdentifier]
    extended_required: bool
    kinds: frozenset[CertificateKind]
    sole: bool = False
    forbidden: frozenset[str] = frozenset()


_SIGNATURE = frozenset({"digital_signature", "content_commitment"})
_HANDSHAKE = frozenset({"digital_signature"})
_ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
# Government certificates name e-mail protection, or Microsoft's document signing.
_DOCUMENT = frozenset(
    {
        _ANY,
        DOCUMENT_SIGNING,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),
    }
)


def _document(*kinds: CertificateKind) -> PurposeRule:
    return PurposeRule(
        key_usage=_SIGNATURE,
        extended=_DOCUMENT,
        extended_required=False,
        kinds=frozenset(kinds),
    )


def _dedicated(
    kind: CertificateKind, extended: ObjectIdentifier, key_usage: frozenset[str]
) -> PurposeRule:
    return PurposeRule(
        key_usage=key_usage,
        extended=frozenset({extended}),
        extended_required=True,
        kinds=frozenset({kind}),
    )


PURPOSE_RULES: Mapping[KeyPurpose, PurposeRule] = MappingProxyType(
    {
        KeyPurpose.DOCUMENT_PERSON: _document(CertificateKind.PERSON),
        KeyPurpose.DOCUMENT_SEAL: _document(CertificateKind.AGENCY_SEAL),
        KeyPurpose.DOCUMENT_ANY: _document(
            CertificateKind.PERSON, CertificateKind.AGENCY_SEAL
        ),
        KeyPurpose.ENVELOPE: PurposeRule(
            key_usage=_SIGNATURE,
            extended=_DOCUMENT | {ExtendedKeyUsageOID.CLIENT_AUTH},
            extended_required=False,
            kinds=frozenset({CertificateKind.SYSTEM, CertificateKind.AGENCY_SEAL}),
        ),
        KeyPurpose.ENCRYPTION: PurposeRule(
            key_usage=frozenset({"key_encipherment", "key_agreement"}),
            extended=frozenset({_ANY, ExtendedKeyUsageOID.EMAIL_PROTECTION}),
            extended_required=False,
            kinds=frozenset({CertificateKind.AGENCY_ENCRYPTION}),
            forbidden=_SIGNATURE,
        ),
        KeyPurpose.RECEIPT: _dedicated(
            CertificateKind.RECEIPT, RECEIPT_SIGNING, _SIGNATURE
        ),
        KeyPurpose.LOG: _dedicated(CertificateKind.LOG, LOG_SIGNING, _SIGNATURE),
        KeyPurpose.TLS_CLIENT: _dedicated(
            CertificateKind.SYSTEM, ExtendedKeyUsageOID.CLIENT_AUTH, _HANDSHAKE
        ),
        # What a key signs in a handshake is chosen by the other side: a key whose
        # signatures bind a person must not (EN 319 412-2 4.3.2, RFC 5280 4.2.1.3).
        KeyPurpose.TLS_PERSON: replace(
            _dedicated(
                CertificateKind.SIGN_IN, ExtendedKeyUsageOID.CLIENT_AUTH, _HANDSHAKE
            ),
            forbidden=frozenset({"content_commitment"}),
        ),
        KeyPurpose.TLS_SERVER: _dedicated(
            CertificateKind.TLS_SERVER, ExtendedKeyUsageOID.SERVER_AUTH, _HANDSHAKE
        ),
        # RFC 3161 2.3: critical, and the only purpose.
        KeyPurpose.TIME_STAMP: PurposeRule(
            key_usage=_SIGNATURE,
            extended=frozenset({ExtendedKeyUsageOID.TIME_STAMPING}),
            extended_required=True,
            kinds=frozenset({CertificateKind.TSA}),
            sole=True,
        ),
    }
)

_KIND_OF_POLICY = {policy: kind for kind, policy in KIND_POLICIES.items()}


def permits(certificate: ReadCertificate, purpose: KeyPurpose) -> bool:
    """Tell whether an end certificate may serve `purpose`."""
    rule = PURPOSE_RULES[purpose]
    usage = certificate.key_usage or frozenset()
    return (
        not certificate.is_ca
        and bool(rule.key_usage & usage)
        and not rule.forbidden & usage
        and _extended_fits(certificate, rule)
        and _kind_fits(certificate, rule)
    )


def permits_below(authority: ReadCertificate, purpose: KeyPurpose) -> bool:
    """Tell whether a CA may have certificates for `purpose` below it.

    An extended key usage in a CA limits what is below (as practised; RFC 5280
    4.2.1.12 is silent).
    """
    named = authority.extended_key_usage
    return named is None or bool(named & {_ANY, *PURPOSE_RULES[purpose].extended})


def _extended_fits(certificate: ReadCertificate, rule: PurposeRule) -> bool:
    named = certificate.extended_key_usage
    if named is None:
        return not rule.extended_required
    if rule.sole and not certificate.extended_key_usage_is_critical:
        return False
    if rule.sole:
        return named == rule.extended
    return bool(named & rule.extended)


def _kind_fits(certificate: ReadCertificate, rule: PurposeRule) -> bool:
    named = {_KIND_OF_POLICY.get(policy) for policy in certificate.policies} - {None}
    return named <= rule.kinds
