"""Attacks on the CMS of a signature and on the certificate it names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.fields import SigSeedSubFilter

from pki.keys.api import Credential
from pki.path.policy_graph import MOST_STATEMENTS
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from tests.support.attacks import forms
from tests.support.attacks.model import (
    FAILED,
    UNSURE,
    Attacked,
    Register,
    Row,
)
from tests.support.certificates import (
    Shape,
    altered,
    authority,
    ca_shape,
    der,
    make,
    p256,
    signed_with_sha1,
)
from tests.support.judged_pdf import AGENCY, PERSON, PKI, TRUSTED, gap, roomy
from tests.support.keys import rsa_key
from tests.support.odd_cms import SOUND, CmsShape, resigned, with_contents
from tests.support.pki import NOW, TestCa
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import stock_signed

ATTACKS = Register()
_ALONE = (PERSON.certificate,)
_CMS = ErrorCode.CMS_INVALID
_WEAK = ErrorCode.SIGNATURE_ALGORITHM_REFUSED
_MISMATCH = ErrorCode.SIGNING_CERTIFICATE_MISMATCH
_CHAIN = ErrorCode.CHAIN_INVALID
_USAGE = ErrorCode.CERTIFICATE_USAGE_WRONG
_KEY = ErrorCode.CERTIFICATE_ALGORITHM_REFUSED
PADES = SigSeedSubFilter.PADES


def signed_as(credential: Credential, shape: CmsShape = SOUND) -> bytes:
    """Sign the letter with any certificate and any CMS."""
    return resigned(roomy(), credential, shape)


for _name, _row, _indication, _code, _how, _shape in (
    ("sha1", Row.DIGEST, UNSURE, _WEAK, "a digest of SHA-1", CmsShape(digest="sha1")),
    (
        "other-digest-listed",
        Row.ALGORITHMS,
        FAILED,
        _CMS,
        "the list of digests names another",
        CmsShape(listed_digests=("sha384",)),
    ),
    (
        "weak-digest-listed",
        Row.ALGORITHMS,
        FAILED,
        _CMS,
        "the list of digests names a weak one too",
        CmsShape(listed_digests=("sha256", "sha1")),
    ),
    (
        "no-signed-attributes",
        Row.ATTRIBUTES,
        FAILED,
        _CMS,
        "the value is over the document itself",
        CmsShape(with_attributes=False),
    ),
    (
        "no-message-digest",
        Row.ATTRIBUTES,
        FAILED,
        _CMS,
        "no message-digest is signed",
        CmsShape(without=frozenset({"message_digest"})),
    ),
    (
        "two-message-digests",
        Row.ATTRIBUTES,
        FAILED,
        _CMS,
        "message-digest is there twice",
        CmsShape(repeated=frozenset({"message_digest"})),
    ),
    (
        "no-content-type",
        Row.ATTRIBUTES,
        FAILED,
        _CMS,
        "no content-type is signed",
        CmsShape(without=frozenset({"content_type"})),
    ),
    (
        "content-swapped",
        Row.ATTRIBUTES,
        FAILED,
        ErrorCode.DOCUMENT_DIGEST_MISMATCH,
        "the signature of another document",
        CmsShape(message_digest=b"\x05" * 32),
    ),
    (
        "value-over-others",
        Row.ATTRIBUTES,
        FAILED,
        ErrorCode.SIGNATURE_INVALID,
        "the value is over other attributes",
        CmsShape(other_value=True),
    ),
    (
        "binding-missing",
        Row.BINDING,
        FAILED,
        _CMS,
        "no signing-certificate-v2",
        CmsShape(without=frozenset({"signing_certificate_v2"})),
    ),
    (
        "binding-of-another",
        Row.BINDING,
        UNSURE,
        _MISMATCH,
        "signing-certificate-v2 names another certificate",
        CmsShape(bound_to=AGENCY.certificate),
    ),
    (
        "binding-by-sha1",
        Row.BINDING,
        UNSURE,
        _MISMATCH,
        "signing-certificate-v2 by a weak digest",
        CmsShape(binding_digest="sha1"),
    ),
    (
        "certificate-absent",
        Row.BINDING,
        UNSURE,
        _MISMATCH,
        "the signer's certificate is left out",
        CmsShape(certificates=()),
    ),
    (
        "certificate-swapped",
        Row.BINDING,
        UNSURE,
        _MISMATCH,
        "another certificate in place of the signer's",
        CmsShape(certificates=(AGENCY.certificate,)),
    ),
    ("two-signers", Row.SIGNERS, FAILED, _CMS, "two SignerInfos", CmsShape(signers=2)),
    ("no-signer", Row.SIGNERS, FAILED, _CMS, "no SignerInfo", CmsShape(signers=0)),
    (
        "content-inside",
        Row.SIGNERS,
        FAILED,
        _CMS,
        "the CMS carries a content of its own",
        CmsShape(content=b"content"),
    ),
    (
        "content-type-other",
        Row.SIGNERS,
        FAILED,
        _CMS,
        "the content is said to be a TSTInfo",
        CmsShape(content_type="tst_info"),
    ),
):
    ATTACKS.put(
        f"cms-{_name}",
        partial(signed_as, PERSON, _shape),
        _row,
        _indication,
        _code,
        _how,
    )


@ATTACKS.add(Row.DIGEST, UNSURE, _WEAK, "a digest of MD5")
def cms_md5() -> bytes:
    return _replaced("608648016503040201", "2a864886f70d0205")


@ATTACKS.add(Row.ALGORITHMS, FAILED, _CMS, "the value is said to be over SHA-384")
def cms_value_by_another_digest() -> bytes:
    return _replaced("2a8648ce3d040302", "2a8648ce3d040303")


@ATTACKS.add(Row.ALGORITHMS, UNSURE, _WEAK, "an algorithm that is on no list")
def cms_value_by_unknown_algorithm() -> bytes:
    return _replaced("2a8648ce3d040302", "2a8648ce3d040301")


def _replaced(old: str, new: str) -> bytes:
    """Change identifiers of algorithms outside of what is signed."""
    info = asn1.ContentInfo.load(_value_of(roomy()))
    signed = info["content"]
    signer = signed["signer_infos"][0]
    for part in (*signed["digest_algorithms"], signer["digest_algorithm"]):
        _rename(part, old, new)
    _rename(signer["signature_algorithm"], old, new)
    return with_contents(roomy(), info.dump(force=True))


def _rename(identifier: asn1.Sequence, old: str, new: str) -> None:
    found = identifier["algorithm"]
    if found.contents.hex() == old:
        identifier["algorithm"] = type(found)(_dotted(new))


def _dotted(contents: str) -> str:
    encoded = bytes([6, len(contents) // 2]) + bytes.fromhex(contents)
    return str(asn1.ObjectIdentifier.load(encoded).dotted)


def _value_of(signed: bytes) -> bytes:
    start, end = gap(signed)
    return bytes.fromhex(signed[start + 1 : end - 1].decode())


@ATTACKS.add(
    Row.ALGORITHMS, FAILED, _CMS, "CMSAlgorithmProtection names other algorithms"
)
def cms_algorithm_protection_differs() -> bytes:
    return signed_as(PERSON, CmsShape(protected_digest="sha512"))


def _stock(key: rsa.RSAPrivateKey) -> bytes:
    weak = PKI.issuing.issue("Khoá ngắn", key=key)
    return stock_signed(LETTER.read_bytes(), weak, "person", subfilter=PADES)


@ATTACKS.add(Row.WEAK_KEY, UNSURE, _KEY, "RSA of 1024 bits")
def rsa_1024() -> bytes:
    return _stock(rsa_key(1024))


@ATTACKS.add(Row.WEAK_KEY, UNSURE, _KEY, "the curve P-192")
def curve_p192() -> bytes:
    return signed_as(_issued(Shape(), ec.generate_private_key(ec.SECP192R1())))


@ATTACKS.add(Row.WEAK_KEY, UNSURE, _KEY, "the curve brainpoolP256r1")
def curve_brainpool() -> bytes:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    return signed_as(_issued(Shape(), key))


@ATTACKS.add(Row.DIGEST, UNSURE, _KEY, "a certificate signed with SHA-1")
def certificate_by_sha1() -> Attacked:
    key = rsa_key(2048)
    ca = authority(PKI.root, ca_shape("CA RSA"), key=key)
    return _reshaped(lambda one: signed_with_sha1(one, key), ca)


def _issued(shape: Shape, key: ec.EllipticCurvePrivateKey | None = None) -> Credential:
    made = make(PKI.issuing, shape, key=key)
    return replace(made, chain=(PKI.issuing.credential.certificate,))


def _shaped(shape: Shape) -> bytes:
    return signed_as(_issued(shape))


_UNKNOWN = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.8"), b"\x05\x00"
)
_CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
for _name, _row, _code, _how, _cert in (
    (
        "key-usage-encipherment",
        Row.USAGE,
        _USAGE,
        "the key may encipher only",
        Shape(key_usage=frozenset({"key_encipherment"})),
    ),
    ("key-usage-absent", Row.USAGE, _USAGE, "no key usage", Shape(key_usage=None)),
    (
        "eku-server",
        Row.USAGE,
        _USAGE,
        "the certificate of a TLS server",
        Shape(eku=(ExtendedKeyUsageOID.SERVER_AUTH,)),
    ),
    (
        "eku-code",
        Row.USAGE,
        _USAGE,
        "a certificate that signs programs",
        Shape(eku=(_CODE_SIGNING,)),
    ),
    (
        "eku-stamps",
        Row.USAGE,
        _USAGE,
        "the certificate of a time stamping authority",
        Shape(eku=(ExtendedKeyUsageOID.TIME_STAMPING,)),
    ),
    ("ca-signs", Row.CA_SIGNS, _USAGE, "a CA signs a document", ca_shape("CA ký")),
    (
        "ca-signs-with-any-usage",
        Row.CA_SIGNS,
        _USAGE,
        "a CA that also may sign documents",
        Shape(ca=True),
    ),
    (
        "unknown-critical",
        Row.CRITICAL,
        _CHAIN,
        "a critical extension nobody knows",
        Shape(extra=((_UNKNOWN, True),)),
    ),
    (
        "expired",
        Row.EXPIRED,
        ErrorCode.CERTIFICATE_EXPIRED,
        "the certificate ran out yesterday",
        Shape(not_before=NOW - timedelta(9), not_after=NOW - timedelta(1)),
    ),
    (
        "not-yet-valid",
        Row.EXPIRED,
        ErrorCode.CERTIFICATE_NOT_YET_VALID,
        "the certificate begins tomorrow",
        Shape(not_before=NOW + timedelta(1)),
    ),
):
    ATTACKS.put(
        f"certificate-{_name}", partial(_shaped, _cert), _row, UNSURE, _code, _how
    )


def _below(ca: TestCa, *above: x509.Certificate) -> Attacked:
    """Sign under `ca`, whose list is at hand."""
    signer = make(ca, Shape())
    carried = (signer.certificate, ca.credential.certificate, *above)
    crls = (*TRUSTED.crls, ca.crl())
    return Attacked(
        signed_as(signer, CmsShape(certificates=carried)), replace(TRUSTED, crls=crls)
    )


@ATTACKS.add(Row.CRITICAL, UNSURE, _CHAIN, "the same in the certificate of a CA")
def ca_with_unknown_critical_extension() -> Attacked:
    return _below(authority(PKI.root, ca_shape(extra=((_UNKNOWN, True),))))


@ATTACKS.add(Row.CONSTRAINTS, UNSURE, _CHAIN, "a person's certificate signs another")
def certificate_by_a_person() -> Attacked:
    below = TestCa(make(PKI.issuing, Shape()), PKI.root.root)
    issuing = PKI.issuing.credential.certificate
    return _below(below, issuing)


@ATTACKS.add(Row.CONSTRAINTS, UNSURE, _CHAIN, "a CA without basicConstraints")
def ca_without_basic_constraints() -> Attacked:
    return _below(authority(PKI.root, ca_shape(basic_constraints=False)))


@ATTACKS.add(Row.CONSTRAINTS, UNSURE, _CHAIN, "a CA without keyCertSign")
def ca_without_key_usage() -> Attacked:
    usage = frozenset({"crl_sign"})
    return _below(authority(PKI.root, ca_shape(key_usage=usage)))


@ATTACKS.add(Row.CONSTRAINTS, UNSURE, _CHAIN, "one CA more than pathLenConstraint")
def path_too_long() -> Attacked:
    first = authority(PKI.root, ca_shape("CA 0", path_length=0))
    second = authority(first, ca_shape("CA 1"))
    signer = make(second, Shape())
    carried = (
        signer.certificate,
        second.credential.certificate,
        first.credential.certificate,
    )
    crls = (*TRUSTED.crls, first.crl(), second.crl())
    return Attacked(
        signed_as(signer, CmsShape(certificates=carried)), replace(TRUSTED, crls=crls)
    )


def _reshaped(change: Callable[[x509.Certificate], bytes], ca: TestCa) -> Attacked:
    """Sign with a sound certificate and name another form of it."""
    signer = make(ca, Shape())
    shape = CmsShape(signer=change(signer.certificate))
    above = (ca.credential.certificate,)
    crls = (*TRUSTED.crls, *(() if ca is PKI.issuing else (ca.crl(),)))
    return Attacked(
        signed_as(replace(signer, chain=above), shape), replace(TRUSTED, crls=crls)
    )


def _altered(change: Callable[[bytes], bytes]) -> Attacked:
    return _reshaped(lambda one: altered(one, PKI.issuing, change), PKI.issuing)


_MALFORMED = ErrorCode.CERTIFICATE_MALFORMED
for _name, _row, _code, _how, _change in (
    (
        "duplicate-extension",
        Row.FORM,
        _MALFORMED,
        "the same extension twice",
        forms.extension_twice,
    ),
    ("serial-negative", Row.FORM, _MALFORMED, "serial -7", forms.serial(-7)),
    ("serial-zero", Row.FORM, _MALFORMED, "serial 0", forms.serial(0)),
    (
        "serial-long",
        Row.FORM,
        _CHAIN,
        "a serial of 21 octets",
        forms.serial(1 << 160),
    ),
    ("version-1", Row.FORM, _CHAIN, "version 1 with extensions", forms.without_version),
    ("eku-empty", Row.ENCODING, _MALFORMED, "an empty list of usages", forms.eku_empty),
    (
        "explicit-curve",
        Row.ENCODING,
        _KEY,
        "P-256 by its numbers",
        forms.explicit_curve,
    ),
):
    ATTACKS.put(
        f"certificate-{_name}", partial(_altered, _change), _row, UNSURE, _code, _how
    )


@ATTACKS.add(Row.FORM, UNSURE, _CHAIN, "no authorityKeyIdentifier")
def certificate_without_authority_key_id() -> bytes:
    return _shaped(Shape(authority_key_id=False))


def _with_list(change: Callable[[TestCa], bytes]) -> Attacked:
    lists = (PKI.root.crl(), change(PKI.issuing))
    return Attacked(roomy(), replace(TRUSTED, crls=lists))


for _name, _how, _list in (
    ("without-number", "a list without number", forms.list_without_number),
    ("with-critical-number", "a list with a critical number", forms.list_critical),
):
    ATTACKS.put(
        f"list-{_name}",
        partial(_with_list, _list),
        Row.LIST_NUMBER,
        UNSURE,
        ErrorCode.REVOCATION_UNCHECKED,
        _how,
    )


@ATTACKS.add(Row.POLICIES, UNSURE, _CHAIN, "a CA that maps many policies to many")
def policies_explode() -> Attacked:
    mappings = (forms.mappings(MOST_STATEMENTS + 1), True)
    ca = authority(PKI.root, ca_shape("Chính sách", extra=(mappings,)))
    signer = make(ca, Shape())
    known = der(ca.credential.certificate)
    material = TrustMaterial(TRUSTED.roots, (known,), (*TRUSTED.crls, ca.crl()))
    return Attacked(signed_as(signer), material)


@ATTACKS.add(
    Row.SAME_SUBJECT, UNSURE, ErrorCode.CHAIN_NOT_FOUND, "CAs of one name in a circle"
)
def same_subject_explodes() -> bytes:
    keys = [p256() for _ in range(5)]
    first = authority(PKI.issuing, ca_shape("Cùng tên"), key=keys[0])
    itself = authority(first, ca_shape("Cùng tên"), key=keys[0])
    crossed = [
        make(itself, ca_shape("Cùng tên"), key=key, signed_by=by).certificate
        for key, by in zip(keys, keys[1:] + keys[:1], strict=True)
    ]
    signer = make(itself, Shape())
    return signed_as(signer, CmsShape(certificates=(signer.certificate, *crossed)))
