"""A declared test PKI: keys and certificates made at run time, time given.

With `LIENTHONG_KEY_SEED` a process makes the same keys, serial numbers and ECDSA
signatures in the same order every time, so that a failure can be repeated.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.ca.list_template import EXPIRED_CERTIFICATES_ON_LIST
from pki.der import generalized_time
from pki.keys.api import Credential, PublicKey, SignatureScheme
from pki.kinds import LOG_SIGNING, RECEIPT_SIGNING
from pki.trust import TrustMaterial

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""The frozen clock of the suite."""

_SEED = os.environ.get("LIENTHONG_KEY_SEED")
_CHANCE = SystemRandom() if _SEED is None else Random(_SEED)
_LARGEST = (1 << 255) - 1

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a key on P-256."""
    return ec.derive_private_key(_CHANCE.randrange(1, _LARGEST), ec.SECP256R1())


def serial_number() -> int:
    """Draw a serial number."""
    return _CHANCE.randrange(1 << 100, 1 << 158)


def is_repeatable(private: object) -> bool | None:
    """Tell whether ECDSA signatures are the same every time; None for the default."""
    repeats = _SEED is not None and isinstance(private, ec.EllipticCurvePrivateKey)
    return True if repeats else None


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A private key in memory."""

    private: _PrivateKey

    @property
    def public_key(self) -> PublicKey:
        return self.private.public_key()

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            digest = (
                hashes.SHA384()
                if scheme is SignatureScheme.ECDSA_SHA384
                else hashes.SHA256()
            )
            repeats = is_repeatable(self.private) is True
            return self.private.sign(data, ec.ECDSA(digest, repeats))
        if scheme is SignatureScheme.RSA_PSS_SHA256:
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return self.private.sign(data, pss, hashes.SHA256())
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _key_usage(
    private: _PrivateKey, *, ca: bool, encrypts: bool = False
) -> x509.KeyUsage:
    is_rsa = isinstance(private, rsa.RSAPrivateKey)
    return x509.KeyUsage(
        digital_signature=not ca and not encrypts,
        content_commitment=not ca and not encrypts,
        key_encipherment=encrypts and is_rsa,
        data_encipherment=False,
        key_agreement=encrypts and not is_rsa,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def name(common_name: str, organ_id: str | None = None) -> x509.Name:
    """Build a distinguished name; the agency code is organizationIdentifier."""
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    if organ_id:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organ_id))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


@dataclass(slots=True)
class TestCa:
    """One certificate authority of the test PKI."""

    __test__ = False

    credential: Credential
    root: x509.Certificate
    now: datetime = NOW
    revoked: dict[int, datetime] = field(default_factory=dict)
    keeps_ended: bool = False
    """Its lists say that they keep ended certificates since `NOW` (2.5.29.60)."""

    @property
    def private(self) -> _PrivateKey:
        key = self.credential.key
        if not isinstance(key, HeldKey):
            raise TypeError
        return key.private

    def issue(
        self,
        common_name: str,
        *,
        organ_id: str | None = None,
        ca: bool = False,
        key: _PrivateKey | None = None,
        days: int = 730,
        san: tuple[x509.GeneralName, ...] = (),
        eku: tuple[x509.ObjectIdentifier, ...] = (),
        encrypts: bool = False,
    ) -> Credential:
        """Issue a certificate for a new key (P-256 unless given)."""
        private = key or new_key()
        certificate = _certificate(
            self,
            private,
            name(common_name, organ_id),
            ca=ca,
            days=days,
            san=san,
            eku=eku,
            encrypts=encrypts,
        )
        own = self.credential.certificate
        above = () if own == self.root else (own, *self.credential.chain)
        return Credential(HeldKey(private), certificate, above)

    def revoke(self, certificate: x509.Certificate, at: datetime = NOW) -> None:
        """Put a certificate on the next CRL."""
        self.revoked[certificate.serial_number] = at

    def crl(self, at: datetime | None = None, days: int = 7) -> bytes:
        """Return a DER CRL of this CA."""
        this_update = at or self.now
        issuer = self.credential.certificate
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(this_update)
            .next_update(this_update + timedelta(days=days))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(_authority_key_id(issuer), critical=False)
        )
        if self.keeps_ended:
            since = generalized_time(NOW)
            kept = x509.UnrecognizedExtension(EXPIRED_CERTIFICATES_ON_LIST, since)
            builder = builder.add_extension(kept, critical=False)
        for serial, when in self.revoked.items():
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(when)
                .build()
            )
            builder = builder.add_revoked_certificate(entry)
        repeats = is_repeatable(self.private)
        signed = builder.sign(
            self.private, hashes.SHA256(), ecdsa_deterministic=repeats
        )
        return signed.public_bytes(serialization.Encoding.DER)


def _authority_key_id(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    ski = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski.value)


def _certificate(
    ca_: TestCa,
    private: _PrivateKey,
    subject: x509.Name,
    *,
    ca: bool,
    days: int,
    san: tuple[x509.GeneralName, ...],
    eku: tuple[x509.ObjectIdentifier, ...],
    encrypts: bool,
) -> x509.Certificate:
    issuer = ca_.credential.certificate
    usage = _key_usage(private, ca=ca, encrypts=encrypts)
    builder = _builder(subject, issuer.subject, private, ca_.now, days, usage)
    builder = builder.add_extension(_authority_key_id(issuer), critical=False)
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(san), False)
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage(eku), False)
    return builder.sign(
        ca_.private, hashes.SHA256(), ecdsa_deterministic=is_repeatable(ca_.private)
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    private: _PrivateKey,
    now: datetime,
    days: int,
    usage: x509.KeyUsage,
) -> x509.CertificateBuilder:
    public = private.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(usage.key_cert_sign, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    )


@dataclass(frozen=True, slots=True)
class TestPki:
    """A root with one issuing CA below it."""

    __test__ = False

    root: TestCa
    issuing: TestCa

    @classmethod
    def create(
        cls,
        common_name: str = "Thử nghiệm",
        now: datetime = NOW,
        make_key: Callable[[], _PrivateKey] = new_key,
    ) -> "TestPki":
        """Make a root and an issuing CA."""
        private = make_key()
        subject = name(f"{common_name} Root CA")
        usage = _key_usage(private, ca=True)
        builder = _builder(subject, subject, private, now, 3650, usage)
        root_certificate = builder.sign(
            private, hashes.SHA256(), ecdsa_deterministic=is_repeatable(private)
        )
        root = TestCa(
            Credential(HeldKey(private), root_certificate), root_certificate, now
        )
        issuing = root.issue(
            f"{common_name} Issuing CA", ca=True, days=1825, key=make_key()
        )
        return cls(root, TestCa(issuing, root_certificate, now))

    def person(self, common_name: str = "Đoàn Thạch Khuê") -> Credential:
        """Issue a certificate for an official."""
        return self.issuing.issue(common_name, organ_id="H99.151")

    def seal(self, agency: str = "UBND xã Suối Mây") -> Credential:
        """Issue a certificate for an agency's seal."""
        return self.issuing.issue(agency, organ_id="H99.151")

    def system(self, system_id: str = "qlvb-h99-151") -> Credential:
        """Issue a certificate for a document system (TLS client, envelopes)."""
        return self.issuing.issue(
            system_id,
            organ_id="H99.151",
            san=(x509.UniformResourceIdentifier(f"urn:lienthong:system:{system_id}"),),
            eku=(ExtendedKeyUsageOID.CLIENT_AUTH,),
        )

    def receipt(self, hub: str = "Trục liên thông") -> Credential:
        """Issue a certificate that signs receipts of the hub."""
        return self.issuing.issue(hub, eku=(RECEIPT_SIGNING,))

    def log(self, log_id: str = "Nhật ký") -> Credential:
        """Issue a certificate that signs tree heads of the log."""
        return self.issuing.issue(log_id, eku=(LOG_SIGNING,))

    def server(self, host: str = "localhost") -> Credential:
        """Issue a certificate of a TLS server."""
        return self.issuing.issue(
            host, san=(x509.DNSName(host),), eku=(ExtendedKeyUsageOID.SERVER_AUTH,)
        )

    def material(self) -> TrustMaterial:
        """Return everything a judge needs: root, issuing CA, current lists."""
        certificates = (self.root.credential, self.issuing.credential)
        root, issuing = (
            one.certificate.public_bytes(serialization.Encoding.DER)
            for one in certificates
        )
        return TrustMaterial((root,), (issuing,), self.crls())

    def crls(self) -> tuple[bytes, ...]:
        """Current CRLs of both CAs, DER."""
        return (self.root.crl(), self.issuing.crl())
