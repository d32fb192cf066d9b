"""The CMS of a PAdES baseline signature, spliced from a template.

Everything but the document's digest and the signature value is the same for all
signatures of one certificate, so its DER is made once (docs/adr/0003-own-signer.md).
Rules: RFC 5652, RFC 5035, RFC 6211, and EN 319 142-1 clause 6.3 (no signing-time
attribute: the time is in the signature dictionary).
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from pki.algorithms import SCHEMES, fits, is_accepted_key
from pki.keys.api import Credential, PublicKey, SignatureScheme
from schemas.errors import ErrorCode
from signing.errors import SigningError

_SEQUENCE = 0x30
_SET = 0x31
_OCTET_STRING = 0x04
_CONTEXT_0 = 0xA0
_CONTEXT_1 = 0xA1
_SHORT_LENGTH = 0x80
_DIGEST_SIZES = {"sha256": 32, "sha384": 48}
_VERSION_1 = core.Integer(1).dump()
_TEMPLATES_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsTemplate:
    """The fixed parts of all signatures of one certificate with one scheme.

    Args:
        public_key: of the certificate.
        hash_name: digest of the document and of the signed attributes.
        attributes: DER of the signed attributes before and after the digest.
        before_signer: SignedData up to its signer infos.
        signer: SignerInfo before its attributes, and between them and the value.
        signature_limit: greatest length of a signature value.
    """

    scheme: SignatureScheme
    public_key: PublicKey
    hash_name: str
    attributes: tuple[bytes, bytes]
    before_signer: bytes
    signer: tuple[bytes, bytes]
    signature_limit: int

    def signed_attributes(self, document_digest: bytes) -> bytes:
        """Return the DER of the attributes as it is signed (RFC 5652 clause 5.4)."""
        before, after = self.attributes
        return _tlv(_SET, before + document_digest + after)

    def assemble(
        self, document_digest: bytes, signature: bytes, token: bytes = b""
    ) -> bytes:
        """Return the DER of the whole ContentInfo.

        Args:
            document_digest: of the bytes that are signed.
            signature: value over the signed attributes.
            token: time stamp over that value, for level B-T.
        """
        before, after = self.attributes
        implicit = _tlv(_CONTEXT_0, before + document_digest + after)
        head, algorithm = self.signer
        value = _tlv(_OCTET_STRING, signature)
        unsigned = _time_stamp_attribute(token) if token else b""
        signer_info = _tlv(_SEQUENCE, head + implicit + algorithm + value + unsigned)
        signed_data = _tlv(_SEQUENCE, self.before_signer + _tlv(_SET, signer_info))
        content_type = cms.ContentType("signed_data").dump()
        return _tlv(_SEQUENCE, content_type + _tlv(_CONTEXT_0, signed_data))

    @property
    def size_limit(self) -> int:
        """Greatest length of the assembled DER, without a time stamp."""
        return self.size_with(0)

    def size_with(self, token_size: int) -> int:
        """Return the greatest length of the DER with a token of this size."""
        digest = bytes(_DIGEST_SIZES[self.hash_name])
        value = bytes(self.signature_limit)
        return len(self.assemble(digest, value, bytes(token_size)))


def template_for(credential: Credential, scheme: SignatureScheme) -> CmsTemplate:
    """Return the template of `credential` for `scheme`.

    Raises:
        SigningError: the key is weak or not the certificate's, or does not fit.
    """
    template = _template(credential.certificate, credential.chain, scheme)
    if credential.key.public_key != template.public_key:
        raise SigningError(ErrorCode.SIGNING_CERTIFICATE_MISMATCH, place="key")
    return template


@lru_cache(maxsize=_TEMPLATES_KEPT)
def _template(
    certificate: Certificate, chain: tuple[Certificate, ...], scheme: SignatureScheme
) -> CmsTemplate:
    public_key = _fitting_key(certificate, scheme)
    hash_name = SCHEMES[scheme].hash_name
    own = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    return CmsTemplate(
        scheme=scheme,
        public_key=public_key,
        hash_name=hash_name,
        attributes=_attributes(own, hash_name, scheme),
        before_signer=_before_signer((certificate, *chain), hash_name),
        signer=_signer(own, hash_name, scheme),
        signature_limit=_signature_limit(public_key),
    )


def _fitting_key(certificate: Certificate, scheme: SignatureScheme) -> PublicKey:
    public_key = certificate.public_key()
    if not is_accepted_key(public_key):
        raise SigningError(ErrorCode.KEY_WEAK, place="certificate")
    # is_accepted_key lets only RSA and elliptic curve keys pass.
    accepted: PublicKey = public_key  # type: ignore[assignment]
    if not fits(accepted, scheme):
        raise SigningError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=scheme)
    return accepted


def _before_signer(certificates: tuple[Certificate, ...], hash_name: str) -> bytes:
    content = cms.EncapsulatedContentInfo({"content_type": "data"})
    # SET OF in DER: ascending encodings (X.690 clause 11.6).
    embedded = sorted({one.public_bytes(Encoding.DER) for one in certificates})
    return b"".join(
        (
            _VERSION_1,
            _tlv(_SET, _digest_algorithm(hash_name).dump()),
            content.dump(),
            _tlv(_CONTEXT_0, b"".join(embedded)),
        )
    )


def _signer(
    own: asn1_x509.Certificate, hash_name: str, scheme: SignatureScheme
) -> tuple[bytes, bytes]:
    issuer = cms.IssuerAndSerialNumber(
        {"issuer": own.issuer, "serial_number": own.serial_number}
    )
    head = _VERSION_1 + issuer.dump() + _digest_algorithm(hash_name).dump()
    return head, _signature_algorithm(scheme).dump()


def _attributes(
    own: asn1_x509.Certificate, hash_name: str, scheme: SignatureScheme
) -> tuple[bytes, bytes]:
    """Return the signed attributes before and after the document's digest."""
    placeholder = b"\xff" * _DIGEST_SIZES[hash_name]
    values = {
        "content_type": cms.ContentType("data"),
        "message_digest": core.OctetString(placeholder),
        "signing_certificate_v2": _signing_certificate(own),
        "cms_algorithm_protection": cms.CMSAlgorithmProtection(
            {
                "digest_algorithm": _digest_algorithm(hash_name),
                "signature_algorithm": _signature_algorithm(scheme),
            }
        ),
    }
    encoded = (
        cms.CMSAttribute({"type": kind, "values": [value]}).dump()
        for kind, value in values.items()
    )
    # The order holds for every digest: no two attributes share length and type.
    before, _, after = b"".join(sorted(encoded)).partition(placeholder)
    return before, after


def _time_stamp_attribute(token: bytes) -> bytes:
    """Encode the unsigned attributes with one token (EN 319 122-1 clause 5.3)."""
    kind = cms.CMSAttributeType("signature_time_stamp_token").dump()
    return _tlv(_CONTEXT_1, _tlv(_SEQUENCE, kind + _tlv(_SET, token)))


def _signing_certificate(own: asn1_x509.Certificate) -> tsp.SigningCertificateV2:
    """Bind the certificate (RFC 5035 clause 3): SHA-256, the default, is left out."""
    issuer = asn1_x509.GeneralName({"directory_name": own.issuer})
    identifier = tsp.ESSCertIDv2(
        {
            "cert_hash": sha256(own.dump()).digest(),
            "issuer_serial": {"issuer": [issuer], "serial_number": own.serial_number},
        }
    )
    return tsp.SigningCertificateV2({"certs": [identifier]})


def _digest_algorithm(hash_name: str) -> algos.DigestAlgorithm:
    return algos.DigestAlgorithm({"algorithm": hash_name})


def _signature_algorithm(scheme: SignatureScheme) -> algos.SignedDigestAlgorithm:
    algorithm = {"algorithm": SCHEMES[scheme].oid.dotted_string}
    if scheme is not SignatureScheme.RSA_PSS_SHA256:
        return algos.SignedDigestAlgorithm(algorithm)
    digest = _digest_algorithm(SCHEMES[scheme].hash_name)
    mask = {"algorithm": "mgf1", "parameters": digest}
    parameters = {
        "hash_algorithm": digest,
        "mask_gen_algorithm": mask,
        "salt_length": _DIGEST_SIZES[SCHEMES[scheme].hash_name],
    }
    return algos.SignedDigestAlgorithm({**algorithm, "parameters": parameters})


def _signature_limit(public_key: PublicKey) -> int:
    octets = (public_key.key_size + 7) // 8
    if isinstance(public_key, rsa.RSAPublicKey):
        return octets
    # RFC 3279 clause 2.2.3: two INTEGERs, each with a possible leading zero.
    return len(_tlv(_SEQUENCE, 2 * _tlv(0x02, bytes(octets + 1))))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < _SHORT_LENGTH:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT_LENGTH | len(octets))) + octets + content
