"""Recipients of encrypted content: keys with certificates to encrypt to."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.keys.api import Credential
from pki.keys.software import KeyKind, SoftwareKey, generate, save_pkcs8
from tests.support.pki import NOW, name

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def recipient(
    kind: KeyKind = KeyKind.P256,
    *,
    usage: str | None = None,
    serial: int = 7,
    key: SoftwareKey | None = None,
) -> Credential:
    """A recipient with a key, by default of its own, certified for encryption."""
    key = key or generate(kind)
    is_rsa = isinstance(key.private, rsa.RSAPrivateKey)
    usage = usage or ("key_encipherment" if is_rsa else "key_agreement")
    subject = name(f"Nơi nhận {serial}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.private.public_key())
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(
            x509.KeyUsage(**{one: one == usage for one in _USAGES}), critical=True
        )
    )
    return Credential(key, builder.sign(key.private, hashes.SHA256()))


def write_recipient(folder: Path, credential: Credential) -> tuple[Path, Path]:
    """Write certificate and key as PEM, as OpenSSL reads them."""
    if not isinstance(credential.key, SoftwareKey):
        raise TypeError
    certificate, key = folder / "recipient.pem", folder / "recipient.key"
    certificate.write_bytes(credential.certificate.public_bytes(Encoding.PEM))
    key.write_bytes(save_pkcs8(credential.key, None))
    return certificate, key
