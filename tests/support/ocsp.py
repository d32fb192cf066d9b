"""OCSP requests built with another library, and a responder over a declared CA."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.ca.status import PublishedStatus
from pki.keys.api import Credential
from pki.ocsp.responder import AnsweringCa, OcspPolicy, OcspResponder
from pki.revocation.lists import read_revocation_list
from tests.support.pki import NOW, TestPki

SHA1 = hashes.SHA1()
SHA256 = hashes.SHA256()


def request_for(
    *certificates: x509.Certificate,
    issuer: x509.Certificate,
    digest: hashes.HashAlgorithm = SHA1,
    nonce: bytes | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    """Build a request for one certificate."""
    builder = ocsp.OCSPRequestBuilder()
    for certificate in certificates:
        builder = builder.add_certificate(certificate, issuer, digest)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.build().public_bytes(serialization.Encoding.DER)


@dataclass(slots=True)
class OcspDesk:
    """An issuing CA with its responder and a clock that can be set."""

    pki: TestPki = field(default_factory=TestPki.create)
    policy: OcspPolicy = field(default_factory=OcspPolicy)
    now: datetime = NOW
    issued: set[int] = field(default_factory=set)
    credential: Credential = field(init=False)
    responder: OcspResponder = field(init=False)

    def __post_init__(self) -> None:
        self.credential = self.certify_responder()
        self.responder = OcspResponder(
            [self.authority()], policy=self.policy, clock=lambda: self.now
        )

    @property
    def issuer(self) -> x509.Certificate:
        return self.pki.issuing.credential.certificate

    def certify_responder(self, days: int = 30) -> Credential:
        """Certify a key that answers for the issuing CA."""
        return self.pki.issuing.issue(
            "OCSP", days=days, eku=(ExtendedKeyUsageOID.OCSP_SIGNING,)
        )

    def person(self) -> x509.Certificate:
        """Issue a certificate and let the responder know."""
        certificate = self.pki.person().certificate
        self.issued.add(certificate.serial_number)
        self.publish()
        return certificate

    def authority(self) -> AnsweringCa:
        """Return the CA as published now."""
        revocations = read_revocation_list(self.pki.issuing.crl(at=self.now))
        source = PublishedStatus(revocations, frozenset(self.issued))
        return AnsweringCa(self.issuer, self.credential, source)

    def publish(self) -> None:
        """Let the responder read what is published now."""
        self.responder.replace_authorities([self.authority()])

    def revoke(self, certificate: x509.Certificate) -> None:
        """Revoke a certificate and publish the list."""
        self.pki.issuing.revoke(certificate, self.now - timedelta(hours=1))
        self.publish()

    def ask(self, certificate: x509.Certificate, **how: object) -> ocsp.OCSPResponse:
        """Ask about a certificate and read the answer with another library."""
        build: Callable[..., bytes] = request_for
        request = build(certificate, issuer=self.issuer, **how)
        return ocsp.load_der_ocsp_response(self.responder.answer(request).body)
