"""Credentials of one kind, without the CA that would issue them."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pki.keys.api import Credential
from pki.kinds import KIND_POLICIES, CertificateKind
from tests.support.pki import NOW, HeldKey, name


def credential_of_kind(kind: CertificateKind) -> Credential:
    """Make a key and a self-signed certificate with the policy of `kind`."""
    key = ec.generate_private_key(ec.SECP256R1())
    policy = x509.PolicyInformation(KIND_POLICIES[kind], None)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("UBND xã Suối Mây"))
        .issuer_name(name("Tự ký"))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.CertificatePolicies([policy]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Credential(HeldKey(key), certificate)
