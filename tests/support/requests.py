"""Certificate requests as clients make them."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.certificates import p256
from tests.support.judges import run
from tests.support.pki import name

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def csr(
    *extensions: x509.ExtensionType,
    key: PrivateKey | None = None,
    subject: x509.Name | None = None,
) -> bytes:
    """Make a request by the library; its subject is ours to ignore unless given."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        name("Ai đó") if subject is None else subject
    )
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    signed = builder.sign(key or p256(), hashes.SHA256())
    return signed.public_bytes(Encoding.PEM)


def openssl_csr(folder: Path, *words: str, subject: str = "/C=VN/CN=Ai do") -> bytes:
    """Make a request by `openssl req`, as an agency's administrator would."""
    out = folder / "openssl.csr"
    run(
        *("openssl", "req", "-new", "-newkey", "ec", "-nodes", "-utf8"),
        *("-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", str(folder / "csr.key")),
        *("-subj", subject, "-out", str(out), *words),
    )
    return out.read_bytes()
