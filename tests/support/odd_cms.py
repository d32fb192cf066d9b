"""CMS signatures of any shape, also wrong ones, put into a document already signed."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import new as new_digest
from typing import Any

from asn1crypto import algos, cms, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from pki.keys.api import Credential
from tests.support.judged_pdf import byte_range, gap, with_gap
from tests.support.pki import HeldKey

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsShape:
    """What a SignedData says; the defaults make a sound PAdES B-B signature.

    Args:
        signer: DER of a certificate in the place of the credential's own.
        protected_digest: what CMSAlgorithmProtection says; None leaves it out.
    """

    digest: str = "sha256"
    listed_digests: tuple[str, ...] | None = None
    signers: int = 1
    version: int = 1
    with_attributes: bool = True
    without: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    content: bytes | None = None
    content_type: str = "data"
    bound_to: Certificate | None = None
    binding_digest: str = "sha256"
    certificates: tuple[Certificate, ...] | None = None
    message_digest: bytes | None = None
    other_value: bool = False
    signer: bytes | None = None
    protected_digest: str | None = None


SOUND = CmsShape()


def resigned(
    signed: bytes, credential: Credential, shape: CmsShape = SOUND, index: int = -1
) -> bytes:
    """Put a CMS of another shape over the same bytes into a signed document."""
    start, end = gap(signed, index)
    digest = new_digest(shape.digest, signed[:start] + _after(signed, end, index))
    return with_contents(signed, build(credential, digest.digest(), shape), index)


def with_contents(signed: bytes, der: bytes, index: int = -1) -> bytes:
    """Put other octets into /Contents, padded with zeros."""
    start, end = gap(signed, index)
    size = (end - start - 2) // 2
    return with_gap(signed, b"<%s>" % der.ljust(size, b"\x00").hex().encode(), index)


def build(credential: Credential, digest: bytes, shape: CmsShape = SOUND) -> bytes:
    """Sign `digest` as the message digest of a SignedData; return its DER."""
    signer = _signer_info(credential, digest, shape)
    chain = credential.chain if shape.certificates is None else shape.certificates
    carried = [_asn1(one) for one in chain]
    if shape.certificates is None:
        carried.insert(0, _leaf(credential, shape))
    encapsulated: dict[str, Any] = {"content_type": shape.content_type}
    if shape.content is not None:
        encapsulated["content"] = shape.content
    listed = shape.listed_digests or (shape.digest,)
    signed_data = cms.SignedData(
        {
            "version": f"v{shape.version}",
            "digest_algorithms": [{"algorithm": one} for one in listed],
            "encap_content_info": encapsulated,
            "certificates": carried,
            "signer_infos": [signer] * shape.signers,
        }
    )
    info = cms.ContentInfo({"content_type": "signed_data", "content": signed_data})
    return bytes(info.dump())


def _after(signed: bytes, end: int, index: int) -> bytes:
    return signed[end : end + byte_range(signed, index)[3]]


def _signer_info(
    credential: Credential, digest: bytes, shape: CmsShape
) -> cms.SignerInfo:
    leaf = _leaf(credential, shape)
    attributes = _attributes(leaf.dump(), digest, shape)
    content = attributes.dump() if shape.with_attributes else digest
    identifier = cms.IssuerAndSerialNumber(
        {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
    )
    parts = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", identifier),
        "digest_algorithm": {"algorithm": shape.digest},
        "signature_algorithm": {"algorithm": f"{shape.digest}_ecdsa"},
        "signature": _value(credential, content, shape),
    }
    if shape.with_attributes:
        parts["signed_attrs"] = attributes
    return cms.SignerInfo(parts)


def _leaf(credential: Credential, shape: CmsShape) -> x509.Certificate:
    return x509.Certificate.load(shape.signer or _der(credential.certificate))


def _attributes(
    certificate: bytes, digest: bytes, shape: CmsShape
) -> cms.CMSAttributes:
    octets = _der(shape.bound_to) if shape.bound_to else certificate
    binding = tsp.ESSCertIDv2(
        {
            "hash_algorithm": algos.DigestAlgorithm(
                {"algorithm": shape.binding_digest}
            ),
            "cert_hash": new_digest(shape.binding_digest, octets).digest(),
        }
    )
    values = {
        "content_type": shape.content_type,
        "message_digest": shape.message_digest or digest,
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [binding]}),
        **_protection(shape),
    }
    return cms.CMSAttributes(
        cms.CMSAttribute({"type": kind, "values": [value]})
        for kind, value in values.items()
        if kind not in shape.without
        for _ in range(1 + (kind in shape.repeated))
    )


def _protection(shape: CmsShape) -> dict[str, object]:
    if shape.protected_digest is None:
        return {}
    protection = cms.CMSAlgorithmProtection(
        {
            "digest_algorithm": {"algorithm": shape.protected_digest},
            "signature_algorithm": {"algorithm": f"{shape.protected_digest}_ecdsa"},
        }
    )
    return {"cms_algorithm_protection": protection}


def _value(credential: Credential, content: bytes, shape: CmsShape) -> bytes:
    key = credential.key
    if not isinstance(key, HeldKey) or not isinstance(
        key.private, ec.EllipticCurvePrivateKey
    ):
        raise TypeError
    signed = content + b"!" if shape.other_value else content
    return key.private.sign(signed, ec.ECDSA(_HASHES[shape.digest]()))


def _asn1(certificate: Certificate) -> x509.Certificate:
    return x509.Certificate.load(_der(certificate))


def _der(certificate: Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
