"""Kinds of certificate, and the object identifiers that mark them.

The arc is 2.25 (ITU-T X.667): a UUID needs no registration. It is never changed.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from cryptography.x509 import ObjectIdentifier

_ARC = "2.25.223247418260065889304768608182707052949"


class CertificateKind(StrEnum):
    """What a certificate of the internal CA is for."""

    ROOT = "root"
    ISSUING_PERSONS = "issuing-persons"
    ISSUING_ORGANISATIONS = "issuing-organisations"
    ISSUING_SYSTEMS = "issuing-systems"
    PERSON = "person"
    SIGN_IN = "sign-in"
    AGENCY_SEAL = "agency-seal"
    AGENCY_ENCRYPTION = "agency-encryption"
    SYSTEM = "system"
    TLS_SERVER = "tls-server"
    RECEIPT = "receipt"
    LOG = "log"
    TSA = "tsa"
    OCSP_PERSONS = "ocsp-persons"
    OCSP_ORGANISATIONS = "ocsp-organisations"
    OCSP_SYSTEMS = "ocsp-systems"


DEMO_POLICY = ObjectIdentifier(f"{_ARC}.1.99")
"""In every certificate under a demo root: made for show, worth nothing."""

KIND_POLICIES: Mapping[CertificateKind, ObjectIdentifier] = MappingProxyType(
    {
        CertificateKind.PERSON: ObjectIdentifier(f"{_ARC}.1.1"),
        CertificateKind.AGENCY_SEAL: ObjectIdentifier(f"{_ARC}.1.2"),
        CertificateKind.SYSTEM: ObjectIdentifier(f"{_ARC}.1.3"),
        CertificateKind.TLS_SERVER: ObjectIdentifier(f"{_ARC}.1.4"),
        CertificateKind.RECEIPT: ObjectIdentifier(f"{_ARC}.1.5"),
        CertificateKind.LOG: ObjectIdentifier(f"{_ARC}.1.6"),
        CertificateKind.OCSP_PERSONS: ObjectIdentifier(f"{_ARC}.1.7"),
        CertificateKind.OCSP_ORGANISATIONS: ObjectIdentifier(f"{_ARC}.1.8"),
        CertificateKind.OCSP_SYSTEMS: ObjectIdentifier(f"{_ARC}.1.9"),
        CertificateKind.TSA: ObjectIdentifier(f"{_ARC}.1.10"),
        CertificateKind.SIGN_IN: ObjectIdentifier(f"{_ARC}.1.11"),
        CertificateKind.AGENCY_ENCRYPTION: ObjectIdentifier(f"{_ARC}.1.12"),
    }
)
"""Certificate policy of each kind that is not a CA."""

RESPONDERS: Mapping[CertificateKind, CertificateKind] = MappingProxyType(
    {
        CertificateKind.ISSUING_PERSONS: CertificateKind.OCSP_PERSONS,
        CertificateKind.ISSUING_ORGANISATIONS: CertificateKind.OCSP_ORGANISATIONS,
        CertificateKind.ISSUING_SYSTEMS: CertificateKind.OCSP_SYSTEMS,
    }
)
"""Who answers for each issuing CA: it must be certified by that very CA (RFC 6960
4.2.2.2), so each has a responder of its own."""

RECEIPT_SIGNING = ObjectIdentifier(f"{_ARC}.2.1")
"""Extended key usage: signs receipts and evidence of the hub."""

LOG_SIGNING = ObjectIdentifier(f"{_ARC}.2.2")
"""Extended key usage: signs tree heads of the log."""

TIME_STAMP_POLICY = ObjectIdentifier(f"{_ARC}.3.1")
"""Policy of our time stamps: accuracy of a second, own key, synchronised clock."""

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Extended key usage of RFC 9336."""
